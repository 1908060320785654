/* SPDX-License-Identifier: MIT */
/* What a request's steps take, and what they are told. */
#include "gateway/quota_private.h"

#define BILLION UINT64_C(1000000000)

enum { FAR_PERCENT = 60 };

/* ---- judging: nothing is changed ---- */

/* Keeps the worst of the answers in `v`: what can never be before what takes longest. */
static void refuse(gw_quota_verdict *v, gw_quota_answer answer, gw_limit limit, uint64_t max, uint64_t used,
                   uint64_t need, uint64_t wait_ns)
{
    if (v->answer == GW_QUOTA_NEVER && answer != GW_QUOTA_NEVER)
        return;
    if (v->answer == answer && wait_ns <= v->wait_ns)
        return;
    *v = (gw_quota_verdict){
        .answer = answer, .limit = limit, .max = max, .used = used, .need = need, .wait_ns = wait_ns};
}

static void refuse_rate(gw_quota *q, unsigned k, uint64_t need, gw_quota_verdict *v)
{
    gw_bucket whole = q->bucket[k]; /* as if it were not shared: how long it takes at the whole rate */
    whole.rate = q->limits.v[2 * k];
    whole.burst = q->limits.v[2 * k + 1];
    uint64_t used = whole.burst - gw_less(whole.burst, whole.level);
    if (need > whole.burst)
        refuse(v, GW_QUOTA_NEVER, (gw_limit)(2 * k + 1), whole.burst, used, need, 0);
    else
        refuse(v, GW_QUOTA_LIMITED, (gw_limit)(2 * k), whole.rate, used, need,
               gw_bucket_wait_ns(&whole, need));
}

static void judge_gauge(gw_quota *q, gw_limit l, uint64_t used, uint64_t need, gw_quota_verdict *v)
{
    uint64_t max = q->limits.v[l];
    if (max != 0 && need > max)
        refuse(v, GW_QUOTA_NEVER, l, max, used, need, 0);
    else if (max != 0 && used + need > max)
        refuse(v, GW_QUOTA_LIMITED, l, max, used, need, BILLION); /* nobody knows when; soon */
}

static void judge_calendar(gw_quota *q, gw_quota_time now, unsigned c, uint64_t need, gw_quota_verdict *v)
{
    gw_limit l = (gw_limit)(GW_LIMIT_ITEMS_PER_DAY + c);
    uint64_t max = q->limits.v[l], used = q->calendar.used[c];
    if (need > max)
        refuse(v, GW_QUOTA_NEVER, l, max, used, need, 0);
    else if (used + need > max)
        refuse(v, GW_QUOTA_LIMITED, l, max, used, need,
               (uint64_t)(gw_calendar_period(&q->calendar, (gw_calendar_quota)c)->end - now.wall_s) *
                   BILLION);
}

static uint64_t calendar_need(const gw_quota_need *need, unsigned c)
{
    return c <= GW_CALENDAR_ITEMS_MONTH ? need->n[GW_RATE_ITEMS] : need->n[GW_RATE_DECODED];
}

static void judge(gw_quota *q, gw_quota_time now, const gw_quota_need *need, gw_quota_verdict *v)
{
    *v = (gw_quota_verdict){0};
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        if (need->n[k] > q->bucket[k].level && gw_quota_is_said(q, 2 * k))
            refuse_rate(q, k, need->n[k], v);
    }
    if (need->in_flight)
        judge_gauge(q, GW_LIMIT_REQUESTS_IN_FLIGHT, q->n_requests, 1, v);
    for (unsigned c = 0; c < GW_CALENDAR_COUNT; c++) {
        if (gw_quota_is_said(q, GW_LIMIT_ITEMS_PER_DAY + c))
            judge_calendar(q, now, c, calendar_need(need, c), v);
    }
}

/* ---- changing ---- */

