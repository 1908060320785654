/* SPDX-License-Identifier: MIT */
/*
 * The Loki push walker.
 *
 *    {"streams": [{"stream": {"job": "x"},                         labels: class LABEL, names are keys;
 *                                                                LABELS_OBJECT when none is left
 *                  "values": [["<ns>", "line", {"user": "y"}]],    BODY; METADATA, names are keys
 *                  "labels": "{job=\"x\"}",                        label text: a LABELS_JSON leaf
 *                  "entries": [{"ts": "RFC 3339", "line": "..."}]  BODY
 *                 }]}
 *
 * Names that a server matches without case (`streams` and the legacy ones) are matched so here. Label
 * values that are not strings count for Loki as their raw text, so every string and number in them is
 * a leaf. Members that no server reads are scanned as unknown.
 */
#include "filters/loki/loki_json.h"

#include "filters/json/facts.h"
#include "filters/json/walk.h"
#include "filters/loki/labels.h"

enum { MAX_NS_LEN = 20, MAX_TS_LEN = 40 };

static bool invalid(rd_json_walk *w, const char *what)
{
    return rd_json_fail(&w->j, w->j.p >= w->j.end ? RD_TRUNCATED : RD_INVALID, what);
}

static bool string_next(rd_json_walk *w)
{
    return rd_json_peek(&w->j) == '"';
}

/* Are the eight bytes digits? Those that are 0x30 to 0x3f, and stay so with six more. */
static bool eight_digits(const uint8_t *p)
{
    const uint64_t high = UINT64_C(0xf0f0f0f0f0f0f0f0), zeros = UINT64_C(0x3030303030303030);
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return (((w & high) ^ zeros) | (((w + UINT64_C(0x0606060606060606)) & high) ^ zeros)) == 0;
}

static bool all_digits(const uint8_t *p, size_t n)
{
    if (n < 8) {
        for (size_t i = 0; i < n; i++) {
            if ((uint8_t)(p[i] - '0') >= 10)
                return false;
        }
        return true;
    }
    for (size_t i = 0; i < n - 8; i += 8) {
        if (!eight_digits(p + i))
            return false;
    }
    return eight_digits(p + n - 8);
}

/* Nanoseconds: a string of an integer. */
static bool walk_ns(rd_json_walk *w)
{
    rd_json_text t;

    if (!string_next(w))
        return invalid(w, "timestamp is not a string");
    if (!rd_json_string(&w->j, &t))
        return false;
    rd_slice s = rd_json_bytes(&w->j, t);
    size_t sign = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+');
    bool ok = sign < s.n && s.n <= MAX_NS_LEN && all_digits(s.p + sign, s.n - sign);
    if (ok && w->visitor.facts != NULL)
        rd_json_note_ns(w, s);
    return ok || rd_json_fail(&w->j, RD_INVALID, "timestamp is not an integer");
}

/* RFC 3339; only its characters are checked, so that no other text can stand there. */
static bool walk_ts(rd_json_walk *w)
{
    rd_json_text t;

    if (!string_next(w))
        return invalid(w, "ts is not a string");
    if (!rd_json_string(&w->j, &t))
        return false;
    rd_slice s = rd_json_bytes(&w->j, t);
    bool ok = s.n > 0 && s.n <= MAX_TS_LEN;
    for (size_t i = 0; ok && i < s.n; i++)
        ok = (uint8_t)(s.p[i] - '0') < 10 || (s.p[i] != 0 && strchr("TtZz:.+-", s.p[i]) != NULL);
    if (ok && w->visitor.facts != NULL)
        rd_json_note_rfc3339(w, s);
    return ok || rd_json_fail(&w->j, RD_INVALID, "ts is not a time");
}

static bool walk_line(rd_json_walk *w)
{
    rd_json_text t;
    if (!string_next(w))
        return invalid(w, "line is not a string");
    if (!rd_json_string(&w->j, &t) || !rd_json_walk_leaf(w, t, RD_CLASS_BODY, 0))
        return false;
    return w->visitor.facts == NULL || rd_json_note_line(w, t);
}

static bool walk_metadata(rd_json_walk *w)
{
    rd_json_list it;
    rd_json_text name;

    if (rd_json_peek(&w->j) != '{')
        return invalid(w, "structured metadata is not an object");
    if (!rd_json_open(&w->j, '{', &it))
        return false;
    while (rd_json_walk_member(w, &it, &name)) {
        if (!string_next(w))
            return invalid(w, "structured metadata value is not a string");
        if (!rd_json_walk_named(w, &it, name, true, RD_CLASS_METADATA, 0))
            return false;
    }
    return w->j.failed == RD_OK;
}

