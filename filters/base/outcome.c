/* SPDX-License-Identifier: MIT */
#include "filters/base/outcome.h"

static const char *const words[] = {
#define X(name, word) [RD_##name] = word,
    RD_OUTCOMES(X)
#undef X
};

const char *rd_outcome_word(rd_outcome o)
{
    return (unsigned)o < RD_OUTCOME_COUNT ? words[o] : "?";
}

rd_outcome rd_fail(rd_error *err, rd_outcome o, const char *what, size_t offset)
{
    if (err != NULL)
        *err = (rd_error){.outcome = o, .what = what, .offset = offset};
    return o;
}
