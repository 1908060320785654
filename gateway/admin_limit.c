/* SPDX-License-Identifier: MIT */
/* Limits of a workspace: what is in force and used of them, and an operator's own for a while. */
#include "gateway/admin_private.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/admission.h"
#include "gateway/quota_bucket.h"
#include "gateway/quota_file.h"

enum { MAX_SECONDS = 366 * 24 * 3600 };

/* ---- showing ---- */

static json_t *time_or_null(int64_t s)
{
    return s > 0 ? json_integer(s) : json_null();
}

static bool is_rate(unsigned l)
{
    return l < 2 * GW_RATE_COUNT && l % 2 == 0;
}

/* Of a rate, its burst says what is used. */
static bool is_used_known(unsigned l)
{
    return gw_limit_is_used_up(l) && !is_rate(l);
}

static json_t *reset_of(const gw_quota_view *v, unsigned l)
{
    if (l == GW_LIMIT_ITEMS_PER_DAY || l == GW_LIMIT_BYTES_PER_DAY)
        return time_or_null(v->day_end_s);
    if (l == GW_LIMIT_ITEMS_PER_MONTH || l == GW_LIMIT_BYTES_PER_MONTH)
        return time_or_null(v->month_end_s);
    return json_null();
}

static json_t *limit_row(const gw_quota_view *v, unsigned l)
{
    bool known = is_used_known(l);
    json_t *used = known ? json_integer((json_int_t)v->used[l]) : json_null();
    json_t *ratio = known ? json_real((double)v->used[l] / (double)v->limits.v[l]) : json_null();
    return json_pack("{s:s, s:I, s:s, s:o, s:o, s:o, s:b}", "limit", gw_limit_word((gw_limit)l), "value",
                     (json_int_t)v->limits.v[l], "unit", gw_limit_counted((gw_limit)l), "used", used,
                     "used_ratio", ratio, "resets_at", reset_of(v, l), "overridden",
                     v->override_until_s != 0 && v->own.v[l] != 0);
}

void gw_admin_describe_limits(const gw_workspaces *t, const gw_workspace *w, json_t *o)
{
    gw_quota_time now = gw_quota_now();
    gw_quota_view v;
    json_t *rows = json_array();
    gw_quota_look(gw_admission_quota(t, w, now), now, &v);
    for (unsigned l = 0; l < GW_LIMIT_COUNT; l++) {
        if (v.limits.v[l] != 0)
            json_array_append_new(rows, limit_row(&v, l));
    }
    json_object_set_new(o, "mode", json_string(gw_quota_mode_word(v.limits.mode)));
    json_object_set_new(o, "shared", json_string(!v.shared ? "no" : v.leased ? "leased" : "local"));
    json_object_set_new(o, "override_until", time_or_null(v.override_until_s));
    json_object_set_new(o, "limits", rows);
}

/* ---- changing ---- */

/* False: `*why` says what is wrong. */
static bool read_limits(const json_t *body, gw_limits *out, const char **why)
{
    const char *word;
    json_t *v;
    json_object_foreach(json_object_get(body, "limits"), word, v)
    {
        gw_limit l = gw_limit_of(word, strlen(word));
        *why = l == GW_LIMIT_COUNT ? "no such limit" : "a limit must be a whole number from 1 to 2^50";
        if (l == GW_LIMIT_COUNT || !json_is_integer(v) || json_integer_value(v) < 1 ||
            json_integer_value(v) > (json_int_t)GW_BUCKET_MAX)
            return false;
        out->v[l] = (uint64_t)json_integer_value(v);
    }
    return true;
}