static void take_rate(gw_quota *q, unsigned k, uint64_t n)
{
    if (n == 0 || !gw_quota_is_said(q, 2 * k) || !gw_bucket_take(&q->bucket[k], n) || !q->shared || q->leased)
        return;
    uint64_t paid = gw_less(q->lease[k].prepaid, n);
    q->lease[k].prepaid -= paid;
    q->lease[k].owed += n - paid;
}

static void give_rate(gw_quota *q, unsigned k, uint64_t n)
{
    if (n == 0 || !gw_quota_is_said(q, 2 * k))
        return;
    gw_bucket_give(&q->bucket[k], n);
    if (k == GW_RATE_DECODED || k == GW_RATE_ITEMS)
        q->refused_until_ns = 0; /* it was worked out without what has just come back */
    if (!q->shared || q->leased)
        return;
    uint64_t owed = gw_less(q->lease[k].owed, n);
    q->lease[k].owed -= owed;
    q->lease[k].prepaid += n - owed;
}

static void use_calendar(gw_quota *q, uint64_t items, uint64_t bytes)
{
    for (unsigned c = 0; c < GW_CALENDAR_COUNT; c++) {
        uint64_t n = c <= GW_CALENDAR_ITEMS_MONTH ? items : bytes;
        q->calendar.used[c] += n;
        q->unreported[c] += (int64_t)n;
    }
}

static void unuse_calendar(gw_quota *q, uint64_t items, uint64_t bytes)
{
    for (unsigned c = 0; c < GW_CALENDAR_COUNT; c++) {
        uint64_t n = c <= GW_CALENDAR_ITEMS_MONTH ? items : bytes;
        n = gw_less(n, q->calendar.used[c]); /* a new period may have begun meanwhile */
        q->calendar.used[c] -= n;
        q->unreported[c] -= (int64_t)n;
    }
}

static void give_back(gw_quota *q, gw_quota_hold *h, unsigned from_kind)
{
    for (unsigned k = from_kind; k < GW_RATE_COUNT; k++) {
        give_rate(q, k, h->taken[k]);
        h->taken[k] = 0;
    }
    unuse_calendar(q, h->items, h->bytes);
    h->items = h->bytes = 0;
}

static void grant(gw_quota *q, const gw_quota_need *need, gw_quota_hold *h)
{
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        take_rate(q, k, need->n[k]);
        h->taken[k] += need->n[k];
    }
    use_calendar(q, need->n[GW_RATE_ITEMS], need->n[GW_RATE_DECODED]);
    h->items += need->n[GW_RATE_ITEMS];
    h->bytes += need->n[GW_RATE_DECODED];
}

/* ---- near a limit ---- */

#define BIT(l) (UINT32_C(1) << (l))

/* Those whose use changes with `need`; of a rate, its burst says how much is used. */
static uint32_t touched(const gw_quota_need *need)
{
    static const uint32_t of[GW_RATE_COUNT] = {
        [GW_RATE_REQUESTS] = BIT(GW_LIMIT_REQUESTS_BURST),
        [GW_RATE_WIRE] = BIT(GW_LIMIT_WIRE_BURST),
        [GW_RATE_DECODED] =
            BIT(GW_LIMIT_DECODED_BURST) | BIT(GW_LIMIT_BYTES_PER_DAY) | BIT(GW_LIMIT_BYTES_PER_MONTH),
        [GW_RATE_ITEMS] =
            BIT(GW_LIMIT_ITEMS_BURST) | BIT(GW_LIMIT_ITEMS_PER_DAY) | BIT(GW_LIMIT_ITEMS_PER_MONTH)};
    uint32_t bits = need->in_flight ? BIT(GW_LIMIT_REQUESTS_IN_FLIGHT) | BIT(GW_LIMIT_BYTES_IN_FLIGHT) : 0;
    for (unsigned k = 0; k < GW_RATE_COUNT; k++)
        bits |= need->n[k] > 0 ? of[k] : 0;
    return bits;
}

