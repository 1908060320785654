/* SPDX-License-Identifier: MIT */
/*
 * Room for the labels that are put into a stream of JSON, as redact_room.c makes it for protobuf:
 *
 *    {"stream":{"job":"x","pod":"y"},             {"stream":{"workspace_id":"w","job":"x"},
 *     "values":[["1","l"],              ──►        "values":[["1","l",{"pod":"y"}],
 *               ["2","m",{"a":"b"}]]}                        ["2","m",{"pod":"y","a":"b"}]]}
 *
 * Such a stream is rare. It is read again when all edits are made, its object `stream` is written anew with
 * the edits that stand in there, and what moves is what these made of it. A stream with members of the old
 * form has no room: its entries have no metadata. Called by redact.c alone.
 */
#include "filters/redact_private.h"

#include "filters/base/search.h"
#include "filters/json/json.h"
#include "filters/json/token.h"

enum { STAYS = RD_STAMP_MAX }; /* in the place of a number of a movable label */

/* A label of the sender's that no rule took out. */
typedef struct member {
    uint32_t off, value_off, end; /* from the quote of its name to the end of its value */
    uint32_t movable;             /* which one, STAYS: none */
} member;

/* One stream. */
typedef struct room {
    rd_redactor *r;
    rd_json j;
    uint32_t n_edits;            /* those that were made, in order */
    uint32_t labels_off;         /* where the object `stream` begins */
    uint32_t labels_end;         /* and where it ends, behind its bracket */
    uint32_t first_place;        /* of its entries, in doc.places */
    uint32_t n_left;             /* labels that count */
    uint32_t in_entries;         /* bit per movable label: an entry has metadata of that name */
    uint32_t moves;              /* bit per movable label: it does */
    uint32_t n_of[RD_STAMP_MAX]; /* labels that count, by movable label */
    bool old_form;
} room;

/* ---- what the edits made of it ---- */

static bool edit_begins_before(const void *edits, uint32_t i, uint64_t off)
{
    return ((const rd_edit *)edits)[i].off < off;
}

/* The first edit at or behind `off`. */
static uint32_t edit_at(const room *x, uint32_t off)
{
    return rd_search(x->r->doc.edits, 0, x->n_edits, edit_begins_before, off);
}

static bool is_gone(const room *x, uint32_t off, uint32_t end)
{
    uint32_t i = edit_at(x, off + 1);
    const rd_edit *e = i == 0 ? NULL : &x->r->doc.edits[i - 1];
    return e != NULL && e->text_len == 0 && e->len > 0 && e->off + e->len >= end;
}

static void put_redacted(const room *x, uint32_t off, uint32_t end, rd_buf *out)
{
    const rd_doc *d = &x->r->doc;
    for (uint32_t i = edit_at(x, off); i < x->n_edits && d->edits[i].off + d->edits[i].len <= end; i++) {
        const rd_edit *e = &d->edits[i];
        rd_buf_append(out, d->body.p + off, e->off - off);
        rd_buf_append(out, e->text, e->text_len);
        off = e->off + e->len;
    }
    rd_buf_append(out, d->body.p + off, end - off);
}

/* What is written anew needs them no more. They stay in order, as edits that do nothing. */
static void forget_edits(const room *x)
{
    for (uint32_t i = edit_at(x, x->labels_off); i < x->n_edits; i++) {
        rd_edit *e = &x->r->doc.edits[i];
        if (e->off >= x->labels_end)
            break;
        e->off = x->labels_off;
        e->len = e->text_len = 0;
    }
}

/* ---- the stream, read again ---- */

/* The text of a name; borrowed until the next call. */
static rd_slice name_text(room *x, rd_json_text name)
{
    rd_slice raw = rd_json_bytes(&x->j, name);
    if (!name.escaped)
        return raw;
    x->r->decoded.n = 0;
    rd_json_unescape(raw, &x->r->decoded);
    return rd_buf_slice(&x->r->decoded);
}

static uint32_t movable_of(room *x, rd_json_text name)
{
    const rd_stamp *s = x->r->job->stamp;
    rd_slice text = name_text(x, name);
    uint32_t m = 0;
    while (m < s->n_movable && !rd_slice_eq(text, s->movable[m]))
        m++;
    return m < s->n_movable ? m : STAYS;
}

/* An empty value is no label for Loki. */
static bool is_empty(const room *x, const member *m)
{
    return m->end - m->value_off == 2 && x->r->doc.body.p[m->value_off] == '"';
}

static void read_labels(room *x)
{
    rd_json_list it;
    rd_json_text name;
    x->labels_off = rd_json_off(&x->j);
    if (!rd_json_open(&x->j, '{', &it))
        return;
    while (rd_json_member(&x->j, &it, &name)) {
        member m = {.off = name.off - 1, .value_off = rd_json_off(&x->j), .movable = movable_of(x, name)};
        if (!rd_json_skip(&x->j))
            return;
        m.end = rd_json_off(&x->j);
        if (is_gone(x, m.off, m.end))
            continue;
        if (m.movable != STAYS && !is_empty(x, &m))
            x->n_of[m.movable]++;
        rd_buf_append(&x->r->room, &m, sizeof m);
    }
    x->labels_end = rd_json_off(&x->j);
}

