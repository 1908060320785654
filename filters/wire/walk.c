/* SPDX-License-Identifier: MIT */
/*
 * The protobuf walker: one pass over a body, driven by the message tables, no recursion.
 *
 * A level is a message (or an unknown group) that is being read; levels lie on a stack of fixed size. Every
 * step reads one field of the top level and returns where the next one starts, or NULL after a failure. A
 * level closes when the position reaches its end.
 *
 * A pair (key and value) can be judged only when it closes, because its key may come last or twice. What was
 * found in it is then kept, or taken back: DROP leaves one leaf for the whole field, MASK reads the pair a
 * second time and passes over its values, one leaf each. A second reading looks at the pair's own fields
 * only, so that the total cost stays linear whatever the nesting.
 *
 * Invariants on success: leaves are in order and do not overlap, except that nothing else lies in a region
 * that a PAIR_* leaf covers; frames are in order of their prefix and nest; every byte of text in the body is
 * in a leaf, or in a field that the schema says cannot hold any.
 *
 * Work is bounded by lim->max_elements: it counts the fields read, those of a masked pair twice.
 */
#include "filters/wire/wire.h"

#include "filters/base/key_memo.h"
#include "filters/base/utf8.h"

/* The schema itself is 9 levels deep; one level of AnyValue nesting is at most three messages. */
enum { MAX_LEVELS = 400 };

/* rule of a string value until its pair closes; no rule has this number. */
enum { RULE_PENDING = UINT16_MAX };

typedef struct level {
    const rd_message *msg; /* NULL: an unknown group */
    const uint8_t *end;
    uint32_t frame;      /* RD_NO_FRAME: the body itself */
    uint32_t depth;      /* of AnyValue and group nesting */
    uint32_t field_off;  /* PAIR: where its tag starts */
    uint32_t first_leaf; /* PAIR: its leaves start here */
    uint32_t number;     /* group: the number that must end it */
    uint32_t place;      /* GROUP: one more than its place; 0: places are not noted */
    rd_verdict verdict;  /* PAIR: the strongest of its keys so far */
    uint8_t cls;
    bool again; /* PAIR that is masked: second reading */
} level;

typedef struct walk {
    rd_doc *doc;
    const uint8_t *body;
    rd_visitor visitor;
    rd_error *err;
    rd_outcome failed;
    uint32_t left; /* elements */
    uint32_t max_depth;
    bool refuse_unknown, any_bytes, places, records;
    level *top;
    rd_key_memo memo;
    level stack[MAX_LEVELS];
} walk;

/* A length-delimited field: `field` tag, `prefix` length, `p` content. */
typedef struct region {
    const uint8_t *field, *prefix, *p;
    size_t n;
} region;

static rd_verdict keep_all(const void *ctx, rd_slice key, rd_class cls)
{
    return (rd_verdict){RD_FATE_KEEP, 0};
}

static __attribute__((noinline, cold)) const uint8_t *fail(walk *w, rd_outcome o, const char *what,
                                                           const uint8_t *at)
{
    w->failed = rd_fail(w->err, o, what, (size_t)(at - w->body));
    return NULL;
}

/* What ends early: the body was cut off, or a message in it lies about its length. */
static const uint8_t *fail_short(walk *w, const uint8_t *at)
{
    if (w->top->frame == RD_NO_FRAME)
        return fail(w, RD_TRUNCATED, "protobuf: body ends inside a field", at);
    return fail(w, RD_MALFORMED, "protobuf: field does not end inside its message", at);
}

static __attribute__((noinline)) const uint8_t *get_long_varint(walk *w, const uint8_t *p,
                                                                uint64_t *out_value)
{
    const uint8_t *end = w->top->end;
    size_t n = rd_varint_get(p, end, out_value);
    if (n > 0)
        return p + n;
    if (end - p >= 10)
        return fail(w, RD_MALFORMED, "protobuf: varint of more than 64 bits", p);
    return fail_short(w, p);
}