/* ["ns", "line"] or ["ns", "line", {metadata}] */
static bool walk_value(rd_json_walk *w)
{
    rd_json_list it;
    unsigned n = 0;

    if (!rd_json_open(&w->j, '[', &it))
        return false;
    for (; rd_json_element(&w->j, &it); n++) {
        bool ok = n == 0   ? walk_ns(w)
                  : n == 1 ? walk_line(w)
                  : n == 2 ? walk_metadata(w)
                           : invalid(w, "entry of more than three elements");
        if (!ok)
            return false;
    }
    if (w->j.failed != RD_OK)
        return false;
    return n >= 2 || rd_json_fail(&w->j, RD_INVALID, "entry without timestamp and line");
}

/* {"ts": ..., "line": ...} */
static bool walk_entry(rd_json_walk *w)
{
    rd_json_list it;
    rd_json_text name;
    rd_slice text;

    if (!rd_json_open(&w->j, '{', &it))
        return false;
    while (rd_json_walk_member(w, &it, &name)) {
        if (!rd_json_walk_text(w, name, &text))
            return false;
        bool ts = rd_slice_eq_nocase(text, RD_SLICE_LIT("ts")),
             line = rd_slice_eq_nocase(text, RD_SLICE_LIT("line"));
        it.kept |= ts || line;
        if (!(ts ? walk_ts(w) : line ? walk_line(w) : rd_json_walk_unknown(w, &it, name)))
            return false;
    }
    return w->j.failed == RD_OK;
}

/* An array of entries in one of the two forms. */
static bool walk_entries(rd_json_walk *w, bool (*walk_one)(rd_json_walk *))
{
    rd_json_list it;
    rd_json_records items = {.last = UINT32_MAX};

    if (rd_json_walk_null(w))
        return true;
    if (!rd_json_open(&w->j, '[', &it))
        return false;
    while (rd_json_element(&w->j, &it)) {
        uint32_t off = rd_json_off(&w->j);
        rd_json_records_next(w, &items, &it);
        if (rd_json_walk_null(w)) {
            items.behind_other = true;
            continue;
        }
        if (!walk_one(w) || (w->visitor.records && !rd_json_records_add(w, &items, &it, off)))
            return false;
        w->doc->n_items++;
    }
    return w->j.failed == RD_OK;
}

/* Was the member `name`, which was read last and before which there were `n_before` leaves, dropped whole? */
static bool was_dropped(const rd_doc *d, uint32_t n_before, rd_json_text name)
{
    if (d->n_leaves == n_before)
        return false; /* there may be no leaf at all */
    const rd_leaf *last = &d->leaves[d->n_leaves - 1];
    return last->form == RD_FORM_PAIR_DROP && last->off < name.off;
}

/* {"name": "value"}, of the stream that begins at `stream_off`. An empty value is no label for Loki. */
static bool walk_labels(rd_json_walk *w, uint32_t stream_off)
{
    rd_json_list it;
    rd_json_text name;
    rd_slice text;
    bool dropped = false;
    uint32_t stays = 0, off = rd_json_off(&w->j);

    if (rd_json_walk_null(w))
        return rd_json_walk_place(w, RD_PLACE_JSON_STREAM, off, 4, false);
    if (!rd_json_open(&w->j, '{', &it))
        return false;
    while (rd_json_walk_member(w, &it, &name)) {
        if (!rd_json_walk_text(w, name, &text))
            return false;
        if (!rd_label_name_valid(text))
            return rd_json_fail(&w->j, RD_INVALID, "label name");
        uint32_t n_before = w->doc->n_leaves;
        bool empty = w->j.end - w->j.p >= 2 && memcmp(w->j.p, "\"\"", 2) == 0;
        uint32_t value_off = rd_json_off(&w->j);
        if (!rd_json_walk_named(w, &it, name, false, RD_CLASS_LABEL, 0))
            return false;
        if (w->visitor.facts != NULL && !rd_json_note_label(w, name, value_off))
            return false;
        bool gone = was_dropped(w->doc, n_before, name);
        dropped |= gone;
        stays += !gone && !empty;
    }
    if (w->j.failed != RD_OK)
        return false;
    if (w->visitor.places) {
        if (!rd_json_walk_place(w, RD_PLACE_JSON_MEMBERS, off + 1, 0, it.kept))
            return false;
        rd_place *p = &w->doc->places[w->doc->n_places - 1];
        p->n_labels = stays;
        p->group_off = stream_off;
        return true;
    }
    return stays > 0 || !dropped ||
           rd_json_walk_push(w, RD_FORM_LABELS_OBJECT, rd_json_off(&w->j) - 1, 0, RD_CLASS_LABEL, it.kept);
}

