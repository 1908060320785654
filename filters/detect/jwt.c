/* SPDX-License-Identifier: MIT */
/*
 * JSON web tokens in compact form (RFC 7519, 7515, 7516): base64url parts with dots between, the first one
 * the header, which starts with {" and so with "eyJ". Kept readable: those three characters.
 */
#include "filters/detect/matcher.h"

enum { MAX_TOKEN = 1 << 20, MIN_HEADER = 10, MIN_RUN = 16 };

static bool base64url(uint8_t c)
{
    return rd_is(c, RD_C_ALNUM) || c == '-' || c == '_';
}

static uint32_t part_end(const rd_view *v, uint32_t i, uint32_t limit)
{
    while (i < limit && base64url(rd_at(v, i)))
        i++;
    return i;
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    if (rd_at(v, at) != 'e')
        at += rd_at(v, at - 1) == '\\' && rd_is(rd_at(v, at), RD_C_LOWER); /* \neyJ */
    if (!rd_spells(v, at, "eyJ"))
        return;
    uint32_t limit = at + MAX_TOKEN, end = part_end(v, at, limit);
    if (end - at < MIN_HEADER || rd_at(v, end) != '.')
        return;
    uint32_t payload = end + 1;
    end = part_end(v, payload, limit);
    f->resume = end;
    if (end - payload < 4)
        return;
    for (unsigned n = 0; n < 3 && rd_at(v, end) == '.' && base64url(rd_at(v, end + 1)); n++)
        end = part_end(v, end + 1, limit);
    while (rd_at(v, end) == '=') /* padding is not allowed and yet there */
        end++;
    f->resume = end;
    rd_emit(f, RD_DETECTOR_JWT, at, end, 3, 0);
}

static void token_starts(rd_token_start_fn *add, void *ctx)
{
    add(ctx, 'e', 'y', 'J');
}

const rd_matcher rd_match_jwt = {
    .yields = RD_BIT(JWT),
    .token_run = MIN_RUN,
    .token_behind = "\\",
    .token_starts = token_starts,
    .confirm = confirm,
};
