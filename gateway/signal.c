/* SPDX-License-Identifier: MIT */
#include "gateway/signal.h"

static const char *const words[] = {
#define X(name, word) [GW_SIGNAL_##name] = word,
    GW_SIGNALS(X)
#undef X
};

const char *gw_signal_word(gw_signal s)
{
    return (unsigned)s < GW_SIGNAL_COUNT ? words[s] : "other";
}
