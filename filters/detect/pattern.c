/* SPDX-License-Identifier: MIT */
/*
 * Own patterns run on PCRE2 with JIT, one after another over each text that holds one of their literals (see
 * literals.h), in byte mode. Those that have none are slow: they run over every text.
 *
 * Bytes, not characters: a text may hold anything, and UTF mode would refuse it or cost a check a call. A
 * pattern that starts with (*UTF) gets UTF mode with PCRE2_MATCH_INVALID_UTF, where an invalid sequence
 * simply matches nothing; elsewhere UTF mode cannot be switched on. \C is forbidden because it splits
 * characters.
 *
 * Work is bounded: the match limit of one start position shrinks with the length of the text, heap and depth
 * are capped, the JIT stack is fixed. Whatever limit or error strikes, the whole text becomes one match: fail
 * closed.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdio.h>
#include <stdlib.h>

#include "filters/detect/literal_scan.h"
#include "filters/detect/pattern.h"
#include "filters/detect/probe.h"
#include "filters/detect/times.h"

enum {
    HEAP_LIMIT_KIB = 1024,
    DEPTH_LIMIT = 1000,
    MATCH_LIMIT_MIN = 200,
    MATCH_LIMIT_MAX = 100 * 1000,
    MAX_GROUPS = 64,
    JIT_STACK_FIRST = 32 * 1024,
    JIT_STACK_MAX = 256 * 1024
};

typedef struct compiled {
    pcre2_code *code; /* owned */
    uint32_t group;
    uint64_t budget; /* match limit times length of the text */
} compiled;

struct rd_patterns {
    compiled *list; /* owned */
    uint32_t n;
    rd_literal_set *literals;            /* owned */
    uint64_t slow[RD_MAX_PATTERNS / 64]; /* patterns without a literal */
    bool any_slow;
};

struct rd_pattern_scratch {
    pcre2_match_data *data;       /* owned */
    pcre2_match_context *context; /* owned */
    pcre2_jit_stack *stack;       /* owned */
    rd_literal_walk walk;
    uint64_t n_runs; /* for tests */
};

static const char utf_word[] = "(*UTF)";

/* NULL: why not in *out_code, where in *out_at. */
static pcre2_code *compile_code(const char *text, int *out_code, size_t *out_at)
{
    uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
    size_t skipped = 0;
    if (strncmp(text, utf_word, sizeof utf_word - 1) == 0) {
        options = PCRE2_NEVER_BACKSLASH_C | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
        skipped = sizeof utf_word - 1;
    }
    PCRE2_SIZE at = 0;
    pcre2_code *c =
        pcre2_compile((PCRE2_SPTR)text + skipped, PCRE2_ZERO_TERMINATED, options, out_code, &at, NULL);
    *out_at = at + skipped;
    return c;
}

bool rd_pattern_fault(const char *pattern, uint32_t group, char *why, size_t n_why)
{
    int code = 0;
    size_t at;
    uint32_t groups = 0;
    pcre2_code *c = compile_code(pattern, &code, &at);
    if (c == NULL) {
        PCRE2_UCHAR words[160] = "";
        pcre2_get_error_message(code, words, sizeof words);
        snprintf(why, n_why, "it does not compile: %s, at its character %zu", (const char *)words, at + 1);
        return true;
    }
    pcre2_pattern_info(c, PCRE2_INFO_CAPTURECOUNT, &groups);
    pcre2_code_free(c);
    if (group <= groups)
        return false;
    snprintf(why, n_why, "it has no group %u", group);
    return true;
}

static rd_outcome compile(const rd_pattern_spec *spec, compiled *out, rd_error *err)
{
    int code = 0;
    size_t at;
    pcre2_code *c = compile_code(spec->pattern, &code, &at);
    if (c == NULL)
        return code == PCRE2_ERROR_HEAP_FAILED ? rd_fail(err, RD_NO_MEMORY, "pattern", SIZE_MAX)
                                               : rd_fail(err, RD_INVALID, "pattern does not compile", at);
    uint32_t groups = 0;
    pcre2_pattern_info(c, PCRE2_INFO_CAPTURECOUNT, &groups);
    if (spec->group > groups || spec->group >= MAX_GROUPS) {
        pcre2_code_free(c);
        return rd_fail(err, RD_INVALID, "pattern has no such group", 0);
    }
    /* Without JIT support on this machine the interpreter does the same, slower. */
    int jit = pcre2_jit_compile(c, PCRE2_JIT_COMPLETE);
    if (jit == PCRE2_ERROR_NOMEMORY) {
        pcre2_code_free(c);
        return rd_fail(err, RD_NO_MEMORY, "pattern", SIZE_MAX);
    }
    *out = (compiled){
        .code = c, .group = spec->group, .budget = spec->budget > 0 ? spec->budget : RD_PATTERN_BUDGET};
    return RD_OK;
}

