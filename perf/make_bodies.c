/* SPDX-License-Identifier: MIT */
/* Writes bodies as they go over the wire: make_bodies DIR COUNT [RECORDS] makes DIR/<kind>.<i> of 100
 * records, or as many as are said; Loki protobuf is a snappy block. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "filters/coding/coding.h"
#include "perf/bodies.h"

static int write_file(const char *dir, perf_kind kind, unsigned i, rd_slice body)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s.%u", dir, perf_kind_words[kind], i);
    FILE *f = n < (int)sizeof path ? fopen(path, "wb") : NULL;
    bool ok = f != NULL && fwrite(body.p, 1, body.n, f) == body.n;
    if (f != NULL)
        ok = fclose(f) == 0 && ok;
    if (!ok)
        perror(path);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    rd_coder *coder = rd_coder_new();
    rd_error err;
    int rc = 0;
    uint32_t n_records = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 100;
    if (argc < 3 || argc > 4 || coder == NULL) {
        fputs("usage: make_bodies DIR COUNT [RECORDS]\n", stderr);
        return 2;
    }
    for (unsigned kind = 0; kind < PERF_KIND_COUNT; kind++) {
        size_t total = 0;
        unsigned long count = strtoul(argv[2], NULL, 10);
        for (unsigned i = 0; i < count; i++) {
            rd_buf body, coded;
            perf_shape shape = {.n_records = n_records, .personal_every = 10, .seed = 1 + i};
            rd_buf_init(&body, SIZE_MAX);
            rd_buf_init(&coded, SIZE_MAX);
            perf_body((perf_kind)kind, &shape, &body);
            if (kind == PERF_LOKI_PROTOBUF &&
                rd_encode(coder, RD_CODING_SNAPPY_BLOCK, rd_buf_slice(&body), &coded, &err) != RD_OK)
                abort();
            rd_slice wire = rd_buf_slice(kind == PERF_LOKI_PROTOBUF ? &coded : &body);
            total += wire.n;
            rc |= write_file(argv[1], (perf_kind)kind, i, wire);
            rd_buf_release(&body);
            rd_buf_release(&coded);
        }
        printf("%-14s %zu bytes on average\n", perf_kind_words[kind], count == 0 ? 0 : total / count);
    }
    rd_coder_free(&coder);
    return rc;
}
