/* SPDX-License-Identifier: MIT */
#include "gateway/call_result.h"

static const char *const words[] = {
#define X(name, word) [GW_CALL_##name] = word,
    GW_CALL_RESULTS(X)
#undef X
};

const char *gw_call_result_word(gw_call_result r)
{
    return (unsigned)r < GW_CALL_RESULT_COUNT ? words[r] : "?";
}