/* Says it once on the way up; again only after it was well below. */
static void look_near(gw_quota *q, uint32_t limits, gw_quota_verdict *v)
{
    for (uint32_t left = q->said & limits; left != 0; left &= left - 1) {
        unsigned l = (unsigned)__builtin_ctz(left);
        uint64_t max = q->limits.v[l], used = gw_quota_used(q, l);
        uint32_t bit = UINT32_C(1) << l;
        if ((q->near & bit) != 0) {
            if (used < max / 100 * FAR_PERCENT + max % 100 * FAR_PERCENT / 100)
                q->near &= ~bit;
        } else if (used >= q->near_at[l]) {
            q->near |= bit;
            if (v->answer == GW_QUOTA_ADMITTED && !v->shadow && !v->near_limit) {
                v->near_limit = true;
                v->limit = (gw_limit)l;
                v->used = used;
                v->max = max;
            }
        }
    }
}

/* ---- steps of a request ---- */

static void note_demand(gw_quota *q, gw_quota_time now, const gw_quota_need *need, const gw_quota_verdict *v)
{
    if (!q->shared)
        return;
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        gw_lease *l = &q->lease[k];
        uint64_t n = need->n[k], burst = q->limits.v[2 * k + 1];
        l->asked += n;
        if (n > l->largest_now && n <= burst)
            l->largest_now = n;
        if (l->largest_now > l->largest)
            l->largest = l->largest_now;
        if (n > q->bucket[k].burst && n <= burst)
            gw_bucket_change(&q->bucket[k], q->bucket[k].rate, n, now.mono_ns);
    }
    if (v->answer == GW_QUOTA_LIMITED && v->limit < 2 * GW_RATE_COUNT)
        q->starved = true;
    if (!atomic_load_explicit(&q->active, memory_order_relaxed) && gw_quota_on_active != NULL)
        gw_quota_on_active(q);
}

/* In shadow mode what was refused is admitted, and takes nothing. */
static void settle(gw_quota *q, const gw_quota_need *need, gw_quota_hold *h, gw_quota_verdict *v)
{
    if (v->answer == GW_QUOTA_ADMITTED) {
        grant(q, need, h);
        look_near(q, touched(need), v);
    } else if (q->limits.mode == GW_QUOTA_SHADOW) {
        give_back(q, h, 0);
        h->shadowed = true;
        v->answer = GW_QUOTA_ADMITTED;
        v->shadow = true;
    } else {
        give_back(q, h, 0);
    }
}

static void begin_in_flight(gw_quota *q, const gw_quota_need *need, gw_quota_hold *h,
                            const gw_quota_verdict *v)
{
    if (v->answer != GW_QUOTA_ADMITTED || !need->in_flight)
        return;
    h->in_flight = true;
    q->n_requests++;
}

void gw_quota_take(gw_quota *q, gw_quota_time now, const gw_quota_need *need, gw_quota_hold *h,
                   gw_quota_verdict *out)
{
    pthread_mutex_lock(&q->lock);
    gw_quota_turn_for(q, now, need);
    if (h->shadowed) {
        *out = (gw_quota_verdict){0};
    } else {
        judge(q, now, need, out);
        note_demand(q, now, need, out);
        settle(q, need, h, out);
    }
    begin_in_flight(q, need, h, out);
    pthread_mutex_unlock(&q->lock);
}

/* How many items the bucket and the calendar have. */
static uint64_t items_left(const gw_quota *q)
{
    uint64_t left = UINT64_MAX;
    if (q->limits.v[GW_LIMIT_ITEMS_RATE] != 0)
        left = q->bucket[GW_RATE_ITEMS].level;
    for (unsigned c = GW_CALENDAR_ITEMS_DAY; c <= GW_CALENDAR_ITEMS_MONTH; c++) {
        uint64_t max = q->limits.v[GW_LIMIT_ITEMS_PER_DAY + c], used = q->calendar.used[c];
        if (max != 0)
            left = gw_less(left, max > used ? max - used : 0);
    }
    return left;
}

