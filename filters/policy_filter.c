/* SPDX-License-Identifier: MIT */
#include "filters/policy_filter.h"

#include <stdlib.h>

static uint8_t lower(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c;
}

static bool is_word_byte(uint8_t c)
{
    return (uint8_t)(lower(c) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c >= 0x80;
}

static bool copy_list(const char *const *from, uint32_t n, bool lower_case, char ***out, uint32_t *out_n)
{
    *out = calloc((size_t)n + 1, sizeof **out);
    if (*out == NULL)
        return false;
    for (; *out_n < n; ++*out_n) {
        char *copy = strdup(from[*out_n]);
        if (copy == NULL)
            return false;
        for (char *p = copy; lower_case && *p != '\0'; p++)
            *p = (char)lower((uint8_t)*p);
        (*out)[*out_n] = copy;
    }
    return true;
}

bool rd_filter_init(rd_filter *f, const char *const *context, uint32_t n_context, const char *const *allow,
                    uint32_t n_allow)
{
    *f = (rd_filter){0};
    return copy_list(context, n_context, true, &f->context, &f->n_context) &&
           copy_list(allow, n_allow, false, &f->allow, &f->n_allow);
}

static void free_list(char **list, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        free(list[i]);
    free(list);
}

void rd_filter_release(rd_filter *f)
{
    free_list(f->context, f->n_context);
    free_list(f->allow, f->n_allow);
    *f = (rd_filter){0};
}

enum { MAX_ALLOWED = 1 << 10, MAX_CONTEXT = 64 << 10 };

/* Does `text` match, where `*` stands for any bytes? After a star the first place where its next piece fits
 * is taken; a piece that fails goes back to there only, so at most pattern times text. */
static bool fits(const char *pattern, rd_slice text)
{
    const char *star = NULL;
    size_t at = 0, from = 0;
    while (at < text.n) {
        if (*pattern == '*') {
            star = ++pattern;
            from = at;
        } else if (*pattern != '\0' && (uint8_t)*pattern == text.p[at]) {
            pattern++;
            at++;
        } else if (star != NULL) {
            pattern = star;
            at = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool rd_filter_allows(const rd_filter *f, rd_slice match)
{
    for (uint32_t i = 0; i < f->n_allow && match.n <= MAX_ALLOWED; i++) {
        if (fits(f->allow[i], match))
            return true;
    }
    return false;
}

static bool stands_at(rd_slice text, size_t at, const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (lower(text.p[at + i]) != (uint8_t)word[i])
            return false;
    }
    return true;
}

static bool occurs(rd_slice text, const char *word, bool whole)
{
    size_t n = strlen(word);
    for (size_t at = 0; at + n <= text.n; at++) {
        bool fits_in = !whole || ((at == 0 || !is_word_byte(text.p[at - 1])) &&
                                  (at + n == text.n || !is_word_byte(text.p[at + n])));
        if (fits_in && stands_at(text, at, word, n))
            return true;
    }
    return false;
}

bool rd_filter_in_context(const rd_filter *f, rd_slice text)
{
    for (uint32_t i = 0; i < f->n_context; i++) {
        if (occurs(text, f->context[i], true))
            return true;
    }
    return f->n_context == 0 || text.n > MAX_CONTEXT;
}

bool rd_filter_mentions(const rd_filter *f, rd_slice text)
{
    for (uint32_t i = 0; i < f->n_context; i++) {
        if (occurs(text, f->context[i], false))
            return true;
    }
    return false;
}
