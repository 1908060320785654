/* SPDX-License-Identifier: MIT */
/*
 * The limits of a workspace: the one table from which configuration keys, metrics, answers and the shared
 * store's fields are made. A limit is a number; 0 stands for "not said".
 *
 * X(id, key in the file and word in metrics, unit, what is counted, doc)
 *
 * The first eight are rates and their bursts, in pairs; the four after the gauges are calendar quotas, items
 * and bytes by day and by month. Those behind them are on content: they are
 * not used up, but for the streams; GW_LIMIT_LABEL_NAMES + n is rd_content_limit n.
 */
#ifndef GW_LIMIT_H
#define GW_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GW_LIMITS(X)                                                                                         \
    X(REQUESTS_RATE, "requests_per_second", NONE, "requests/s", "Requests in a second, on average.")         \
    X(REQUESTS_BURST, "requests_burst", NONE, "requests", "Requests at once.")                               \
    X(WIRE_RATE, "wire_bytes_per_second", BYTES, "bytes/s", "Body bytes as they come, coded.")               \
    X(WIRE_BURST, "wire_bytes_burst", BYTES, "bytes", "Body bytes at once.")                                 \
    X(DECODED_RATE, "decoded_bytes_per_second", BYTES, "bytes/s", "Body bytes after content coding.")        \
    X(DECODED_BURST, "decoded_bytes_burst", BYTES, "bytes", "Decoded bytes at once.")                        \
    X(ITEMS_RATE, "items_per_second", NONE, "items/s", "Log records, spans, data points and Loki entries.")  \
    X(ITEMS_BURST, "items_burst", NONE, "items", "Items at once.")                                           \
    X(REQUESTS_IN_FLIGHT, "requests_in_flight", NONE, "requests", "Requests that are not answered yet.")     \
    X(BYTES_IN_FLIGHT, "bytes_in_flight", BYTES, "bytes",                                                    \
      "Memory of requests that are not answered yet, as `limits.memory_bytes` counts it.")                   \
    X(ITEMS_PER_DAY, "items_per_day", NONE, "items", "Items in a calendar day.")                             \
    X(ITEMS_PER_MONTH, "items_per_month", NONE, "items", "Items in a calendar month.")                       \
    X(BYTES_PER_DAY, "bytes_per_day", BYTES, "bytes", "Decoded bytes in a calendar day.")                    \
    X(BYTES_PER_MONTH, "bytes_per_month", BYTES, "bytes", "Decoded bytes in a calendar month.")              \
    X(LOKI_STREAMS, "loki_streams", NONE, "streams",                                                         \
      "Loki streams that got an entry in the last hour. More than 131072 means 131072.")                     \
    X(LABEL_NAMES, "label_names", NONE, "labels", "Labels of a Loki stream, as it comes.")                   \
    X(LABEL_NAME_BYTES, "label_name_bytes", BYTES, "bytes", "Length of the name of a Loki label.")           \
    X(LABEL_VALUE_BYTES, "label_value_bytes", BYTES, "bytes", "Length of the value of a Loki label.")        \
    X(LINE_BYTES, "line_bytes", BYTES, "bytes", "Length of a Loki line.")                                    \
    X(MAX_AGE, "max_age", SECONDS, "s",                                                                      \
      "How old the timestamp of a log record, data point or Loki entry, or the end of a span, may be.")      \
    X(MAX_AHEAD, "max_ahead", SECONDS, "s", "How far in the future it may be.")

typedef enum gw_limit {
#define X(id, key, unit, counted, doc) GW_LIMIT_##id,
    GW_LIMITS(X)
#undef X
        GW_LIMIT_COUNT
} gw_limit;

/* The most streams that are counted: they are counted exactly, and memory is bounded. */
enum { GW_LIMIT_MAX_STREAMS = 1 << 17 };

/* What buckets count. The rate of kind k is limit 2k, its burst 2k + 1. */
typedef enum gw_rate {
    GW_RATE_REQUESTS,
    GW_RATE_WIRE,
    GW_RATE_DECODED,
    GW_RATE_ITEMS,
    GW_RATE_COUNT
} gw_rate;

/* Calendar quotas: limit GW_LIMIT_ITEMS_PER_DAY + c. */
typedef enum gw_calendar_quota {
    GW_CALENDAR_ITEMS_DAY,
    GW_CALENDAR_ITEMS_MONTH,
    GW_CALENDAR_BYTES_DAY,
    GW_CALENDAR_BYTES_MONTH,
    GW_CALENDAR_COUNT
} gw_calendar_quota;

/* The first of each means: as by default. */
typedef enum gw_quota_mode { GW_QUOTA_DEFAULT, GW_QUOTA_ENFORCE, GW_QUOTA_SHADOW } gw_quota_mode;
typedef enum gw_quota_shed { GW_SHED_DEFAULT, GW_SHED_NONE, GW_SHED_LEAST_SEVERE } gw_quota_shed;
/* Limits on content that are not said: none, or what Loki has. */
typedef enum gw_quota_content { GW_CONTENT_DEFAULT, GW_CONTENT_OPEN, GW_CONTENT_LOKI } gw_quota_content;

typedef struct gw_limits {
    uint64_t v[GW_LIMIT_COUNT]; /* 0: not said */
    gw_quota_mode mode;
    gw_quota_shed shed;
    gw_quota_content content;
} gw_limits;

/* Is it used up over several requests? Those behind it hold for each piece of a request by itself. */
static inline bool gw_limit_is_used_up(unsigned l)
{
    return l <= GW_LIMIT_LOKI_STREAMS;
}

const char *gw_limit_word(gw_limit l);
const char *gw_limit_counted(gw_limit l);
/* GW_LIMIT_COUNT: no limit has this word. */
gw_limit gw_limit_of(const char *word, size_t n);
/* "enforce" or "shadow". */
const char *gw_quota_mode_word(gw_quota_mode m);
/* GW_QUOTA_DEFAULT: none has this word. */
gw_quota_mode gw_quota_mode_of(const char *word, size_t n);

/* What `own` says, and `base` where it says nothing. */
void gw_limits_over(const gw_limits *base, const gw_limits *own, gw_limits *out);

/* The limits in force: a rate without a burst gets one of two seconds, and limits on content what Loki has if
 * that is said. */
void gw_limits_complete(gw_limits *l);

#endif