static inline const uint8_t *get_varint(walk *w, const uint8_t *p, uint64_t *out_value)
{
    const uint8_t *end = w->top->end;
    if (p < end && *p < 0x80) {
        *out_value = *p;
        return p + 1;
    }
    if (end - p >= 2 && p[1] < 0x80) {
        *out_value = (uint64_t)p[1] << 7 | (*p & 0x7f);
        return p + 2;
    }
    return get_long_varint(w, p, out_value);
}

/* The length at r->prefix, and with it the rest of `r`. Returns where the content ends. */
static inline const uint8_t *get_region(walk *w, region *r)
{
    uint64_t n;
    const uint8_t *p = get_varint(w, r->prefix, &n);
    if (p == NULL)
        return NULL;
    if (n > (uint64_t)(w->top->end - p))
        return fail_short(w, r->prefix);
    r->p = p;
    r->n = (size_t)n;
    return p + n;
}

static inline bool push_leaf(walk *w, const uint8_t *p, const uint8_t *end, rd_form form, unsigned cls,
                             uint16_t rule)
{
    rd_leaf *leaf = rd_doc_push_leaf(w->doc);
    if (leaf == NULL)
        return fail(w, RD_NO_MEMORY, "leaves", p) != NULL;
    *leaf = (rd_leaf){.off = (uint32_t)(p - w->body),
                      .len = (uint32_t)(end - p),
                      .frame = w->top->frame,
                      .rule = rule,
                      .cls = (uint8_t)cls,
                      .form = (uint8_t)form};
    return true;
}

static inline bool push_frame(walk *w, const region *r)
{
    rd_frame *frame = rd_doc_push_frame(w->doc);
    if (frame == NULL)
        return fail(w, RD_NO_MEMORY, "frames", r->p) != NULL;
    *frame = (rd_frame){.prefix_off = (uint32_t)(r->prefix - w->body),
                        .content_off = (uint32_t)(r->p - w->body),
                        .content_len = (uint32_t)r->n,
                        .parent = w->top->frame};
    return true;
}

/* The room for one more level, or NULL. */
static level *push_level(walk *w, const uint8_t *at, uint32_t depth)
{
    if (depth > w->max_depth || w->top + 1 == w->stack + MAX_LEVELS) {
        fail(w, RD_TOO_DEEP, "protobuf: nested too deep", at);
        return NULL;
    }
    return ++w->top;
}

/* A group begins: as long as nothing better comes, what is put in goes to its start. */
static bool note_group(walk *w, const rd_message *m, level *l, const region *r)
{
    rd_place *p = rd_doc_push_place(w->doc);
    if (p == NULL)
        return fail(w, RD_NO_MEMORY, "places", r->p) != NULL;
    bool stream = m->fields[0].mark == RD_MARK_LABELS;
    *p = (rd_place){.off = (uint32_t)(r->p - w->body),
                    .frame = l->frame,
                    .kind = stream ? RD_PLACE_LABELS : RD_PLACE_RESOURCE};
    l->place = w->doc->n_places;
    return true;
}

/* What a group is about. A second one could be merged or could count alone: backends differ. */
static bool note_anchor(walk *w, uint32_t place, rd_place_kind kind, uint32_t frame, const region *r)
{
    rd_place *p = &w->doc->places[place - 1];
    if (p->kind != RD_PLACE_LABELS && p->kind != RD_PLACE_RESOURCE)
        return fail(w, RD_INVALID, "a resource or the labels of a stream stand twice", r->p) != NULL;
    *p = (rd_place){.off = (uint32_t)(r->p - w->body), .frame = frame, .kind = (uint8_t)kind};
    return true;
}

/* A record, or what records can stand in. */
static __attribute__((noinline)) bool note_record(walk *w, const rd_message *m, const region *r)
{
    uint32_t off = (uint32_t)(r->field - w->body), end = (uint32_t)(r->p + r->n - w->body);
    if (m->kind != RD_KIND_ITEM)
        return rd_records_hold(&w->doc->records, off, end) != UINT32_MAX ||
               fail(w, RD_NO_MEMORY, "items", r->p) != NULL;
    rd_record *it = rd_records_add(&w->doc->records);
    if (it == NULL)
        return fail(w, RD_NO_MEMORY, "items", r->p) != NULL;
    it->off = off;
    it->end = end;
    it->frame = w->top->frame;
    return true;
}