void gw_quota_take_some(gw_quota *q, gw_quota_time now, uint64_t n_items, gw_quota_hold *h,
                        uint64_t *out_items, gw_quota_verdict *out)
{
    gw_quota_need need = {.n = {[GW_RATE_ITEMS] = n_items}};
    pthread_mutex_lock(&q->lock);
    gw_quota_turn(q, now);
    judge(q, now, &need, out);
    note_demand(q, now, &need, out);
    uint64_t left = items_left(q);
    *out_items = gw_less(n_items, left);
    if (h->shadowed) {
        *out = (gw_quota_verdict){0};
        *out_items = n_items;
    } else if (*out_items > 0) {
        need.n[GW_RATE_ITEMS] = *out_items;
        out->answer = GW_QUOTA_ADMITTED;
        grant(q, &need, h);
    } else {
        give_back(q, h, 0);
    }
    pthread_mutex_unlock(&q->lock);
}

/* Are there more different ones than the limit as such? Without memory to count them nobody knows, and the
 * sender must not be told that it is in vain. */
static bool never_fit(const uint64_t *hashes, uint32_t n, uint64_t max)
{
    gw_streams alone = {0};
    bool fit = gw_streams_admit(&alone, hashes, n, max, GW_STREAMS_WINDOW_S), counted = alone.slots != NULL;
    gw_streams_release(&alone);
    return counted && !fit;
}

bool gw_quota_take_streams(gw_quota *q, gw_quota_time now, const uint64_t *hashes, uint32_t n,
                           gw_quota_verdict *out)
{
    enum { AGAIN_S = 60 }; /* one may fall out of the window, or the limit be raised */
    *out = (gw_quota_verdict){.limit = GW_LIMIT_LOKI_STREAMS, .need = n};
    pthread_mutex_lock(&q->lock);
    out->max = q->limits.v[GW_LIMIT_LOKI_STREAMS];
    bool ok = out->max == 0 || gw_streams_admit(&q->streams, hashes, n, out->max, gw_streams_clock(now));
    out->used = q->streams.n;
    if (ok) {
        look_near(q, BIT(GW_LIMIT_LOKI_STREAMS), out);
    } else if (q->limits.mode == GW_QUOTA_SHADOW) {
        out->shadow = true;
    } else {
        out->answer = GW_QUOTA_LIMITED;
        out->wait_ns = AGAIN_S * BILLION;
    }
    pthread_mutex_unlock(&q->lock);
    if (out->answer == GW_QUOTA_LIMITED && n > out->max && never_fit(hashes, n, out->max))
        out->answer = GW_QUOTA_NEVER;
    return ok || out->shadow;
}

/* One that was not larger has just been refused, and could not be admitted yet either. */
static bool is_remembered(gw_quota *q, gw_quota_time now, uint64_t wire_bytes, gw_quota_verdict *out)
{
    if (wire_bytes < q->refused_bytes || now.mono_ns >= q->refused_until_ns)
        return false;
    gw_limit l = gw_quota_is_said(q, GW_LIMIT_ITEMS_RATE) ? GW_LIMIT_ITEMS_RATE : GW_LIMIT_DECODED_RATE;
    gw_bucket *b = &q->bucket[l / 2];
    gw_bucket_fill(b, now.mono_ns);
    *out = (gw_quota_verdict){.answer = GW_QUOTA_LIMITED,
                              .limit = l,
                              .max = q->limits.v[l],
                              .used = q->limits.v[l + 1] - gw_less(b->level, q->limits.v[l + 1]),
                              .wait_ns = q->refused_until_ns - now.mono_ns};
    return true;
}

static bool hold_bytes(gw_quota *q, uint64_t n, gw_quota_verdict *out)
{
    uint64_t max = q->limits.v[GW_LIMIT_BYTES_IN_FLIGHT];
    if (max != 0 && q->limits.mode != GW_QUOTA_SHADOW && q->n_bytes + n > max) {
        refuse(out, GW_QUOTA_LIMITED, GW_LIMIT_BYTES_IN_FLIGHT, max, q->n_bytes, n, BILLION);
        return false;
    }
    q->n_bytes += n;
    return true;
}

