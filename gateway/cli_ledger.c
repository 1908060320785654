/* SPDX-License-Identifier: MIT */
/* `redactd ledger verify`: the auditor's side. Prints numbers, times and hashes only. */
#include "gateway/cli_ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli.h"
#include "gateway/cli_usage.h"

static bool is_hash(const char *s)
{
    return strlen(s) == GW_LEDGER_HEX && strspn(s, "0123456789abcdef") == GW_LEDGER_HEX;
}

static int say_broken(const char *dir, const gw_ledger_verdict *v)
{
    fprintf(stderr, "redactd: ledger %s is broken at record %" PRIu64 ", ", dir, v->seq);
    if (v->line > 0)
        fprintf(stderr, "%s line %" PRIu64, v->file, v->line);
    else
        fprintf(stderr, "file %s", v->file);
    fprintf(stderr, ": %s\n", gw_ledger_fault_text(v->fault));
    return GW_EXIT_FAILED;
}

static int say_whole(const gw_ledger_verdict *v)
{
    printf("records  %" PRIu64 " in %" PRIu64 " file%s\nfrom     %s\nto       %s\nsha256   %s\n", v->head.seq,
           v->n_files, v->n_files == 1 ? "" : "s", v->from, v->to, v->head.hash);
    return fflush(stdout) == 0 ? GW_EXIT_OK : GW_EXIT_FAILED;
}

int gw_cli_ledger_walk(const char *dir, const char *want, const gw_ledger_watch *watch,
                       gw_ledger_verdict *out)
{
    *out = (gw_ledger_verdict){0};
    if (!gw_ledger_walk(dir, want, watch, out)) {
        fprintf(stderr, "redactd: ledger %s: %s\n", dir, strerror(errno));
        return GW_EXIT_FAILED;
    }
    if (out->fault != GW_LEDGER_FAULT_OK)
        return say_broken(dir, out);
    if (out->head.seq == 0) {
        fprintf(stderr, "redactd: ledger %s has no records\n", dir);
        return GW_EXIT_FAILED;
    }
    return GW_EXIT_OK;
}

static int verify(const char *dir, const char *want)
{
    gw_ledger_verdict v;
    int rc = gw_cli_ledger_walk(dir, want, NULL, &v);
    if (rc != GW_EXIT_OK)
        return rc;
    if (want != NULL && !v.found) {
        fprintf(stderr,
                "redactd: ledger %s has no record with that SHA-256: its end was cut off, or it is "
                "another one\n",
                dir);
        return GW_EXIT_FAILED;
    }
    return say_whole(&v);
}

int gw_cli_ledger(int argc, char **argv)
{
    const char *want = argc == 4 ? argv[3] : NULL;
    if (argc >= 3 && strcmp(argv[1], "counts") == 0)
        return gw_cli_ledger_counts(argc, argv);
    if (argc < 3 || argc > 4 || strcmp(argv[1], "verify") != 0 || (want != NULL && !is_hash(want)))
        return gw_cli_usage("ledger");
    return verify(argv[2], want);
}