static const uint8_t *enter(walk *w, const rd_message *m, unsigned cls, const region *r)
{
    if (w->records && (m->kind == RD_KIND_ITEM || m->holds_items) && !note_record(w, m, r))
        return NULL;
    if (!push_frame(w, r))
        return NULL;
    uint32_t depth = w->top->depth + (m->kind == RD_KIND_ANYVALUE), place = w->top->place;
    level *l = push_level(w, r->field, depth);
    if (l == NULL)
        return NULL;
    *l = (level){.msg = m,
                 .end = r->p + r->n,
                 .frame = w->doc->n_frames - 1,
                 .depth = depth,
                 .field_off = (uint32_t)(r->field - w->body),
                 .first_leaf = w->doc->n_leaves,
                 .cls = (uint8_t)cls};
    w->doc->n_items += m->kind == RD_KIND_ITEM;
    w->doc->n_groups += m->kind == RD_KIND_GROUP;
    if (m->kind == RD_KIND_GROUP && w->places && !note_group(w, m, l, r))
        return NULL;
    if (m->kind == RD_KIND_RESOURCE && place > 0 && !note_anchor(w, place, RD_PLACE_ATTRIBUTES, l->frame, r))
        return NULL;
    return r->p;
}

/*
 * Most of all bytes are KeyValue{key, AnyValue{string or integer}} with one-byte lengths, texts ASCII and not
 * empty, and nothing to do because of the key:
 *     tag n 0a K key 12 V 0a T text       (n = K + V + 4, V = T + 2)
 *     tag n 0a K key 12 V 18 varint
 * The bytes around the texts are looked at four at a time, the first one lowest.
 */
static const uint32_t SHORT_KEY = 0x000a0000;  /* tag n 0a K, where n and K ... */
static const uint32_t NOT_SHORT = 0x80008000;  /* ... have none of these bits */
static const uint32_t SHORT_INT = 0x00180012;  /* 12 V 18 */
static const uint32_t SHORT_TEXT = 0x000a0012; /* 12 V 0a T */

typedef struct short_pair {
    const uint8_t *key, *value, *end;
    size_t key_len, value_len;
    bool is_text;
} short_pair;

static inline uint32_t load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Is the field at `p`, which has this tag and must end at `limit` or before, such a pair? Not looked at: the
 * texts. */
static inline bool short_pair_shape(const uint8_t *p, const uint8_t *limit, uint32_t tag, short_pair *out)
{
    if (limit - p < 10)
        return false;
    uint32_t head = load32(p) ^ (SHORT_KEY | tag);
    size_t n = head >> 8 & 0xff, key_len = head >> 24, value_len = n - key_len - 4;
    if ((head & (NOT_SHORT | 0x00ff00ff)) != 0 || n > (size_t)(limit - p - 2) || key_len == 0 ||
        key_len + 7 > n)
        return false;
    uint32_t v = load32(p + 4 + key_len), lengths = (uint32_t)value_len << 8;
    *out = (short_pair){p + 4, p + 6 + key_len, p + 2 + n, key_len, value_len, true};
    if (v == (SHORT_TEXT | lengths | (uint32_t)(value_len - 2) << 24))
        return value_len > 2;
    uint64_t ignored;
    out->is_text = false;
    return (v & 0xffffff) == (SHORT_INT | lengths) &&
           rd_varint_get(out->value + 1, out->end, &ignored) == value_len - 1;
}

/* How many pairs may be taken without asking for room or elements again. */
static uint32_t short_pair_room(const walk *w)
{
    const rd_doc *d = w->doc;
    uint32_t room = w->left / 4, leaves = (d->cap_leaves - d->n_leaves) / 2,
             frames = (d->cap_frames - d->n_frames) / 2;
    room = leaves < room ? leaves : room;
    room = frames < room ? frames : room;
    return w->top->depth + 1 > w->max_depth ? 0 : room;
}

/* Takes the pair at `field` (its tag is read and counted already) and those of the same field that follow it,
 * as long as they are short ones. Returns the first field that is not. */
