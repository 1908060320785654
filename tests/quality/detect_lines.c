/* SPDX-License-Identifier: MIT */
/*
 * Masks JSON lines for a quality check: {"id":..., "text":...} on stdin, {"id":..., "redacted":...} on
 * stdout, with all built-in detectors and their own masks. With -v also the detector of every match on
 * stderr. With -i every line is masked twice and the tool fails when the second pass changes anything.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filters/detect/detect.h"

static rd_detect_set *set;
static rd_detect_scratch *scratch;

static rd_outcome mask(rd_slice text, bool verbose, rd_buf *out)
{
    uint8_t *base = calloc(1, text.n + RD_BUF_TAIL);
    if (base == NULL)
        return RD_NO_MEMORY;
    if (text.n > 0)
        memcpy(base, text.p, text.n);
    rd_text t = {.off = 0, .len = (uint32_t)text.n};
    rd_matches found;
    rd_outcome o = rd_detect(set, scratch, base, text.n, &t, text.n > 0, &found);
    size_t at = 0;
    for (uint32_t i = 0; o == RD_OK && i < found.n; i++) {
        const rd_match *m = &found.list[i];
        if (verbose)
            fprintf(stderr, "%s: %.*s\n", rd_detector_word(m->detector), (int)m->len,
                    (const char *)base + m->off);
        rd_buf_append(out, base + at, m->off + m->keep_head - at);
        rd_buf_append_str(out, "***");
        at = m->off + m->len - m->keep_tail;
    }
    if (o == RD_OK)
        rd_buf_append(out, base + at, text.n - at);
    free(base);
    return o == RD_OK ? out->failed : o;
}

static int one(const char *line, bool verbose, bool twice)
{
    json_t *item = json_loads(line, 0, NULL);
    const char *id = NULL, *text = NULL;
    size_t n = 0;
    if (item == NULL || json_unpack(item, "{s:s,s:s%}", "id", &id, "text", &text, &n) != 0)
        return 1;
    rd_buf once, again;
    rd_buf_init(&once, UINT32_MAX);
    rd_buf_init(&again, UINT32_MAX);
    rd_outcome o = mask(rd_slice_of(text, n), verbose, &once);
    int rc = o != RD_OK;
    json_t *result =
        rc == 0 ? json_pack("{s:s,s:s%}", "id", id, "redacted", once.p == NULL ? "" : (char *)once.p, once.n)
                : NULL;
    if (result == NULL || json_dumpf(result, stdout, JSON_COMPACT) != 0)
        rc = 1;
    putchar('\n');
    if (rc == 0 && twice &&
        (mask(rd_buf_slice(&once), false, &again) != RD_OK ||
         !rd_slice_eq(rd_buf_slice(&once), rd_buf_slice(&again)))) {
        fprintf(stderr, "not idempotent: %s\n  %.*s\n  %.*s\n", id, (int)once.n, (char *)once.p, (int)again.n,
                (char *)again.p);
        rc = 1;
    }
    rd_buf_release(&once);
    rd_buf_release(&again);
    json_decref(result);
    json_decref(item);
    return rc;
}

int main(int argc, char **argv)
{
    bool verbose = false, twice = false;
    for (int c; (c = getopt(argc, argv, "vi")) != -1;) {
        verbose |= c == 'v';
        twice |= c == 'i';
    }
    scratch = rd_detect_scratch_new();
    if (scratch == NULL || rd_detect_set_build(UINT64_MAX, NULL, 0, &set, NULL) != RD_OK)
        return 2;
    char *line = NULL;
    size_t cap = 0;
    int rc = 0;
    while (getline(&line, &cap, stdin) > 0)
        rc |= one(line, verbose, twice);
    free(line);
    rd_detect_scratch_free(&scratch);
    rd_detect_set_free(&set);
    return rc;
}
