/* SPDX-License-Identifier: MIT */
#include "gateway/cli.h"

#include <stdio.h>
#include <time.h>

#include "filters/redact.h"
#include "gateway/cli_text.h"
#include "gateway/scrub.h"

static bool write_line(const gw_cli_text *t, const rd_buf *redacted)
{
    if (t->field == NULL) {
        fwrite(redacted->p, 1, redacted->n, stdout);
    } else {
        json_t *value = json_stringn(redacted->n > 0 ? (const char *)redacted->p : "", redacted->n);
        if (value == NULL || json_object_set_new(t->item, t->field, value) != 0 ||
            json_dumpf(t->item, stdout, JSON_COMPACT) != 0)
            return false;
    }
    if (t->ended)
        putchar('\n');
    return !ferror(stdout);
}

/* Nothing of a line is written before all of it is redacted. */
static int redact_line(const gw_cli_text *t, rd_redactor *r, rd_buf *out)
{
    const gw_workspace *w = t->workspace;
    const rd_text_job job = {.policy = t->policy,
                             .signal = t->signal,
                             .cls = t->cls,
                             .workspace = w == NULL ? (rd_slice){0} : rd_slice_str(w->name),
                             .epoch = w == NULL ? 0 : gw_scrub_epoch(&t->gen->cfg->redaction, time(NULL))};
    rd_buf_clear(out, 1 << 20);
    rd_outcome o = rd_redact_text(r, &job, rd_buf_slice(&t->text), out);
    if (o != RD_OK) {
        gw_cli_text_fail(t, rd_outcome_word(o));
        return GW_EXIT_FAILED;
    }
    if (!write_line(t, out)) {
        gw_cli_text_fail(t, "cannot be written");
        return GW_EXIT_FAILED;
    }
    return GW_EXIT_OK;
}

int gw_cli_redact(int argc, char **argv)
{
    gw_cli_text t;
    int rc = gw_cli_text_open(&t, argc, argv, false), more = 0;
    if (rc != GW_EXIT_OK)
        return rc;
    rd_redactor *r = rd_redactor_new();
    rd_buf out;
    rd_buf_init(&out, RD_DOC_MAX_BODY);
    if (r == NULL) {
        fputs("redactd: out of memory\n", stderr);
        rc = GW_EXIT_FAILED;
    }
    while (rc == GW_EXIT_OK && (more = gw_cli_text_next(&t)) > 0)
        rc = redact_line(&t, r, &out);
    if (more < 0)
        rc = GW_EXIT_FAILED;
    rd_redactor_free(&r);
    rd_buf_release(&out);
    gw_cli_text_release(&t);
    return gw_cli_text_finish(rc);
}