/* What is judged is more than what is taken: without one item and one byte left, the body need not be read.
 * In shadow mode that is counted where it is really judged. */
static void begin(gw_quota *q, gw_quota_time now, const gw_quota_head *head, gw_quota_hold *h,
                  gw_quota_verdict *out)
{
    bool enforced = q->limits.mode != GW_QUOTA_SHADOW;
    gw_quota_need need = {.n = {[GW_RATE_REQUESTS] = 1, [GW_RATE_WIRE] = head->wire_bytes},
                          .in_flight = true};
    gw_quota_need least = need;
    least.n[GW_RATE_ITEMS] = enforced && q->bucket[GW_RATE_ITEMS].level == 0;
    least.n[GW_RATE_DECODED] = enforced && q->bucket[GW_RATE_DECODED].level == 0;
    gw_quota_turn_for(q, now, &least);
    least.n[GW_RATE_ITEMS] = least.n[GW_RATE_DECODED] = enforced;
    judge(q, now, &least, out);
    if (enforced && out->answer == GW_QUOTA_ADMITTED && is_remembered(q, now, head->wire_bytes, out))
        return;
    if (out->answer == GW_QUOTA_ADMITTED || out->limit < 2 * GW_RATE_DECODED) /* else it is asked for later */
        note_demand(q, now, &need, out);
    settle(q, &need, h, out);
    if (out->answer == GW_QUOTA_ADMITTED && !hold_bytes(q, head->held_bytes, out))
        give_back(q, h, 0);
    begin_in_flight(q, &need, h, out);
}

void gw_quota_begin(gw_quota *q, gw_quota_time now, const gw_quota_head *head, gw_quota_hold *h,
                    gw_quota_verdict *out)
{
    pthread_mutex_lock(&q->lock);
    begin(q, now, head, h, out);
    pthread_mutex_unlock(&q->lock);
}

void gw_quota_remember(gw_quota *q, gw_quota_time now, uint64_t wire_bytes, const gw_quota_verdict *v)
{
    if (v->answer != GW_QUOTA_LIMITED ||
        (v->limit != GW_LIMIT_ITEMS_RATE && v->limit != GW_LIMIT_DECODED_RATE))
        return;
    pthread_mutex_lock(&q->lock);
    if (!q->shared) { /* when a lease comes is not known */
        q->refused_until_ns = now.mono_ns + v->wait_ns;
        q->refused_bytes = wire_bytes;
    }
    pthread_mutex_unlock(&q->lock);
}

void gw_quota_forgive(gw_quota *q, gw_quota_time now, gw_quota_hold *h)
{
    pthread_mutex_lock(&q->lock);
    gw_quota_turn(q, now);
    give_back(q, h, GW_RATE_DECODED);
    pthread_mutex_unlock(&q->lock);
}

void gw_quota_undeliver(gw_quota *q, gw_quota_hold *h)
{
    pthread_mutex_lock(&q->lock);
    unuse_calendar(q, h->items, h->bytes);
    pthread_mutex_unlock(&q->lock);
    h->items = h->bytes = 0;
}

void gw_quota_end(gw_quota *q, gw_quota_hold *h)
{
    if (!h->in_flight)
        return;
    h->in_flight = false;
    pthread_mutex_lock(&q->lock);
    q->n_requests--;
    pthread_mutex_unlock(&q->lock);
}

bool gw_quota_take_bytes(gw_quota *q, uint64_t n)
{
    gw_quota_verdict ignored = {0};
    pthread_mutex_lock(&q->lock);
    bool ok = hold_bytes(q, n, &ignored);
    pthread_mutex_unlock(&q->lock);
    return ok;
}

void gw_quota_give_bytes(gw_quota *q, uint64_t n)
{
    pthread_mutex_lock(&q->lock);
    q->n_bytes -= n;
    pthread_mutex_unlock(&q->lock);
}