static const uint8_t *take_short_pairs(walk *w, unsigned cls, const uint8_t *field)
{
    rd_doc *d = w->doc;
    const uint8_t *const limit = w->top->end, tag = *field;
    const uint32_t outer = w->top->frame;
    uint32_t room = short_pair_room(w), at = d->n_frames;
    if (room == 0)
        return field; /* there may be no lists yet */
    rd_frame *frame = d->frames + at;
    rd_leaf *leaf = d->leaves + d->n_leaves;
    const uint8_t *p = field;
    const rd_form key_form = w->visitor.keys_once ? RD_FORM_KEY : RD_FORM_TEXT;
    for (short_pair s; room > 0 && short_pair_shape(p, limit, tag, &s); room--, p = s.end) {
        /* a length of 128 is not ASCII either */
        if (!rd_ascii_only(s.key, s.is_text ? (size_t)(s.end - s.key) : s.key_len))
            break;
        bool listed;
        rd_verdict verdict =
            rd_key_memo_list(&w->memo, &w->visitor, rd_slice_of(s.key, s.key_len), (rd_class)cls, &listed);
        if (verdict.fate != RD_FATE_KEEP)
            break;
        uint32_t off = (uint32_t)(p - w->body), value_off = (uint32_t)(s.value - w->body);
        uint32_t skip = s.is_text ? 2 : 0; /* the tag of an integer is part of its leaf */
        frame[0] = (rd_frame){off + 1, off + 2, (uint32_t)(s.end - p) - 2, outer, 0};
        frame[1] = (rd_frame){value_off - 1, value_off, (uint32_t)s.value_len, at, 0};
        if (!listed)
            *leaf++ = (rd_leaf){off + 4, (uint32_t)s.key_len, at, 0, (uint8_t)cls, (uint8_t)key_form};
        *leaf++ = (rd_leaf){value_off + skip, (uint32_t)s.value_len - skip,          at + 1, verdict.rule,
                            (uint8_t)cls,     s.is_text ? RD_FORM_TEXT : RD_FORM_INT};
        at += 2;
        frame += 2;
    }
    if (p != field)
        w->left -= (at - d->n_frames) * 2 - 1; /* four elements each: pair, key, value, text */
    d->n_leaves = (uint32_t)(leaf - d->leaves);
    d->n_frames = at;
    return p;
}

static const uint8_t *take_key_value(walk *w, const rd_field *f, unsigned cls, const region *r)
{
    if (r->prefix == r->field + 1) {
        const uint8_t *p = take_short_pairs(w, cls, r->field);
        if (p != r->field)
            return p;
    }
    return enter(w, f->child, cls, r);
}

/* A message field. An AnyValue that is one text and nothing else, as log bodies are, needs no level of its
 * own. */
static const uint8_t *take_message(walk *w, const rd_field *f, unsigned cls, const region *r)
{
    const uint8_t *p = r->p, *end = p + r->n, *text = p + 2;
    if (f->child->kind != RD_KIND_ANYVALUE || r->n < 3 || p[0] != 0x0a || w->left == 0 ||
        w->top->depth + 1 > w->max_depth)
        return enter(w, f->child, cls, r);
    size_t n = p[1];
    if (n >= 0x80) {
        n = (size_t)p[2] << 7 | (n & 0x7f);
        text++;
    }
    if (n == 0 || (p[1] >= 0x80 && p[2] >= 0x80) || n != (size_t)(end - text) ||
        !rd_utf8_valid(rd_slice_of(text, n)))
        return enter(w, f->child, cls, r);
    if (!push_frame(w, r) || !push_leaf(w, text, end, RD_FORM_TEXT, cls, 0))
        return NULL;
    w->doc->leaves[w->doc->n_leaves - 1].frame = w->doc->n_frames - 1;
    w->left--;
    return end;
}

/* A string or bytes field: checked and made a leaf. */
static const uint8_t *take_text(walk *w, const rd_field *f, unsigned cls, const region *r, rd_form form,
                                uint16_t rule)
{
    if (f->scalar == RD_SCALAR_STRING && !w->any_bytes && !rd_utf8_valid(rd_slice_of(r->p, r->n)))
        return fail(w, RD_MALFORMED, "protobuf: string is not UTF-8", r->p);
    const uint8_t *end = r->p + r->n;
    if (r->n == 0 && form != RD_FORM_LABELS)
        return end;
    return push_leaf(w, r->p, end, form, cls, rule) ? end : NULL;
}

