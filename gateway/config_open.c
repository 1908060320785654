/* SPDX-License-Identifier: MIT */
#include "gateway/config_open.h"

static const char default_name[] = "default.yaml (embedded)";

gw_config *gw_config_open(const char *file)
{
    gw_diagnostics *d = gw_diagnostics_new();
    gw_config *c = NULL;
    size_t n = 0;
    if (d == NULL) {
        fputs("redactd: out of memory\n", stderr);
        return NULL;
    }
    if (file != NULL) {
        c = gw_config_load(file, d);
    } else {
        const char *text = gw_config_default_text(&n);
        c = gw_config_parse(text, n, default_name, d);
    }
    gw_diagnostics_print(d, stderr);
    gw_diagnostics_free(&d);
    return c;
}
