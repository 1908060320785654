/* SPDX-License-Identifier: MIT */
#include "tests/upstream/loki.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 1024 };

static const char name_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

static size_t name_length(const char *p)
{
    return *p >= '0' && *p <= '9' ? 0 : strspn(p, name_chars);
}

/* After the opening quote: the length up to the closing one, 0 when it is empty or does not end. */
static size_t value_length(const char *p)
{
    size_t n = 0;
    while (p[n] != '"') {
        if (p[n] == '\0' || p[n] == '\n')
            return 0;
        if (p[n] == '\\' && (p[n + 1] == '\0' || strchr("abfnrtv\\\"xuU01234567", p[n + 1]) == NULL))
            return 0;
        n += p[n] == '\\' ? 2 : 1;
    }
    return n;
}

const char *up_loki_labels_check(const char *text, bool any_order)
{
    char before[MAX_NAME + 1] = "", name[MAX_NAME + 1];
    if (text == NULL || *text != '{')
        return "labels do not begin with {";
    const char *p = text + 1;
    if (*p == '}')
        return "no labels";
    for (;;) {
        size_t n = name_length(p);
        if (n == 0 || n > MAX_NAME || p[n] != '=' || p[n + 1] != '"')
            return "bad label name";
        snprintf(name, sizeof name, "%.*s", (int)n, p);
        int order = strcmp(before, name);
        if (order == 0 || (order > 0 && !any_order))
            return order == 0 ? "label twice" : "labels not sorted";
        memcpy(before, name, sizeof before);
        p += n + 2;
        n = value_length(p);
        if (n == 0)
            return "empty or broken label value";
        p += n + 1;
        if (strcmp(p, "}") == 0)
            return NULL;
        if (*p++ != ',')
            return "labels are not separated by commas";
        p += strspn(p, " ");
    }
}

static const char *string_map_check(const json_t *map, bool names_are_labels)
{
    const char *key;
    json_t *value;
    if (!json_is_object(map))
        return "not an object of strings";
    json_object_foreach((json_t *)map, key, value)
    {
        if (!json_is_string(value))
            return "label or metadata value is not a string";
        if (names_are_labels && (name_length(key) == 0 || key[name_length(key)] != '\0'))
            return "bad label name";
    }
    return NULL;
}

static const char *json_entry_check(const json_t *entry)
{
    const char *ts = json_string_value(json_array_get(entry, 0));
    const json_t *metadata = json_array_get(entry, 2);
    if (ts == NULL || *ts == '\0' || ts[strspn(ts, "0123456789")] != '\0')
        return "timestamp is not a string of digits";
    if (!json_is_string(json_array_get(entry, 1)) || json_array_size(entry) > 3)
        return "entry is not [timestamp, line, metadata]";
    return metadata == NULL ? NULL : string_map_check(metadata, false);
}

/* *n_entries: grows by those of the stream. Loki passes over a stream without entries; a push of nothing else
 * is what no sender means to send. */
static const char *json_stream_check(const json_t *stream, bool any_order, size_t *n_entries)
{
    const json_t *values = json_object_get(stream, "values"), *labels = json_object_get(stream, "labels");
    const char *why;
    if (labels != NULL) { /* the old form: {"labels":"{...}","entries":[{"ts":...,"line":...}]} */
        *n_entries += json_array_size(json_object_get(stream, "entries"));
        return up_loki_labels_check(json_string_value(labels), any_order);
    }
    *n_entries += json_array_size(values);
    why = string_map_check(json_object_get(stream, "stream"), true);
    for (size_t i = 0; why == NULL && i < json_array_size(values); i++)
        why = json_entry_check(json_array_get(values, i));
    return why;
}

const char *up_loki_json_check(const json_t *root, bool any_order)
{
    const json_t *streams = json_object_get(root, "streams");
    const char *why = json_array_size(streams) == 0 ? "no streams" : NULL;
    size_t n_entries = 0;
    for (size_t i = 0; why == NULL && i < json_array_size(streams); i++)
        why = json_stream_check(json_array_get(streams, i), any_order, &n_entries);
    return why == NULL && n_entries == 0 ? "empty stream" : why;
}

const char *up_loki_protobuf_check(const json_t *root, bool any_order)
{
    const json_t *streams = json_object_get(root, "streams");
    const char *why = json_array_size(streams) == 0 ? "no streams" : NULL;
    size_t n_entries = 0;
    for (size_t i = 0; why == NULL && i < json_array_size(streams); i++) {
        const json_t *stream = json_array_get(streams, i);
        why = up_loki_labels_check(json_string_value(json_object_get(stream, "labels")), any_order);
        n_entries += json_array_size(json_object_get(stream, "entries"));
    }
    return why == NULL && n_entries == 0 ? "empty stream" : why;
}
