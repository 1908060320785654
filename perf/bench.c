/* SPDX-License-Identifier: MIT */
/*
 * The pipeline without sockets.
 *
 *    bench CONFIG                    a table: median of several rounds, per kind of body
 *    bench CONFIG KIND RECORDS TIMES [gzip|recode]
 *                                    runs the default rules over one body TIMES times, for tools that count
 *
 * Rows: `memcpy` for comparison, `walk` (structure and key names), `detect` (the candidate pass and the
 * matchers over the texts that the walk found), `redact` (walk, detect, rewrite), `scrub` (with the content
 * coding), each with the rules of CONFIG; `redact all` with every built-in detector. `gzip` is scrub of a
 * body that comes compressed and goes on plain, `recode` of one that goes on compressed; bytes are those of
 * the plain body.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "filters/json/otlp_json.h"
#include "filters/loki/loki_json.h"
#include "filters/wire/wire.h"
#include "gateway/config_open.h"
#include "gateway/scrub.h"
#include "perf/bodies.h"

enum { N_BODIES = 8, ROUNDS = 9, ROUND_US = 30000 };

typedef struct bench {
    const gw_generation *gen;
    const rd_policy *policy;
    perf_kind kind;
    rd_signal signal;
    bool json;
    rd_buf plain[N_BODIES]; /* decoded bodies */
    rd_buf wire[N_BODIES];  /* as they come */
    rd_buf gzip[N_BODIES];  /* as they come compressed */
    size_t bytes;           /* of all plain bodies */
    rd_redactor *redactor;
    gw_scrubber *scrubber;
    rd_detect_scratch *scratch;
    rd_doc doc[N_BODIES];
    rd_text *texts[N_BODIES];
    uint32_t n_texts[N_BODIES];
    rd_buf out;
} bench;

static const struct {
    rd_signal signal;
    bool json;
} traits[PERF_KIND_COUNT] = {
#define X(name, word, sig, is_json) [PERF_##name] = {sig, is_json},
    PERF_KINDS(X)
#undef X
};

static void must(rd_outcome o)
{
    if (o == RD_OK)
        return;
    fprintf(stderr, "bench: outcome %d\n", (int)o);
    exit(1);
}

/* ---- what is measured ---- */

static void run_memcpy(bench *b, unsigned i)
{
    memcpy(b->out.p, b->plain[i].p, b->plain[i].n);
    __asm__ volatile("" : : "r"(b->out.p) : "memory");
}

static void run_walk(bench *b, unsigned i)
{
    rd_doc *d = &b->doc[i];
    rd_error err;
    rd_visitor v = rd_policy_visitor(b->policy, b->signal);
    rd_doc_reset(d, rd_buf_slice(&b->plain[i]));
    if (b->kind == PERF_OTLP_PROTOBUF)
        must(rd_wire_walk(&rd_schema_logs, &b->gen->limits, &v, d, &err));
    else if (b->kind == PERF_LOKI_PROTOBUF)
        must(rd_wire_walk(&rd_schema_loki_push, &b->gen->limits, &v, d, &err));
    else if (b->kind == PERF_OTLP_JSON)
        must(rd_otlp_json_walk(&rd_schema_logs, &b->gen->limits, &v, d, &err));
    else
        must(rd_loki_json_walk(&b->gen->limits, &v, d, &err));
}

static void run_detect(bench *b, unsigned i)
{
    rd_matches found;
    const rd_detect_set *set = rd_policy_group_set(b->policy, b->signal, 0, RD_MODE_ENFORCE);
    must(rd_detect(set, b->scratch, b->plain[i].p, b->plain[i].n, b->texts[i], b->n_texts[i], &found));
}

static void run_redact(bench *b, unsigned i)
{
    rd_job job = {.policy = b->policy,
                  .signal = b->signal,
                  .format = b->json ? RD_FORMAT_JSON : RD_FORMAT_PROTOBUF,
                  .body = rd_buf_slice(&b->plain[i]),
                  .limits = b->gen->limits};
    rd_redaction result;
    rd_error err;
    b->out.n = 0;
    must(rd_redact(b->redactor, &job, &b->out, &result, &err));
}

