/* SPDX-License-Identifier: MIT */
#include "gateway/admission.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "gateway/log.h"

#define BILLION UINT64_C(1000000000)

enum {
    MAX_RETRY_S = 3600,      /* limits may change: nobody is told to stay away for a month */
    READING_BYTES = 64 << 10 /* held for a body whose length is not known */
};

/* ---- limits in force ---- */

static uint64_t percent_of(uint64_t v, uint32_t percent)
{
    return v / 100 * percent + v % 100 * percent / 100;
}

/* One workspace must not be able to hold all of what the process may hold. */
static void share_process(gw_limits *l, const gw_config *cfg)
{
    uint32_t percent = cfg->workspaces.memory_share_percent;
    uint64_t one_body = cfg->limits.body_bytes + cfg->limits.decoded_bytes;
    uint64_t requests = percent_of(cfg->limits.requests_in_flight, percent);
    uint64_t bytes = percent_of(cfg->limits.memory_bytes, percent);
    if (l->v[GW_LIMIT_REQUESTS_IN_FLIGHT] == 0)
        l->v[GW_LIMIT_REQUESTS_IN_FLIGHT] = requests > 0 ? requests : 1;
    if (l->v[GW_LIMIT_BYTES_IN_FLIGHT] == 0)
        l->v[GW_LIMIT_BYTES_IN_FLIGHT] = bytes > one_body ? bytes : one_body;
}

/* Worked out once for each table; one workspace alone may have everything. */
gw_quota *gw_admission_quota(const gw_workspaces *t, const gw_workspace *w, gw_quota_time now)
{
    gw_quota *q = gw_workspace_quota(w);
    uint64_t version = gw_workspaces_generation(t);
    if (gw_quota_version(q) >= version)
        return q;
    const gw_config *cfg = gw_workspaces_config(t);
    gw_limits l;
    gw_limits_over(&cfg->workspaces.quota, &w->cfg->quota, &l);
    if (gw_workspaces_count(t) > 1)
        share_process(&l, cfg);
    gw_quota_configure(q, now, version, &l);
    return q;
}

/* ---- steps ---- */

static gw_outcome outcome_of(const gw_quota_verdict *v)
{
    return v->answer == GW_QUOTA_ADMITTED ? GW_OUTCOME_DELIVERED
           : v->answer == GW_QUOTA_NEVER  ? GW_OUTCOME_QUOTA_NEVER
                                          : GW_OUTCOME_QUOTA;
}

gw_outcome gw_admission_outcome(const gw_admission *a)
{
    return a->none_left ? GW_OUTCOME_CONTENT : outcome_of(&a->verdict);
}

gw_outcome gw_admission_begin(gw_admission *a, const gw_workspaces *t, const gw_workspace *w, bool has_length,
                              uint64_t content_length)
{
    gw_quota_time now = gw_quota_now();
    a->quota = gw_admission_quota(t, w, now);
    gw_quota_head head = {.wire_bytes = has_length ? content_length : 0,
                          .held_bytes = has_length ? content_length : READING_BYTES};
    a->wire_taken = has_length;
    gw_quota_begin(a->quota, now, &head, &a->hold, &a->verdict);
    if (a->verdict.answer == GW_QUOTA_ADMITTED)
        a->reading = head.held_bytes;
    return outcome_of(&a->verdict);
}

static void end_reading(gw_admission *a)
{
    if (a->reading > 0)
        gw_quota_give_bytes(a->quota, a->reading);
    a->reading = 0;
}

gw_outcome gw_admission_body(gw_admission *a, uint64_t wire_bytes)
{
    end_reading(a);
    a->wire_bytes = wire_bytes;
    if (a->wire_taken)
        return GW_OUTCOME_DELIVERED;
    gw_quota_need need = {.n = {[GW_RATE_WIRE] = wire_bytes}};
    gw_quota_take(a->quota, gw_quota_now(), &need, &a->hold, &a->verdict);
    return outcome_of(&a->verdict);
}