static bool find_literals(rd_patterns *p, const rd_pattern_spec *specs)
{
    rd_literals *sets = calloc((size_t)p->n + 1, sizeof *sets);
    uint32_t *owners = calloc((size_t)p->n + 1, sizeof *owners);
    for (uint32_t i = 0; sets != NULL && owners != NULL && i < p->n; i++) {
        rd_literals_of(specs[i].pattern, &sets[i]);
        owners[i] = i;
        p->slow[i / 64] |= (uint64_t)(sets[i].n == 0) << i % 64;
        p->any_slow |= sets[i].n == 0;
    }
    if (sets != NULL && owners != NULL)
        p->literals = rd_literal_set_new(sets, owners, p->n);
    free(sets);
    free(owners);
    return p->literals != NULL;
}

rd_outcome rd_patterns_build(const rd_pattern_spec *specs, uint32_t n, rd_patterns **out, rd_error *err)
{
    if (n > RD_MAX_PATTERNS)
        return rd_fail(err, RD_TOO_MANY, "patterns", SIZE_MAX);
    rd_patterns *p = calloc(1, sizeof *p);
    if (p == NULL)
        return rd_fail(err, RD_NO_MEMORY, "patterns", SIZE_MAX);
    rd_outcome o = RD_OK;
    p->list = calloc((size_t)n + 1, sizeof *p->list);
    if (p->list == NULL)
        o = rd_fail(err, RD_NO_MEMORY, "patterns", SIZE_MAX);
    for (; o == RD_OK && p->n < n; p->n += o == RD_OK)
        o = compile(&specs[p->n], &p->list[p->n], err);
    if (o == RD_OK && !find_literals(p, specs))
        o = rd_fail(err, RD_NO_MEMORY, "patterns", SIZE_MAX);
    if (o != RD_OK)
        rd_patterns_free(&p);
    else
        *out = p;
    return o;
}

void rd_patterns_free(rd_patterns **p)
{
    if (*p == NULL)
        return;
    for (uint32_t i = 0; i < (*p)->n; i++)
        pcre2_code_free((*p)->list[i].code);
    free((*p)->list);
    rd_literal_set_free(&(*p)->literals);
    free(*p);
    *p = NULL;
}

rd_pattern_scratch *rd_pattern_scratch_new(void)
{
    rd_pattern_scratch *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->data = pcre2_match_data_create(MAX_GROUPS, NULL);
    s->context = pcre2_match_context_create(NULL);
    s->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, NULL);
    if (s->data == NULL || s->context == NULL || s->stack == NULL) {
        rd_pattern_scratch_free(&s);
        return NULL;
    }
    pcre2_jit_stack_assign(s->context, NULL, s->stack);
    pcre2_set_heap_limit(s->context, HEAP_LIMIT_KIB);
    pcre2_set_depth_limit(s->context, DEPTH_LIMIT);
    return s;
}

void rd_pattern_scratch_free(rd_pattern_scratch **s)
{
    if (*s == NULL)
        return;
    pcre2_match_data_free((*s)->data);
    pcre2_match_context_free((*s)->context);
    pcre2_jit_stack_free((*s)->stack);
    free(*s);
    *s = NULL;
}

static uint32_t match_limit(uint64_t budget, uint32_t len)
{
    uint64_t limit = budget / (len > 0 ? len : 1);
    if (limit < MATCH_LIMIT_MIN)
        return MATCH_LIMIT_MIN;
    return limit < MATCH_LIMIT_MAX ? (uint32_t)limit : MATCH_LIMIT_MAX;
}

/* All matches of one pattern. False: a limit or an error struck. */
static bool find_one(const compiled *c, uint32_t detector, rd_pattern_scratch *s, const rd_view *v,
                     rd_collector *out)
{
    uint32_t len = v->hi - v->lo;
    const PCRE2_SIZE *pair = pcre2_get_ovector_pointer(s->data);
    for (PCRE2_SIZE at = 0; at <= len;) {
        /* NOTEMPTY: an empty match hides nothing, and without it the scan always moves on. */
        int rc = pcre2_match(c->code, v->b + v->lo, len, at, PCRE2_NOTEMPTY, s->data, s->context);
        if (rc == PCRE2_ERROR_NOMATCH)
            return true;
        if (rc < 0 || pair[1] < pair[0] || pair[1] <= at)
            return false; /* limits; or \K in a lookaround, which makes no sense here */
        uint32_t from = (uint32_t)pair[2 * c->group], to = (uint32_t)pair[2 * c->group + 1];
        if (pair[2 * c->group] != PCRE2_UNSET && from < to && to <= len)
            rd_collector_add(out, detector, v->lo + from, v->lo + to, 0, 0);
        at = pair[1];
    }
    return true;
}

