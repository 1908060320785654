/* SPDX-License-Identifier: MIT */
#include "filters/detect/filter.h"

#include "filters/detect/text.h"

static uint8_t classes_of(const rd_program *p, uint8_t c)
{
    unsigned classes = rd_is(c, RD_C_DIGIT) ? RD_IS_DIGIT : 0;
    classes |= rd_is(c, RD_C_RUN) ? RD_IS_TOKEN | RD_IS_IN_KEY : 0;
    classes |= rd_is(c, RD_C_UTF8) ? RD_IS_IN_KEY : 0;
    return (uint8_t)(classes | (p->behind_key[c] != 0 ? RD_IS_BEHIND : 0));
}

/* What is known of single bytes. */
static void add_codes(rd_program *p)
{
    for (unsigned c = ' '; c < 0x80; c++)
        p->shapes[c / RD_CODES - 2][c % RD_CODES] = (uint8_t)rd_shape_of((uint8_t)c);
    for (unsigned c = '@'; c < '`'; c++)
        p->letters[c / RD_CODES - 4][c % RD_CODES] = (uint8_t)rd_letter_of((uint8_t)c);
    for (unsigned c = 0; c < sizeof p->wide.code_of; c++)
        p->wide.code_of[c] = (uint8_t)rd_wide_of((uint8_t)c);
    for (unsigned c = 1; c < 256; c++) {
        uint8_t classes = classes_of(p, (uint8_t)c);
        p->wide.classes[rd_wide_of((uint8_t)c)] |= classes;
        if (c != '\t')
            p->classes[rd_shape_of((uint8_t)c)] |= (uint8_t)(classes & ~RD_IS_IN_KEY);
    }
}

/* Of groups of eight buckets the tables of `len` positions, `n_codes` bytes each. */
static void write_takes(const rd_bucket *buckets, const rd_bucket_spec *spec, unsigned coding,
                        unsigned n_codes, void *takes)
{
    for (uint32_t b = 0; b < spec->n_buckets; b++) {
        for (uint32_t j = 0; j < spec->len; j++) {
            uint8_t *by_code = (uint8_t *)takes + (b / 8 * spec->len + j) * n_codes;
            for (unsigned k = 0; k < n_codes; k++)
                by_code[k] |= (uint8_t)((buckets[b].codes[coding][j] >> k & 1) << b % 8);
        }
    }
}

/* The same of windows. False: no memory. */
static bool spread(const rd_window_sets *windows, uint32_t n, const rd_bucket_spec *spec, unsigned n_codes,
                   void *takes)
{
    rd_bucket buckets[8 * RD_WIDE_GROUPS]; /* no filter has more */
    if (!rd_buckets_assign(windows, n, spec, buckets))
        return false;
    write_takes(buckets, spec, 0, n_codes, takes);
    return true;
}

static bool narrow(rd_code_fn *code_of, const rd_window_sets *windows, uint32_t n, uint32_t len,
                   unsigned n_groups, rd_takes *takes)
{
    const rd_bucket_spec spec = {.codings = {code_of}, .len = len, .n_buckets = 8 * n_groups};
    return spread(windows, n, &spec, RD_CODES, takes);
}

static bool wide(const rd_window_sets *windows, uint32_t n, uint32_t len, unsigned n_groups,
                 rd_wide_takes *takes)
{
    const rd_bucket_spec spec = {.codings = {rd_wide_of}, .len = len, .n_buckets = 8 * n_groups};
    return spread(windows, n, &spec, RD_WIDE_CODES, takes);
}

bool rd_program_filter_literals(rd_program *p, const rd_window_sets *windows, uint32_t n)
{
    rd_bucket buckets[8];
    const rd_bucket_spec spec = {.codings = {rd_shape_of, rd_letter_of}, .len = RD_SHORT, .n_buckets = 8};
    p->literals = true;
    add_codes(p);
    if (!rd_buckets_assign(windows, n, &spec, buckets))
        return false;
    write_takes(buckets, &spec, 0, RD_CODES, p->shape_filter[0]);
    write_takes(buckets, &spec, 1, RD_CODES, p->letter_filter[0]);
    return wide(windows, n, RD_SHORT, 1, p->wide.short_filter[0]);
}

/* By letters or by shapes, whichever say more of each. */
static bool narrow_shorts(rd_program *p, const rd_window_sets *shorts)
{
    rd_window_sets words[RD_MAX_SHORT], others[RD_MAX_SHORT];
    uint32_t n_words = 0, n_others = 0;
    for (uint32_t i = 0; i < p->n_short; i++) {
        if (rd_buckets_by_letters(&shorts[i]))
            words[n_words++] = shorts[i];
        else
            others[n_others++] = shorts[i];
    }
    return narrow(rd_letter_of, words, n_words, RD_SHORT, RD_LETTER_GROUPS, p->letter_filter[0]) &&
           narrow(rd_shape_of, others, n_others, RD_SHORT, RD_SHAPE_GROUPS, p->shape_filter[0]);
}

bool rd_program_filter_windows(rd_program *p, const rd_window_sets *shorts, const rd_window_sets *longs)
{
    add_codes(p);
    if (p->small)
        return narrow(rd_shape_of, shorts, p->n_short, RD_SMALL, 1, p->shape_filter[0]) &&
               wide(shorts, p->n_short, RD_SHORT, 1, p->wide.short_filter[0]);
    rd_window_sets others[RD_MAX_LONG]; /* words are among the short ones */
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n_long; i++) {
        if ((p->long_words >> i & 1) == 0)
            others[n++] = longs[i];
    }
    return narrow_shorts(p, shorts) &&
           narrow(rd_shape_of, others, n, RD_LONG, RD_LONG_GROUPS, p->long_filter[0]) &&
           wide(shorts, p->n_short, RD_SHORT, RD_WIDE_GROUPS, p->wide.short_filter[0]) &&
           wide(others, n, RD_LONG, RD_LONG_GROUPS, p->wide.long_filter[0]);
}
