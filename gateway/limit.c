/* SPDX-License-Identifier: MIT */
#include "gateway/limit.h"

static const struct row {
    const char *word, *counted;
} rows[] = {
#define X(id, key, unit, counted, doc) [GW_LIMIT_##id] = {key, counted},
    GW_LIMITS(X)
#undef X
};

const char *gw_limit_word(gw_limit l)
{
    return rows[l].word;
}

const char *gw_limit_counted(gw_limit l)
{
    return rows[l].counted;
}

void gw_limits_over(const gw_limits *base, const gw_limits *own, gw_limits *out)
{
    for (unsigned i = 0; i < GW_LIMIT_COUNT; i++)
        out->v[i] = own->v[i] != 0 ? own->v[i] : base->v[i];
    /* A rate of its own comes with a burst of its own. */
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        if (own->v[2 * k] != 0)
            out->v[2 * k + 1] = own->v[2 * k + 1];
    }
    out->mode = own->mode != GW_QUOTA_DEFAULT ? own->mode : base->mode;
}

void gw_limits_complete(gw_limits *l)
{
    enum { BURST_SECONDS = 2 };
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        if (l->v[2 * k] == 0)
            l->v[2 * k + 1] = 0;
        else if (l->v[2 * k + 1] == 0)
            l->v[2 * k + 1] = BURST_SECONDS * l->v[2 * k];
    }
}
