/* SPDX-License-Identifier: MIT */
#include "gateway/outcome.h"

static const char *const words[] = {
#define X(name, word, otlp, loki, code, text) [GW_OUTCOME_##name] = word,
    GW_OUTCOMES(X)
#undef X
};

const char *gw_outcome_word(gw_outcome o)
{
    return (unsigned)o < GW_OUTCOME_COUNT ? words[o] : "?";
}
