/* SPDX-License-Identifier: MIT */
/* Any text as a file of workspaces: it loads exactly when nothing is reported, and what loads is complete. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gw_diagnostics *d = gw_diagnostics_new();
    gw_mem mem = {0};
    gw_workspace_cfg *list = NULL;
    size_t n = 0, n_said = 0;
    char *said = NULL;
    bool ok = gw_config_parse_workspaces((const char *)data, size, "w.yaml", &mem, &list, &n, d);
    require(ok == (gw_diagnostics_errors(d) == 0), "loads exactly when nothing is reported");
    for (size_t i = 0; ok && i < n; i++) {
        require(list[i].name != NULL && list[i].name[0] != '\0', "a workspace has a name");
        require(list[i].tenant != NULL && list[i].tenant[0] != '\0', "and a tenant");
        require(list[i].origin.line > 0, "and a place");
    }
    FILE *f = open_memstream(&said, &n_said);
    gw_diagnostics_print(d, f);
    fclose(f);
    for (size_t i = 0; i < n_said; i++)
        require(said[i] == '\n' || (unsigned char)said[i] >= 0x20, "no control characters");
    free(said);
    gw_mem_release(&mem);
    gw_diagnostics_free(&d);
    return 0;
}
