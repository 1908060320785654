/* SPDX-License-Identifier: MIT */
/*
 * Event log: JSON lines on standard error, one event each, with typed fields.
 *
 * There is no free text: an event is a row of gateway/log_events.def, a field is a row of GW_LOG_FIELDS, and
 * the value types are numbers, words of our own tables, and names from the configuration. Matched values,
 * header values, paths and bodies have no type here, so they cannot be logged. Rate-limited per event; what
 * was held back is counted and said with the next line of that event.
 */
#ifndef GW_LOG_H
#define GW_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/level.h"

typedef enum gw_event {
#define X(name, level, word) GW_EVENT_##name,
#include "gateway/log_events.def"
#undef X
    GW_EVENT_COUNT
} gw_event;

typedef enum gw_field_type { GW_FIELD_END, GW_FIELD_U64, GW_FIELD_I64, GW_FIELD_WORD } gw_field_type;

typedef struct gw_field {
    const char *key; /* literal */
    gw_field_type type;
    union {
        uint64_t u;
        int64_t i;
        const char *word; /* literal, configuration name or system error text */
    } v;
} gw_field;

static inline gw_field gw_u64(const char *key, uint64_t u)
{
    return (gw_field){.key = key, .type = GW_FIELD_U64, .v.u = u};
}

static inline gw_field gw_i64(const char *key, int64_t i)
{
    return (gw_field){.key = key, .type = GW_FIELD_I64, .v.i = i};
}

static inline gw_field gw_word(const char *key, const char *word)
{
    return (gw_field){.key = key, .type = GW_FIELD_WORD, .v.word = word};
}

/* gw_log(STORE_ROTATED, gw_word("signal", "logs"), gw_u64("bytes", n)); */
#define gw_log(event, ...) gw_log_emit(GW_EVENT_##event, (const gw_field[]){__VA_ARGS__, {0}})

void gw_log_emit(gw_event event, const gw_field *fields);
void gw_log_set_level(gw_level least);

#endif