static bool note_place(room *x, rd_place_kind kind, uint32_t off, bool more)
{
    rd_place *p = rd_doc_push_place(&x->r->doc);
    if (p == NULL)
        return rd_json_fail(&x->j, RD_NO_MEMORY, "places");
    *p = (rd_place){.off = off, .frame = RD_NO_FRAME, .kind = (uint8_t)kind, .more = more};
    return true;
}

static void read_metadata(room *x)
{
    const rd_stamp *s = x->r->job->stamp;
    rd_json_list it;
    rd_json_text name;
    bool more = false;
    if (!rd_json_open(&x->j, '{', &it))
        return;
    uint32_t off = rd_json_off(&x->j);
    while (rd_json_member(&x->j, &it, &name)) {
        rd_slice text = name_text(x, name);
        for (uint32_t m = 0; m < s->n_movable; m++)
            x->in_entries |= (uint32_t)rd_stamp_is_same_name(text, s->movable[m]) << m;
        if (!rd_json_skip(&x->j))
            return;
        more |= !is_gone(x, name.off - 1, rd_json_off(&x->j));
    }
    (void)note_place(x, RD_PLACE_JSON_METADATA, off, more);
}

/* [timestamp, line] or [timestamp, line, {metadata}] */
static void read_entry(room *x)
{
    rd_json_list it;
    uint32_t behind_line = 0;
    unsigned n = 0;
    if (!rd_json_open(&x->j, '[', &it))
        return;
    for (; rd_json_element(&x->j, &it); n++) {
        if (n == 2)
            read_metadata(x);
        else
            (void)rd_json_skip(&x->j);
        behind_line = rd_json_off(&x->j);
    }
    if (n == 2)
        (void)note_place(x, RD_PLACE_JSON_ENTRY, behind_line, false);
}

static void read_entries(room *x)
{
    rd_json_list it;
    if (rd_json_peek(&x->j) != '[') {
        (void)rd_json_skip(&x->j); /* null */
        return;
    }
    if (!rd_json_open(&x->j, '[', &it))
        return;
    while (rd_json_element(&x->j, &it)) {
        if (rd_json_peek(&x->j) == '[')
            read_entry(x);
        else
            (void)rd_json_skip(&x->j);
    }
}

static rd_outcome read_stream(room *x, const rd_place *p)
{
    static const rd_limits all = {
        .max_depth = RD_JSON_MAX_DEPTH, .max_elements = UINT32_MAX, .keep_invalid_utf8 = true};
    rd_json_list it;
    rd_json_text name;
    rd_json_init(&x->j, x->r->doc.body, &all);
    x->j.p += p->group_off;
    x->r->room.n = 0;
    if (!rd_json_open(&x->j, '{', &it))
        return x->j.failed;
    while (rd_json_member(&x->j, &it, &name)) {
        rd_slice text = name_text(x, name);
        if (rd_slice_eq(text, RD_SLICE_LIT("stream"))) {
            read_labels(x);
            continue;
        }
        if (rd_slice_eq(text, RD_SLICE_LIT("values"))) {
            read_entries(x);
            continue;
        }
        x->old_form |= rd_slice_eq_nocase(text, RD_SLICE_LIT("labels")) ||
                       rd_slice_eq_nocase(text, RD_SLICE_LIT("entries"));
        (void)rd_json_skip(&x->j);
    }
    if (x->r->room.failed != RD_OK || x->r->decoded.failed != RD_OK)
        return RD_NO_MEMORY;
    return x->j.failed;
}

/* ---- what moves ---- */

static bool choose(room *x)
{
    const rd_stamp *s = x->r->job->stamp;
    for (uint32_t m = 0; m < s->n_movable && x->n_left + s->n_labels > s->max_stream_labels; m++) {
        if (x->n_of[m] == 0 || (x->in_entries >> m & 1) != 0)
            continue;
        x->moves |= UINT32_C(1) << m;
        x->n_left -= x->n_of[m];
    }
    return !x->old_form && x->n_left + s->n_labels <= s->max_stream_labels;
}

static const member *members_of(const room *x, uint32_t *out_n)
{
    *out_n = (uint32_t)(x->r->room.n / sizeof(member));
    return (const member *)(const void *)x->r->room.p;
}

/* Of a name that stands twice the last value counts for Loki; NULL: it is empty, so there is no label. */
static const member *last_of(const room *x, uint32_t movable)
{
    uint32_t n;
    const member *m = members_of(x, &n);
    while (m[n - 1].movable != movable)
        n--;
    return is_empty(x, &m[n - 1]) ? NULL : &m[n - 1];
}

/* What Loki reads there: a string's text, of anything else the bytes. */
static void put_value(room *x, const member *m, rd_buf *raw, rd_buf *out)
{
    raw->n = 0;
    put_redacted(x, m->value_off, m->end, raw);
    rd_slice s = rd_buf_slice(raw);
    if (s.n >= 2 && s.p[0] == '"')
        rd_json_unescape((rd_slice){s.p + 1, s.n - 2}, out);
    else
        rd_buf_append(out, s.p, s.n);
}