static void scrub(bench *b, rd_slice wire, rd_coding in, rd_coding out)
{
    gw_scrub x;
    gw_scrub_init(&x);
    x.gen = b->gen;
    x.signal = (gw_signal)b->signal;
    x.format = b->json ? GW_FORMAT_JSON : GW_FORMAT_PROTOBUF;
    x.coding = in;
    x.out_coding = out;
    x.wire = wire;
    gw_scrub_run(b->scrubber, &x);
    if (x.outcome != GW_OUTCOME_DELIVERED) {
        fprintf(stderr, "bench: refused: %s\n", x.detail == NULL ? "" : x.detail);
        exit(1);
    }
    gw_scrub_release(&x);
}

static rd_coding plain_coding(const bench *b)
{
    return b->kind == PERF_LOKI_PROTOBUF ? RD_CODING_SNAPPY_BLOCK : RD_CODING_IDENTITY;
}

static void run_scrub(bench *b, unsigned i)
{
    scrub(b, rd_buf_slice(&b->wire[i]), plain_coding(b), plain_coding(b));
}

static void run_gzip(bench *b, unsigned i)
{
    scrub(b, rd_buf_slice(&b->gzip[i]), RD_CODING_GZIP, plain_coding(b));
}

static void run_recode(bench *b, unsigned i)
{
    scrub(b, rd_buf_slice(&b->gzip[i]), RD_CODING_GZIP, RD_CODING_GZIP);
}

/* ---- preparation ---- */

static void prepare(bench *b, perf_kind kind, uint32_t n_records)
{
    rd_coder *coder = rd_coder_new();
    rd_error err;
    if (coder == NULL)
        abort();
    b->kind = kind;
    b->signal = traits[kind].signal;
    b->json = traits[kind].json;
    b->bytes = 0;
    for (unsigned i = 0; i < N_BODIES; i++) {
        perf_shape shape = {.n_records = n_records, .personal_every = 10, .seed = 1 + i};
        rd_buf_init(&b->plain[i], SIZE_MAX);
        rd_buf_init(&b->wire[i], SIZE_MAX);
        rd_buf_init(&b->gzip[i], SIZE_MAX);
        perf_body(kind, &shape, &b->plain[i]);
        b->bytes += b->plain[i].n;
        if (kind == PERF_LOKI_PROTOBUF)
            must(rd_encode(coder, RD_CODING_SNAPPY_BLOCK, rd_buf_slice(&b->plain[i]), &b->wire[i], &err));
        else
            rd_buf_append(&b->wire[i], b->plain[i].p, b->plain[i].n);
        must(rd_encode(coder, RD_CODING_GZIP, rd_buf_slice(&b->wire[i]), &b->gzip[i], &err));
    }
    rd_buf_init(&b->out, SIZE_MAX);
    if (rd_buf_reserve(&b->out, b->plain[0].n * 2) == NULL)
        abort();
    memset(b->out.p, 0, b->out.cap);
    rd_coder_free(&coder);
}

/* Texts of all leaves that are their own bytes, for run_detect. */
static void list_texts(bench *b)
{
    for (unsigned i = 0; i < N_BODIES; i++) {
        rd_doc_init(&b->doc[i]);
        run_walk(b, i);
        b->texts[i] = calloc(b->doc[i].n_leaves + 1, sizeof **b->texts);
        b->n_texts[i] = 0;
        if (b->texts[i] == NULL)
            abort();
        for (uint32_t k = 0; k < b->doc[i].n_leaves; k++) {
            const rd_leaf *l = &b->doc[i].leaves[k];
            if (l->len > 0 && (l->form == RD_FORM_TEXT || l->form == RD_FORM_JSON))
                b->texts[i][b->n_texts[i]++] = (rd_text){l->off, l->len};
        }
    }
}

static void finish(bench *b)
{
    for (unsigned i = 0; i < N_BODIES; i++) {
        rd_buf_release(&b->plain[i]);
        rd_buf_release(&b->wire[i]);
        rd_buf_release(&b->gzip[i]);
        rd_doc_release(&b->doc[i]);
        free(b->texts[i]);
    }
    rd_buf_release(&b->out);
}

