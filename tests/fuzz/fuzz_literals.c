/* SPDX-License-Identifier: MIT */
/*
 * The first line is a pattern, each further line a text. What the parser says about a pattern must be true:
 * wherever PCRE2, with the options that redactd gives it, finds a match, one of the literals stands. So that
 * there are matches, the pattern's own text is searched too, plain and without what is syntax.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/detect/literals.h"

enum { MAX_PATTERN = 300, MAX_TEXT = 1000, STEPS = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static pcre2_code *compile(const char *pattern)
{
    static const char utf[] = "(*UTF)";
    bool is_utf = strncmp(pattern, utf, sizeof utf - 1) == 0;
    uint32_t options = PCRE2_NEVER_BACKSLASH_C |
                       (is_utf ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : PCRE2_NEVER_UTF | PCRE2_NEVER_UCP);
    int code;
    PCRE2_SIZE at;
    return pcre2_compile((PCRE2_SPTR)pattern + (is_utf ? sizeof utf - 1 : 0), PCRE2_ZERO_TERMINATED, options,
                         &code, &at, NULL);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool stands_at(const uint8_t *text, const uint8_t *literal, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (lower(text[i]) != literal[i])
            return false;
    }
    return true;
}

static bool holds_one(const rd_literals *l, const uint8_t *text, size_t n)
{
    for (uint32_t i = 0; i < l->n; i++) {
        for (size_t at = 0; at + l->len[i] <= n; at++) {
            if (stands_at(text + at, l->text[i], l->len[i]))
                return true;
        }
    }
    return false;
}

static void check_text(const pcre2_code *code, const rd_literals *l, const uint8_t *text, size_t n)
{
    static pcre2_match_context *limits;
    static pcre2_match_data *match;
    if (limits == NULL) {
        limits = pcre2_match_context_create(NULL);
        match = pcre2_match_data_create(1, NULL);
        pcre2_set_match_limit(limits, STEPS);
        pcre2_set_depth_limit(limits, 500);
    }
    if (n > MAX_TEXT)
        n = MAX_TEXT;
    if (pcre2_match(code, text, n, 0, PCRE2_NOTEMPTY, match, limits) >= 0 && !holds_one(l, text, n)) {
        fprintf(stderr, "a match without a literal\n");
        abort();
    }
}

static void check_well_formed(const rd_literals *l)
{
    if (l->n > RD_LITERALS_MAX)
        abort();
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->len[i] == 0 || l->len[i] > RD_LITERAL_BYTES)
            abort();
        for (uint32_t k = 0; k < l->len[i]; k++) {
            if (l->text[i][k] >= 0x80 || lower(l->text[i][k]) != l->text[i][k])
                abort();
        }
    }
}

/* What could match: the pattern without its syntax. */
static size_t bare(const char *pattern, uint8_t *out)
{
    size_t n = 0;
    for (; *pattern != '\0'; pattern++) {
        if (strchr("\\()[]{}^$*+?|", *pattern) == NULL)
            out[n++] = (uint8_t)*pattern;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char pattern[MAX_PATTERN + 1];
    uint8_t text[MAX_PATTERN];
    rd_literals l;
    const uint8_t *end = memchr(data, '\n', size);
    size_t n = end != NULL ? (size_t)(end - data) : size, at = end != NULL ? n + 1 : size;
    if (n > MAX_PATTERN)
        return 0;
    if (n > 0)
        memcpy(pattern, data, n);
    pattern[n] = '\0';
    rd_literals_of(pattern, &l);
    check_well_formed(&l);
    pcre2_code *code = compile(pattern);
    if (code == NULL || l.n == 0) {
        pcre2_code_free(code);
        return 0;
    }
    check_text(code, &l, (const uint8_t *)pattern, strlen(pattern));
    check_text(code, &l, text, bare(pattern, text));
    check_text(code, &l, data + at, size - at);
    while (at < size) {
        const uint8_t *line_end = memchr(data + at, '\n', size - at);
        size_t line = line_end != NULL ? (size_t)(line_end - data) - at : size - at;
        check_text(code, &l, data + at, line);
        at += line + 1;
    }
    pcre2_code_free(code);
    return 0;
}
