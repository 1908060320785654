/* SPDX-License-Identifier: MIT */
#include "gateway/limit.h"

#include <string.h>

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

static bool same(const char *word, const char *s, size_t n)
{
    return strlen(word) == n && memcmp(word, s, n) == 0;
}

gw_limit gw_limit_of(const char *word, size_t n)
{
    unsigned l = 0;
    while (l < GW_LIMIT_COUNT && !same(rows[l].word, word, n))
        l++;
    return (gw_limit)l;
}

const char *gw_quota_mode_word(gw_quota_mode m)
{
    return m == GW_QUOTA_SHADOW ? "shadow" : "enforce";
}

gw_quota_mode gw_quota_mode_of(const char *word, size_t n)
{
    return same("enforce", word, n)  ? GW_QUOTA_ENFORCE
           : same("shadow", word, n) ? GW_QUOTA_SHADOW
                                     : GW_QUOTA_DEFAULT;
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
    out->shed = own->shed != GW_SHED_DEFAULT ? own->shed : base->shed;
    out->content = own->content != GW_CONTENT_DEFAULT ? own->content : base->content;
}

/* Loki's limits_config: max_global_streams_per_user, max_label_names_per_series, max_label_name_length,
 * max_label_value_length, max_line_size, reject_old_samples_max_age, creation_grace_period. */
static const uint64_t of_loki[GW_LIMIT_COUNT] = {
    [GW_LIMIT_LOKI_STREAMS] = 5000,     [GW_LIMIT_LABEL_NAMES] = 15,
    [GW_LIMIT_LABEL_NAME_BYTES] = 1024, [GW_LIMIT_LABEL_VALUE_BYTES] = 2048,
    [GW_LIMIT_LINE_BYTES] = 256 << 10,  [GW_LIMIT_MAX_AGE] = 7 * 86400,
    [GW_LIMIT_MAX_AHEAD] = 600};

void gw_limits_complete(gw_limits *l)
{
    enum { BURST_SECONDS = 2 };
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        if (l->v[2 * k] == 0)
            l->v[2 * k + 1] = 0;
        else if (l->v[2 * k + 1] == 0)
            l->v[2 * k + 1] = BURST_SECONDS * l->v[2 * k];
    }
    for (unsigned i = 0; l->content == GW_CONTENT_LOKI && i < GW_LIMIT_COUNT; i++) {
        if (l->v[i] == 0)
            l->v[i] = of_loki[i];
    }
    if (l->v[GW_LIMIT_LOKI_STREAMS] > GW_LIMIT_MAX_STREAMS)
        l->v[GW_LIMIT_LOKI_STREAMS] = GW_LIMIT_MAX_STREAMS;
}