void rd_patterns_use_scan(rd_patterns *p, rd_scan_fn scan)
{
    rd_literal_set_use_scan(p->literals, scan);
}

void rd_patterns_begin(const rd_patterns *p, rd_pattern_scratch *s, const uint8_t *base, uint32_t from,
                       uint32_t end)
{
    rd_literal_walk_begin(&s->walk, p->literals, base, from, end);
}

bool rd_patterns_want(const rd_patterns *p, const rd_pattern_scratch *s, uint32_t end)
{
    return p->any_slow || s->walk.hit < end;
}

/* The patterns that may match in the text. Texts come in order. */
static void choose(const rd_patterns *p, rd_pattern_scratch *s, const rd_view *v, uint64_t *bits)
{
    memcpy(bits, p->slow, sizeof p->slow);
    for (; s->walk.hit < v->hi; rd_literal_walk_next(&s->walk)) {
        if (s->walk.hit >= v->lo)
            rd_literal_walk_owners(&s->walk, v->hi, bits);
    }
}

uint64_t rd_pattern_scratch_runs(const rd_pattern_scratch *s)
{
    return s->n_runs;
}

void rd_patterns_find(const rd_patterns *p, rd_pattern_scratch *s, const rd_view *v, rd_times *times,
                      rd_collector *out)
{
    _Static_assert(RD_DETECTOR_OVER_BUDGET + RD_MAX_PATTERNS - 1 <= UINT16_MAX, "each pattern has a number");
    uint64_t bits[RD_MAX_PATTERNS / 64];
    choose(p, s, v, bits);
    for (uint32_t i = 0; i < p->n; i++) {
        if ((bits[i / 64] >> i % 64 & 1) == 0)
            continue;
        s->n_runs++;
        pcre2_set_match_limit(s->context, match_limit(p->list[i].budget, v->hi - v->lo));
        uint64_t start = rd_times_start(times);
        bool ok = find_one(&p->list[i], RD_DETECTOR_COUNT + i, s, v, out);
        rd_times_pattern(times, start, i);
        if (!ok) {
            rd_collector_add(out, RD_DETECTOR_OVER_BUDGET + i, v->lo, v->hi, 0, 0);
            return;
        }
    }
}

/* ---- what a pattern costs ---- */

enum { PROBE_BYTES = 4096 };

/* `unit` again and again, then a byte that hardly any pattern takes, so that the search has to go back, and
 * behind that the last literal of the pattern, without which there would be no search. */
static bool exceeds(const compiled *c, rd_pattern_scratch *s, const uint8_t *unit, size_t n)
{
    uint8_t text[PROBE_BYTES];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = unit[i % n];
    uint32_t last = 1;
    pcre2_pattern_info(c->code, PCRE2_INFO_LASTCODEUNIT, &last);
    text[sizeof text - 2] = 1;
    text[sizeof text - 1] = (uint8_t)last;
    pcre2_set_match_limit(s->context, match_limit(c->budget, sizeof text));
    int rc = pcre2_match(c->code, text, sizeof text, 0, PCRE2_NOTEMPTY, s->data, s->context);
    return rc < 0 && rc != PCRE2_ERROR_NOMATCH;
}

/* Texts of the bytes that stand in the pattern, alone and in pairs of neighbours, and of what classes take.
 */
static bool blows_up(const compiled *c, rd_pattern_scratch *s, const char *pattern)
{
    static const char classes[] = "a0A ._-@/";
    const uint8_t *p = (const uint8_t *)pattern;
    size_t n = strlen(pattern);
    for (size_t i = 0; i < sizeof classes - 1; i++) {
        if (exceeds(c, s, (const uint8_t *)&classes[i], 1))
            return true;
    }
    for (size_t i = 0; i < n; i++) {
        if (exceeds(c, s, p + i, 1) || (i + 1 < n && exceeds(c, s, p + i, 2)))
            return true;
    }
    return false;
}

rd_outcome rd_pattern_probe(const rd_pattern_spec *spec, rd_pattern_report *out)
{
    compiled c;
    rd_error err;
    rd_outcome o = compile(spec, &c, &err);
    if (o != RD_OK)
        return o;
    rd_pattern_scratch *s = rd_pattern_scratch_new();
    if (s != NULL) {
        rd_literals literals;
        rd_literals_of(spec->pattern, &literals);
        *out = (rd_pattern_report){.no_literal = literals.n == 0, .blows_up = blows_up(&c, s, spec->pattern)};
    }
    pcre2_code_free(c.code);
    o = s != NULL ? RD_OK : RD_NO_MEMORY;
    rd_pattern_scratch_free(&s);
    return o;
}