/* All keys of a pair count: the strongest verdict wins, the first of several equal ones. */
static const uint8_t *take_key(walk *w, const rd_field *f, unsigned cls, const region *r)
{
    level *l = w->top;
    const uint8_t *end = take_text(w, f, cls, r, RD_FORM_TEXT, 0);
    if (end == NULL || l->again)
        return end;
    rd_verdict v = rd_key_memo_ask(&w->memo, &w->visitor, rd_slice_of(r->p, r->n), (rd_class)cls);
    if (v.fate > l->verdict.fate || (v.fate == l->verdict.fate && l->verdict.rule == 0))
        l->verdict = v;
    return end;
}

static const uint8_t *take_value(walk *w, const rd_field *f, unsigned cls, const region *r)
{
    const level *l = w->top;
    if (f->child == NULL && l->again)
        return take_text(w, f, cls, r, RD_FORM_PAIR_TEXT, l->verdict.rule);
    if (f->child == NULL)
        return take_text(w, f, cls, r, RD_FORM_TEXT, RULE_PENDING);
    if (!l->again)
        return take_message(w, f, cls, r);
    /* Masked: the frame stays, because a replacement changes its length; what is inside is passed over. */
    if (!push_frame(w, r))
        return NULL;
    if (r->n > 0) {
        if (!push_leaf(w, r->p, r->p + r->n, RD_FORM_PAIR_VALUE, cls, l->verdict.rule))
            return NULL;
        w->doc->leaves[w->doc->n_leaves - 1].frame = w->doc->n_frames - 1;
    }
    return r->p + r->n;
}

/* A known field that is length-delimited and not packed. */
static const uint8_t *take_region(walk *w, const rd_field *f, const uint8_t *field, const uint8_t *prefix)
{
    region r = {.field = field, .prefix = prefix};
    const uint8_t *end = get_region(w, &r);
    if (end == NULL)
        return NULL;
    unsigned cls = f->cls == RD_CLASS_INHERIT ? w->top->cls : f->cls;
    switch ((rd_mark)f->mark) {
    case RD_MARK_MESSAGE:
        return f->child->key_value ? take_key_value(w, f, cls, &r) : take_message(w, f, cls, &r);
    case RD_MARK_VALUE:
        return take_value(w, f, cls, &r);
    case RD_MARK_KEY:
        return take_key(w, f, cls, &r);
    case RD_MARK_TEXT:
        return take_text(w, f, cls, &r, RD_FORM_TEXT, 0);
    case RD_MARK_LABELS:
        if (w->top->place > 0 && !note_anchor(w, w->top->place, RD_PLACE_NONE, w->top->frame, &r))
            return NULL;
        return take_text(w, f, cls, &r, RD_FORM_LABELS, 0);
    case RD_MARK_ID:
        if (r.n != 0 && r.n != f->id_len)
            return fail(w, RD_INVALID, "protobuf: trace or span id of wrong length", field);
        return end;
    case RD_MARK_NONE:
    case RD_MARK_NUMBER:
    case RD_MARK_HASH:
        break;
    }
    return fail(w, RD_MALFORMED, "protobuf: wire type does not fit the field", field);
}

static const uint8_t *skip_fixed(walk *w, const uint8_t *p, size_t n)
{
    return (size_t)(w->top->end - p) < n ? fail_short(w, p) : p + n;
}

static const uint8_t *skip_scalar(walk *w, const uint8_t *p, unsigned wire)
{
    uint64_t ignored;
    if (wire == RD_WIRE_VARINT)
        return get_varint(w, p, &ignored);
    return skip_fixed(w, p, wire == RD_WIRE_FIXED64 ? 8 : 4);
}