/* A rule per built-in detector, and the keys of the configuration. */
static rd_policy *policy_of_all(const gw_config *cfg)
{
    static rd_rule_spec specs[RD_DETECTOR_COUNT + RD_MAX_RULES];
    uint32_t n = 0, bad;
    rd_policy *p = NULL;
    rd_error err;
    for (size_t i = 0; i < cfg->redaction.n_rules; i++) {
        const gw_rule_cfg *r = &cfg->redaction.rules[i];
        if (r->n_keys > 0)
            specs[n++] = (rd_rule_spec){.name = r->name,
                                        .keys = r->keys,
                                        .n_keys = (uint32_t)r->n_keys,
                                        .detector = -1,
                                        .action = RD_ACTION_MASK,
                                        .label_action = RD_ACTION_MASK};
    }
    for (int d = 0; d < RD_DETECTOR_COUNT; d++)
        specs[n++] = (rd_rule_spec){.name = rd_detector_word((unsigned)d),
                                    .detector = d,
                                    .action = RD_ACTION_MASK,
                                    .label_action = RD_ACTION_MASK};
    must(rd_policy_build(specs, n, &p, &bad, &err));
    return p;
}

/* ---- measuring ---- */

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(bench *b, const char *row, void (*run)(bench *b, unsigned i))
{
    double us[ROUNDS];
    for (int round = -1; round < ROUNDS; round++) { /* the first one warms up */
        unsigned n = 0;
        double from = now_us(), to = from;
        for (; to - from < ROUND_US; n += N_BODIES, to = now_us()) {
            for (unsigned i = 0; i < N_BODIES; i++)
                run(b, i);
        }
        if (round >= 0)
            us[round] = (to - from) / n;
    }
    qsort(us, ROUNDS, sizeof us[0], by_size);
    double bytes = (double)b->bytes / N_BODIES;
    printf("%-14s %-11s %8.1f us  %6.2f GB/s   (best %.1f us)\n", perf_kind_words[b->kind], row,
           us[ROUNDS / 2], bytes / us[ROUNDS / 2] / 1e3, us[0]);
}

static void table(bench *b, const rd_policy *all)
{
    for (unsigned kind = 0; kind < PERF_KIND_COUNT; kind++) {
        b->policy = b->gen->policy;
        prepare(b, (perf_kind)kind, 100);
        list_texts(b);
        measure(b, "memcpy", run_memcpy);
        measure(b, "walk", run_walk);
        measure(b, "detect", run_detect);
        measure(b, "redact", run_redact);
        measure(b, "scrub", run_scrub);
        measure(b, "gzip", run_gzip);
        if (plain_coding(b) == RD_CODING_IDENTITY)
            measure(b, "recode", run_recode);
        b->policy = all;
        measure(b, "detect all", run_detect);
        measure(b, "redact all", run_redact);
        finish(b);
    }
}

static int count(bench *b, const char *word, const char *records, const char *times, const char *coding)
{
    void (*run)(bench * b, unsigned i) = strcmp(coding, "gzip") == 0     ? run_gzip
                                         : strcmp(coding, "recode") == 0 ? run_recode
                                                                         : run_scrub;
    for (unsigned kind = 0; kind < PERF_KIND_COUNT; kind++) {
        if (strcmp(perf_kind_words[kind], word) != 0)
            continue;
        prepare(b, (perf_kind)kind, (uint32_t)strtoul(records, NULL, 10));
        for (unsigned long n = strtoul(times, NULL, 10), i = 0; i < n; i++)
            run(b, i % N_BODIES);
        finish(b);
        return 0;
    }
    fprintf(stderr, "bench: no kind %s\n", word);
    return 2;
}

int main(int argc, char **argv)
{
    static bench b;
    char why[GW_WHY_BYTES];
    if (argc != 2 && argc != 5 && argc != 6) {
        fputs("usage: bench CONFIG [KIND RECORDS TIMES [gzip|recode]]\n", stderr);
        return 2;
    }
    /* As the server does: no pages come and go with each body. */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 32 << 20);
    mallopt(M_TOP_PAD, 1 << 20);
    gw_config *cfg = gw_config_open(argv[1]);
    gw_generation *gen = cfg == NULL ? NULL : gw_generation_new(cfg, 1, why);
    gw_counters *counters = gw_counters_new();
    if (gen == NULL || counters == NULL || !gw_generation_open(gen, why)) {
        fprintf(stderr, "bench: %s\n", cfg == NULL ? "" : why);
        return 1;
    }
    b.gen = gen;
    b.redactor = rd_redactor_new();
    b.scrubber = gw_scrubber_new(counters);
    b.scratch = rd_detect_scratch_new();
    if (b.redactor == NULL || b.scrubber == NULL || b.scratch == NULL)
        abort();
    if (argc > 2)
        return count(&b, argv[2], argv[3], argv[4], argc > 5 ? argv[5] : "");
    rd_policy *all = policy_of_all(gen->cfg);
    table(&b, all);
    rd_policy_free(&all);
    return 0;
}