/* The members of metadata that moved labels become; `out` gets `"name":"value",` of each. */
static rd_outcome put_moved(room *x, rd_buf *out)
{
    rd_redactor *r = x->r;
    const rd_stamp *s = r->job->stamp;
    rd_buf value;
    rd_outcome o = RD_OK;
    rd_buf_init(&value, r->work.max);
    for (uint32_t i = 0; o == RD_OK && i < s->n_movable; i++) {
        const member *m = (x->moves >> i & 1) != 0 ? last_of(x, i) : NULL;
        bool stays;
        if (m == NULL)
            continue;
        value.n = r->labels.n = 0;
        put_value(x, m, &r->decoded, &value);
        rd_label *l = rd_labels_add(&r->labels);
        if (l == NULL || value.failed != RD_OK || r->decoded.failed != RD_OK)
            o = RD_NO_MEMORY;
        else
            *l = (rd_label){s->movable[i], rd_buf_slice(&value)};
        if (o == RD_OK)
            o = rd_redact_label_as_metadata(r, m->off, 0, &stays);
        if (o != RD_OK || !stays)
            continue;
        rd_buf_append_byte(out, '"');
        rd_json_escape(s->movable[i], out);
        rd_buf_append_str(out, "\":\"");
        rd_json_escape(r->labels.list[0].value, out);
        rd_buf_append_str(out, "\",");
    }
    rd_buf_release(&value);
    return o == RD_OK ? out->failed : o;
}

/* `,{"name":"value",` and `}`: each place takes the part it needs. */
static rd_outcome put_into_entries(room *x, rd_slice moved)
{
    rd_redactor *r = x->r;
    if (moved.n == 0)
        return RD_OK;
    uint8_t *entry = rd_arena_alloc(&r->replacements, moved.n + 2), *members = NULL;
    if (entry != NULL)
        members = rd_arena_alloc(&r->replacements, moved.n);
    if (members == NULL)
        return RD_NO_MEMORY;
    entry[0] = ',';
    entry[1] = '{';
    memcpy(entry + 2, moved.p, moved.n);
    entry[moved.n + 1] = '}'; /* instead of its last comma */
    memcpy(members, moved.p, moved.n);
    rd_outcome o = RD_OK;
    for (uint32_t i = x->first_place; o == RD_OK && i < r->doc.n_places; i++) {
        const rd_place *p = &r->doc.places[i];
        rd_slice text = p->kind == RD_PLACE_JSON_ENTRY ? (rd_slice){entry, moved.n + 2}
                                                       : (rd_slice){members, moved.n - !p->more};
        o = rd_redactor_edit_shared(r, p->off, RD_NO_FRAME, text);
    }
    return o;
}

/* The object `stream` without what moved, with the labels of the workspace in front. */
static rd_outcome put_stream(room *x, const rd_place *p)
{
    rd_redactor *r = x->r;
    rd_place front = *p;
    uint32_t n;
    const member *list = members_of(x, &n);
    rd_buf *out = &r->work;
    front.more = false;
    out->n = 0;
    rd_buf_append_byte(out, '{');
    rd_stamp_write(r->job->stamp, &front, out);
    for (uint32_t i = 0; i < n; i++) {
        if (list[i].movable != STAYS && (x->moves >> list[i].movable & 1) != 0)
            continue;
        rd_buf_append_byte(out, ',');
        put_redacted(x, list[i].off, list[i].end, out);
    }
    rd_buf_append_byte(out, '}');
    if (out->failed != RD_OK)
        return RD_NO_MEMORY;
    forget_edits(x);
    return rd_redactor_edit(r, x->labels_off, x->labels_end - x->labels_off, RD_NO_FRAME, rd_buf_slice(out));
}

static rd_outcome make_room(rd_redactor *r, const rd_place *p, uint32_t n_edits, rd_error *err)
{
    room x = {.r = r, .n_edits = n_edits, .first_place = r->doc.n_places, .n_left = p->n_labels};
    rd_buf moved;
    rd_outcome o = read_stream(&x, p);
    if (o == RD_OK && !choose(&x))
        o = rd_redact_no_room(err);
    rd_buf_init(&moved, r->work.max);
    if (o == RD_OK)
        o = put_moved(&x, &moved);
    if (o == RD_OK)
        o = put_into_entries(&x, rd_buf_slice(&moved));
    if (o == RD_OK)
        o = put_stream(&x, p);
    rd_buf_release(&moved);
    r->doc.n_places = x.first_place;
    return o;
}

rd_outcome rd_redact_room_json(rd_redactor *r, rd_error *err)
{
    rd_outcome o = RD_OK;
    rd_doc_sort_edits(&r->doc);
    uint32_t n_edits = r->doc.n_edits;
    for (size_t at = 0; o == RD_OK && at < r->crowded.n; at += sizeof(rd_place)) {
        rd_place p;
        memcpy(&p, r->crowded.p + at, sizeof p);
        o = make_room(r, &p, n_edits, err);
    }
    return o;
}