void gw_admission_end(gw_admission *a, gw_admission_end_kind how)
{
    if (a->quota == NULL)
        return;
    end_reading(a);
    if (how == GW_ADMISSION_REFUSED)
        gw_quota_forgive(a->quota, gw_quota_now(), &a->hold);
    else if (how == GW_ADMISSION_DROPPED)
        gw_quota_undeliver(a->quota, &a->hold);
    gw_quota_end(a->quota, &a->hold);
    a->quota = NULL;
}

/* ---- what is said about it ---- */

static void count_verdict(gw_quota_verdict *v, const gw_workspace *w, gw_counters *c)
{
    if (v->answer != GW_QUOTA_ADMITTED || v->shadow)
        gw_count(c, GW_METRIC_WS_LIMITED, w->slot, v->limit, v->shadow, 1);
    if (v->near_limit)
        gw_log(QUOTA_NEAR, gw_word("workspace", w->name), gw_word("limit", gw_limit_word(v->limit)),
               gw_u64("used", v->used), gw_u64("of", v->max));
    v->near_limit = v->shadow = false;
}

void gw_admission_count(gw_admission *a, const gw_workspace *w, gw_counters *c)
{
    count_verdict(&a->before, w, c);
    count_verdict(&a->verdict, w, c);
}

/* Up to a fifth longer, so that those who were refused together do not come back together. */
static uint32_t jitter(uint32_t seconds)
{
    uint32_t r = 0;
    if (getrandom(&r, sizeof r, GRND_NONBLOCK) != sizeof r)
        r = 0;
    return seconds + r % (seconds / 5 + 2);
}

static bool is_calendar(gw_limit l)
{
    return l >= GW_LIMIT_ITEMS_PER_DAY && l <= GW_LIMIT_BYTES_PER_MONTH;
}

static const char *unit_parameter(gw_limit l)
{
    switch (l) {
    case GW_LIMIT_WIRE_RATE:
    case GW_LIMIT_DECODED_RATE:
    case GW_LIMIT_BYTES_PER_DAY:
    case GW_LIMIT_BYTES_PER_MONTH:
        return ";qu=\"content-bytes\"";
    case GW_LIMIT_REQUESTS_IN_FLIGHT:
        return ";qu=\"concurrent-requests\"";
    default:
        return "";
    }
}

static void make_fields(gw_admission *a, uint32_t retry_s)
{
    const gw_quota_verdict *v = &a->verdict;
    const char *word = gw_limit_word(v->limit);
    unsigned window = v->limit == GW_LIMIT_ITEMS_PER_DAY || v->limit == GW_LIMIT_BYTES_PER_DAY ? 86400
                      : is_calendar(v->limit)                                                  ? 2592000
                                                                                               : 1;
    uint64_t left = is_calendar(v->limit) && v->max > v->used ? v->max - v->used : 0;
    snprintf(a->policy, sizeof a->policy, "\"%s\";q=%" PRIu64 "%s;w=%u", word, v->max,
             unit_parameter(v->limit), window);
    snprintf(a->state, sizeof a->state, "\"%s\";r=%" PRIu64 ";t=%u", word, left, retry_s);
}

uint32_t gw_admission_words(gw_admission *a, const gw_workspace *w, rd_slice *out_detail,
                            rd_slice *out_policy, rd_slice *out_state)
{
    const gw_quota_verdict *v = &a->verdict;
    const char *unit = gw_limit_counted(v->limit);
    uint64_t wait_s = v->wait_ns / BILLION + (v->wait_ns % BILLION != 0);
    uint32_t deficit_s = wait_s == 0 ? 1 : wait_s > MAX_RETRY_S ? MAX_RETRY_S : (uint32_t)wait_s;
    bool never = v->answer == GW_QUOTA_NEVER;
    snprintf(a->detail, sizeof a->detail,
             "workspace %.64s: %s is %" PRIu64 " %s, %" PRIu64 " used, request has %" PRIu64 "%s", w->name,
             gw_limit_word(v->limit), v->max, unit, v->used, v->need,
             never ? ", which can never fit: send less at once" : "");
    *out_detail = rd_slice_str(a->detail);
    if (never)
        return 0;
    make_fields(a, deficit_s);
    *out_policy = rd_slice_str(a->policy);
    *out_state = rd_slice_str(a->state);
    return jitter(deficit_s);
}