static bool walk_label_text(rd_json_walk *w)
{
    rd_json_text t;
    uint32_t off = rd_json_off(&w->j);

    if (rd_json_walk_null(w))
        return rd_json_walk_place(w, RD_PLACE_JSON_LABEL_TEXT, off, 4, false);
    return rd_json_string(&w->j, &t) &&
           rd_json_walk_push(w, RD_FORM_LABELS_JSON, t.off, t.len, RD_CLASS_LABEL, 0);
}

/* A second one could be merged or could count alone: servers differ. */
static bool once(rd_json_walk *w, unsigned *n)
{
    return (*n)++ == 0 || !w->visitor.places ||
           rd_json_fail(&w->j, RD_INVALID, "labels of a stream stand twice");
}

static bool walk_stream(rd_json_walk *w)
{
    rd_json_list it;
    rd_json_text name;
    rd_slice text;
    unsigned n_stream = 0, n_labels = 0, n_entries = 0;

    uint32_t off = rd_json_off(&w->j);
    if (!rd_json_open(&w->j, '{', &it))
        return false;
    uint32_t start = rd_json_off(&w->j);
    while (rd_json_walk_member(w, &it, &name)) {
        if (!rd_json_walk_text(w, name, &text))
            return false;
        bool known = true, ok;
        if (rd_slice_eq(text, RD_SLICE_LIT("stream"))) {
            ok = once(w, &n_stream) && walk_labels(w, off);
        } else if (rd_slice_eq(text, RD_SLICE_LIT("values"))) {
            ok = walk_entries(w, walk_value);
        } else if (rd_slice_eq_nocase(text, RD_SLICE_LIT("labels"))) {
            ok = once(w, &n_labels) && walk_label_text(w);
        } else if (rd_slice_eq_nocase(text, RD_SLICE_LIT("entries"))) {
            n_entries++;
            ok = walk_entries(w, walk_entry);
        } else {
            known = false;
            ok = rd_json_walk_unknown(w, &it, name);
        }
        if (!ok)
            return false;
        it.kept |= known;
    }
    if (w->j.failed != RD_OK)
        return false;
    return n_stream + n_labels > 0 ||
           rd_json_walk_place(w, n_entries > 0 ? RD_PLACE_JSON_LABEL_TEXT : RD_PLACE_JSON_STREAM, start, 0,
                              it.kept);
}

static bool walk_streams(rd_json_walk *w)
{
    rd_json_list it;
    uint32_t holder;

    if (rd_json_walk_null(w))
        return true;
    if (!rd_json_open(&w->j, '[', &it))
        return false;
    while (rd_json_element(&w->j, &it)) {
        if (rd_json_walk_null(w))
            continue;
        if (!rd_json_holder_begin(w, rd_json_off(&w->j), &holder) || !walk_stream(w))
            return false;
        rd_json_holder_end(w, holder);
        rd_json_note_stream(w, holder);
        w->doc->n_groups++;
    }
    return w->j.failed == RD_OK;
}

static bool walk_push(rd_json_walk *w)
{
    rd_json_list it;
    rd_json_text name;
    rd_slice text;

    if (!rd_json_open(&w->j, '{', &it))
        return false;
    while (rd_json_walk_member(w, &it, &name)) {
        if (!rd_json_walk_text(w, name, &text))
            return false;
        bool streams = rd_slice_eq_nocase(text, RD_SLICE_LIT("streams"));
        it.kept |= streams;
        if (!(streams ? walk_streams(w) : rd_json_walk_unknown(w, &it, name)))
            return false;
    }
    return w->j.failed == RD_OK;
}

rd_outcome rd_loki_json_walk(const rd_limits *lim, const rd_visitor *v, rd_doc *doc, rd_error *err)
{
    rd_json_walk w;

    rd_json_walk_init(&w, lim, v, doc);
    if (w.j.failed == RD_OK)
        (void)walk_push(&w);
    rd_outcome o = rd_json_walk_finish(&w, err);
    if (o == RD_OK && doc->n_groups == 0)
        return rd_fail(err, RD_EMPTY, "no stream", SIZE_MAX);
    return o;
}
