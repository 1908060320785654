/* SPDX-License-Identifier: MIT */
/*
 * Keys of Azure storage accounts, Cosmos DB and the like, wherever they stand: 64 random bytes in base64, 86
 * characters and "==" (Microsoft Learn, "Manage storage account access keys"). Left alone: SHA-512 digests,
 * which are as long and say so (`sha512-...==` of npm, Subresource Integrity).
 */
#include "filters/detect/matcher.h"
#include "filters/detect/opaque.h"

enum { BODY = 86, PADDING = 2, MIN_OF_A_KIND = 6, DIGEST_LOOK = 12 };

static bool base64(uint8_t c)
{
    return rd_is(c, RD_C_ALNUM) || c == '+' || c == '/';
}

static bool says_digest(const rd_view *v, uint32_t from)
{
    for (uint32_t i = from - DIGEST_LOOK; i != from; i++) {
        if (rd_spells_nocase(v, i, "sha") || rd_spells_nocase(v, i, "digest") ||
            rd_spells_nocase(v, i, "hash"))
            return true;
    }
    return false;
}

/* `at` is the last character before the padding. */
static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t from = at + 1, end = at + 1 + PADDING, n_upper = 0, n_lower = 0, n_digits = 0;
    if (rd_at(v, end) == '=')
        return;
    while (at + 1 - from <= BODY && base64(rd_at(v, from - 1))) {
        uint8_t c = rd_at(v, --from);
        n_upper += rd_is(c, RD_C_UPPER);
        n_lower += rd_is(c, RD_C_LOWER);
        n_digits += rd_is(c, RD_C_DIGIT);
    }
    if (at + 1 - from != BODY || says_digest(v, from))
        return;
    if (n_upper >= MIN_OF_A_KIND && n_lower >= MIN_OF_A_KIND && n_digits >= MIN_OF_A_KIND / 2)
        rd_emit(f, RD_DETECTOR_AZURE_KEY, from, end, 0, 0);
}

static const rd_window windows[] = {{"\\w==", false}};

const rd_matcher rd_match_storage_key = {
    .yields = RD_BIT(AZURE_KEY), RD_WINDOWS(windows), .confirm = confirm};