/* Scalars in one length-delimited field: numbers only, but nothing may hide behind a broken one. */
static const uint8_t *take_packed(walk *w, const rd_field *f, const uint8_t *field, const uint8_t *prefix)
{
    region r = {.field = field, .prefix = prefix};
    const uint8_t *end = get_region(w, &r);
    if (end == NULL)
        return NULL;
    bool whole = true;
    if (f->wire == RD_WIRE_VARINT) {
        uint64_t ignored;
        const uint8_t *p = r.p;
        for (size_t n; whole && p < end; p += n) {
            n = rd_varint_get(p, end, &ignored);
            whole = n > 0;
        }
    } else {
        whole = r.n % (f->wire == RD_WIRE_FIXED64 ? 8 : 4) == 0;
    }
    return whole ? end : fail(w, RD_MALFORMED, "protobuf: packed field holds a broken number", field);
}

static const uint8_t *take_scalar(walk *w, const rd_field *f, const uint8_t *field, const uint8_t *p)
{
    const uint8_t *end = skip_scalar(w, p, f->wire);
    if (end == NULL || (f->mark != RD_MARK_NUMBER && f->mark != RD_MARK_HASH))
        return end;
    unsigned cls = f->cls == RD_CLASS_INHERIT ? w->top->cls : f->cls;
    rd_form form = f->mark == RD_MARK_NUMBER ? RD_FORM_INT : RD_FORM_HASH;
    return push_leaf(w, field, end, form, cls, 0) ? end : NULL;
}

static const uint8_t *enter_group(walk *w, const uint8_t *field, const uint8_t *p, uint32_t number)
{
    const level *outer = w->top;
    level *l = push_level(w, field, outer->depth + 1);
    if (l == NULL)
        return NULL;
    *l = (level){.end = outer->end, .frame = outer->frame, .depth = outer->depth + 1, .number = number};
    return p;
}

/* A field that the schema does not have here: numbers pass, everything that can hold text is shown as such.
 */
static const uint8_t *take_unknown(walk *w, const uint8_t *field, const uint8_t *p, uint32_t number,
                                   unsigned wire)
{
    region r = {.field = field, .prefix = p};
    const uint8_t *end;
    switch (wire) {
    case RD_WIRE_VARINT:
    case RD_WIRE_FIXED64:
    case RD_WIRE_FIXED32:
        return skip_scalar(w, p, wire);
    case RD_WIRE_LEN:
        end = get_region(w, &r);
        if (end != NULL && w->refuse_unknown)
            return fail(w, RD_REFUSED, "protobuf: unknown field", field);
        if (end != NULL && r.n > 0 && !push_leaf(w, r.p, end, RD_FORM_FIXED, RD_CLASS_UNKNOWN, 0))
            return NULL;
        return end;
    case RD_WIRE_SGROUP:
        if (w->refuse_unknown)
            return fail(w, RD_REFUSED, "protobuf: unknown field", field);
        return enter_group(w, field, p, number);
    case RD_WIRE_EGROUP:
        if (w->top->msg != NULL || w->top->number != number)
            return fail(w, RD_MALFORMED, "protobuf: group ends that did not start", field);
        w->top--;
        return p;
    default:
        return fail(w, RD_MALFORMED, "protobuf: wire type does not exist", field);
    }
}

/* What the schema says of the field at *io_p, whose tag is longer than a byte or not what the schema expects;
 * moves *io_p behind the tag. NULL: there was nothing to look up, and *io_p is where to go on. */
static __attribute__((noinline)) const rd_field *odd_field(walk *w, const uint8_t **io_p)
{
    const uint8_t *field = *io_p;
    uint64_t tag;
    const uint8_t *p = *io_p = get_varint(w, field, &tag);
    if (p == NULL)
        return NULL;
    if (tag < 8 || tag > UINT32_MAX) {
        *io_p = fail(w, RD_MALFORMED, "protobuf: field number out of range", field);
        return NULL;
    }
    uint32_t number = (uint32_t)(tag >> 3);
    unsigned wire = tag & 7;
    const rd_message *m = w->top->msg;
    const rd_field *f = m != NULL ? rd_message_field(m, number) : NULL;
    if (f != NULL && wire == f->wire)
        return f;
    if (f == NULL)
        *io_p = take_unknown(w, field, p, number, wire);
    else if (wire == RD_WIRE_LEN && f->packable)
        *io_p = take_packed(w, f, field, p);
    else
        *io_p = fail(w, RD_MALFORMED, "protobuf: wire type does not fit the field", field);
    return NULL;
}