static const char *read_override(const gw_admin_call *c, gw_limits *out, int64_t *out_seconds)
{
    const char *mode = gw_admin_text(c, "mode"), *why = NULL;
    const json_t *seconds = json_object_get(c->body, "seconds"), *limits = json_object_get(c->body, "limits");
    *out = (gw_limits){0};
    if (!json_is_integer(seconds) || json_integer_value(seconds) < 1 ||
        json_integer_value(seconds) > MAX_SECONDS)
        return "`seconds` must be a whole number from 1 to a year";
    if (limits != NULL && !json_is_object(limits))
        return "`limits` must be an object";
    if (!read_limits(c->body, out, &why))
        return why;
    if (json_object_get(c->body, "mode") != NULL) {
        out->mode = mode != NULL ? gw_quota_mode_of(mode, strlen(mode)) : GW_QUOTA_DEFAULT;
        if (out->mode == GW_QUOTA_DEFAULT)
            return "`mode` must be enforce or shadow";
    } else if (json_object_size(limits) == 0) {
        return "`limits` or `mode` must say something";
    }
    *out_seconds = json_integer_value(seconds);
    return NULL;
}

/* A burst alone limits nothing: the operator would believe that it does. */
static const char *lacks_rate(gw_quota *q, gw_quota_time now, const gw_limits *own)
{
    gw_quota_view v;
    gw_quota_look(q, now, &v);
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        bool rate = own->v[2 * k] != 0 || (v.limits.v[2 * k] != 0 && v.own.v[2 * k] == 0);
        if (own->v[2 * k + 1] != 0 && !rate)
            return "a burst needs a rate";
    }
    return NULL;
}

/* For the audit log: words of the program, numbers, and the name. */
static void name_target(gw_admin_call *c, const gw_limits *own, int64_t seconds)
{
    size_t n = (size_t)snprintf(c->target, sizeof c->target, "%.64s", c->name);
    if (seconds > 0 && n < sizeof c->target)
        n += (size_t)snprintf(c->target + n, sizeof c->target - n, " ttl_s=%" PRId64, seconds);
    if (own->mode != GW_QUOTA_DEFAULT && n < sizeof c->target)
        n += (size_t)snprintf(c->target + n, sizeof c->target - n, " mode=%s", gw_quota_mode_word(own->mode));
    for (unsigned l = 0; l < GW_LIMIT_COUNT && n < sizeof c->target; l++) {
        if (own->v[l] != 0)
            n += (size_t)snprintf(c->target + n, sizeof c->target - n, " %s=%" PRIu64,
                                  gw_limit_word((gw_limit)l), own->v[l]);
    }
}

/* `seconds` 0: what an operator said ends now. */
static int override(gw_admin_call *c, const gw_limits *own, int64_t seconds)
{
    gw_quota_time now = gw_quota_now();
    gw_workspaces *t = gw_workspaces_current();
    const gw_workspace *w = t != NULL ? gw_workspaces_find(t, rd_slice_str(c->name)) : NULL;
    gw_quota *q = w != NULL ? gw_admission_quota(t, w, now) : NULL;
    gw_workspaces_unref(&t);
    if (q == NULL)
        return gw_admin_fail(c, 404, "no such workspace");
    const char *why = lacks_rate(q, now, own);
    if (why != NULL)
        return gw_admin_fail(c, 400, why);
    gw_quota_override(q, now, own, seconds > 0 ? now.wall_s + seconds : 0);
    gw_quota_file_soon();
    name_target(c, own, seconds);
    return gw_admin_show_workspace(c);
}

/* {"seconds": N, "limits": {"items_per_second": N, ...}, "mode": "shadow"}: replaces what was said before. */
static int put_limits(gw_admin_call *c)
{
    gw_limits own;
    int64_t seconds = 0;
    const char *why = read_override(c, &own, &seconds);
    return why != NULL ? gw_admin_fail(c, 400, why) : override(c, &own, seconds);
}

static int delete_limits(gw_admin_call *c)
{
    return override(c, &(gw_limits){0}, 0);
}

const gw_admin_route gw_admin_limits[] = {{.method = "PUT",
                                           .path = "/api/v1/limits/",
                                           .prefix = true,
                                           .need = GW_ADMIN_NEEDS_OPERATOR,
                                           .action = "workspace_limit",
                                           .run = put_limits},
                                          {.method = "DELETE",
                                           .path = "/api/v1/limits/",
                                           .prefix = true,
                                           .need = GW_ADMIN_NEEDS_OPERATOR,
                                           .action = "workspace_limit_end",
                                           .run = delete_limits},
                                          GW_ADMIN_ROUTES_END};