/* One field of the top level. */
static inline const uint8_t *take_field(walk *w, const uint8_t *field)
{
    const rd_message *m = w->top->msg;
    const uint8_t *p = field + 1;
    if (w->left-- == 0)
        return fail(w, RD_TOO_MANY, "protobuf: too many elements", field);
    unsigned i = m != NULL && *field < sizeof m->by_tag ? m->by_tag[*field] : 0;
    const rd_field *f;
    if (i > 0) {
        f = &m->fields[i - 1];
    } else {
        p = field;
        f = odd_field(w, &p);
        if (f == NULL)
            return p;
    }
    return f->wire == RD_WIRE_LEN ? take_region(w, f, field, p) : take_scalar(w, f, field, p);
}

/* The rule of a kept key becomes the context of what stands in the value, where no nearer key gave one. */
static void give_context(rd_doc *d, const level *l)
{
    if (l->verdict.rule == 0 && l->msg->key_value)
        return; /* no context, and message values hold nothing that is pending */
    for (uint32_t i = l->first_leaf; i < d->n_leaves; i++) {
        rd_leaf *leaf = &d->leaves[i];
        bool in_value = leaf->rule == RULE_PENDING || (leaf->frame != l->frame && leaf->rule == 0);
        if (in_value && leaf->form < RD_FORM_PAIR_VALUE)
            leaf->rule = l->verdict.rule;
    }
}

/* The pair on top was read to its end `p`. Returns where to go on: there, or at its start for a second
 * reading. */
static const uint8_t *leave_pair(walk *w, const uint8_t *p)
{
    level *l = w->top;
    rd_doc *d = w->doc;
    if (l->again || l->verdict.fate == RD_FATE_KEEP) {
        if (!l->again)
            give_context(d, l);
        w->top--;
        return p;
    }
    d->n_leaves = l->first_leaf;
    rd_key_memo_unlist(&w->memo);
    if (l->verdict.fate == RD_FATE_MASK) {
        l->again = true;
        d->n_frames = l->frame + 1;
        return w->body + d->frames[l->frame].content_off;
    }
    d->n_frames = l->frame;
    w->top--; /* the leaf belongs to the parent */
    return push_leaf(w, w->body + l->field_off, p, RD_FORM_PAIR_DROP, l->cls, l->verdict.rule) ? p : NULL;
}

rd_outcome rd_wire_walk(const rd_message *root, const rd_limits *lim, const rd_visitor *v, rd_doc *doc,
                        rd_error *err)
{
    if (doc->body.n > RD_DOC_MAX_BODY)
        return rd_fail(err, RD_TOO_LARGE, "protobuf: body too large", SIZE_MAX);
    if (doc->body.n == 0)
        return RD_OK;
    walk w;
    w.doc = doc;
    w.body = doc->body.p;
    w.visitor = v != NULL && v->on_key != NULL ? *v : (rd_visitor){.on_key = keep_all};
    w.places = w.visitor.places;
    w.records = w.visitor.records;
    w.err = err;
    w.failed = RD_OK;
    w.left = lim->max_elements;
    w.max_depth = lim->max_depth < MAX_LEVELS ? lim->max_depth + 1 : MAX_LEVELS;
    w.refuse_unknown = lim->unknown == RD_UNKNOWN_REFUSE;
    w.any_bytes = lim->keep_invalid_utf8;
    memset(&w.memo, 0, sizeof w.memo);
    w.top = w.stack;
    *w.top =
        (level){.msg = root, .end = doc->body.p + doc->body.n, .frame = RD_NO_FRAME, .cls = RD_CLASS_OTHER};

    const uint8_t *p = w.body;
    while (p != NULL) {
        if (p != w.top->end)
            p = take_field(&w, p);
        else if (w.top->msg == NULL)
            p = fail(&w, RD_MALFORMED, "protobuf: group without an end", p);
        else if (w.top == w.stack)
            return RD_OK;
        else if (w.top->msg->kind == RD_KIND_PAIR)
            p = leave_pair(&w, p);
        else
            w.top--;
    }
    return w.failed;
}
