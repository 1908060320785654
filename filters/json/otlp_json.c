/* SPDX-License-Identifier: MIT */
/*
 * The OTLP/JSON walker. One pass: tokens in, leaves out, in the order of the body.
 *
 * What a field may hold comes from the schema tables. Closed by default: a JSON type that does not fit
 * the field, a string in a numeric field that is not a number, an id that is not hex and a bytes field
 * that is not base64 are refused, because nothing in them would be looked at. `null` is absent.
 *
 * Accepted beyond the specification, because backends do: snake_case names, enum names (scanned as
 * text), URL-safe and unpadded base64, numbers for 64-bit integers, repeated members (each is visited).
 *
 * Source: OTLP specification, "JSON Protobuf Encoding"; ProtoJSON; the Collector's JSON reader.
 * Recursion: at most RD_JSON_MAX_DEPTH levels of AnyValue, three messages each.
 */
#include "filters/json/otlp_json.h"

#include "filters/json/facts.h"
#include "filters/json/usual_pair.h"

/* Values of one pair. A pair has one; a sender that repeats the member more often is hostile. */
enum { MAX_VALUES = 8 };

typedef struct region {
    uint32_t off, len;             /* of the value in the body */
    uint32_t first_leaf, end_leaf; /* what was found in it */
    rd_form form;                  /* of its replacement */
} region;

typedef struct pair {
    rd_verdict verdict; /* the strongest of its keys so far */
    uint32_t n_values;
    region values[MAX_VALUES];
} pair;

static bool walk_message(rd_json_walk *w, const rd_message *m, uint8_t cls, rd_verdict *out_verdict);

static bool wrong(rd_json_walk *w, const char *what)
{
    return rd_json_fail(&w->j, RD_MALFORMED, what);
}

/* --- scalars ---------------------------------------------------------------------------------- */

static bool is_word(rd_slice s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (rd_slice_eq(s, rd_slice_str(words[i])))
            return true;
    }
    return false;
}

/* [A-Z0-9_]+ */
static bool is_enum_name(rd_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((uint8_t)(s.p[i] - 'A') >= 26 && (uint8_t)(s.p[i] - '0') >= 10 && s.p[i] != '_')
            return false;
    }
    return s.n > 0;
}

/* A number, or a string that says one. */
static bool walk_number(rd_json_walk *w, const rd_field *f, uint8_t cls)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    rd_json_text t;

    if (rd_json_usual_number(&w->j))
        return true;
    if (rd_json_peek(&w->j) != '"')
        return rd_json_number(&w->j, &t);
    if (!rd_json_string(&w->j, &t))
        return false;
    rd_slice s = rd_json_bytes(&w->j, t);
    if (rd_json_is_number(s))
        return true;
    if (f->scalar == RD_SCALAR_ENUM && is_enum_name(s))
        return rd_json_walk_leaf(w, t, cls, 0); /* a made-up name could say anything */
    if ((f->scalar == RD_SCALAR_DOUBLE || f->scalar == RD_SCALAR_FLOAT) && is_word(s, words, 3))
        return true;
    return wrong(w, "string in a numeric field");
}

static bool walk_bool(rd_json_walk *w)
{
    static const char *const words[] = {"true", "false"};
    rd_json_text t;
    uint8_t c = rd_json_peek(&w->j);

    if (c == 't' || c == 'f')
        return rd_json_literal(&w->j, &t);
    if (!rd_json_string(&w->j, &t))
        return false;
    return is_word(rd_json_bytes(&w->j, t), words, 2) || wrong(w, "not a boolean");
}

/* Hex, `2 * id_len` digits or none. */
static bool walk_id(rd_json_walk *w, const rd_field *f)
{
    rd_json_text t;

    if (!rd_json_string(&w->j, &t))
        return false;
    rd_slice s = rd_json_bytes(&w->j, t);
    if (s.n != 0 && s.n != 2U * f->id_len)
        return rd_json_fail(&w->j, RD_INVALID, "trace or span id of wrong length");
    unsigned bad = 0; /* no early exit, so that the compiler can use vectors */
    for (size_t i = 0; i < s.n; i++)
        bad |= ((uint8_t)(s.p[i] - '0') >= 10) & ((uint8_t)((s.p[i] | 0x20) - 'a') >= 6);
    return bad == 0 || rd_json_fail(&w->j, RD_INVALID, "trace or span id is not hex");
}

/* Standard or URL-safe alphabet (not both), padded or not. */
static bool is_base64(rd_slice s)
{
    size_t n = s.n;
    bool standard = false, url = false;

    while (n > 0 && s.n - n < 2 && s.p[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = s.p[i];
        standard |= c == '+' || c == '/';
        url |= c == '-' || c == '_';
        if ((uint8_t)((c | 0x20) - 'a') >= 26 && (uint8_t)(c - '0') >= 10 && c != '+' && c != '/' &&
            c != '-' && c != '_')
            return false;
    }
    return n % 4 != 1 && (n == s.n || s.n % 4 == 0) && !(standard && url);
}

static bool walk_base64(rd_json_walk *w, uint8_t cls)
{
    rd_json_text t;
    rd_slice text;

    if (!rd_json_string(&w->j, &t) || !rd_json_walk_text(w, t, &text))
        return false;
    if (!is_base64(text))
        return wrong(w, "bytes are not base64");
    return t.len == 0 || rd_json_walk_push(w, RD_FORM_BASE64, t.off, t.len, cls, 0);
}

/* intValue: the leaf is the whole member, because a mask makes another member of it. */
static bool walk_int(rd_json_walk *w, uint8_t cls, uint32_t member_off)
{
    rd_json_text t;

    if (rd_json_peek(&w->j) != '"') {
        if (!rd_json_number(&w->j, &t))
            return false;
    } else {
        if (!rd_json_string(&w->j, &t))
            return false;
        rd_slice s = rd_json_bytes(&w->j, t);
        size_t i = s.n > 0 && s.p[0] == '-';
        if (i == s.n)
            return wrong(w, "not an integer");
        for (; i < s.n; i++) {
            if ((uint8_t)(s.p[i] - '0') >= 10)
                return wrong(w, "not an integer");
        }
    }
    return rd_json_walk_push(w, RD_FORM_JSON_INT, member_off, rd_json_off(&w->j) - member_off, cls, 0);
}

/* --- pairs ------------------------------------------------------------------------------------ */

/* All keys of a pair count: the strongest verdict wins, the first of several equal ones. */
static bool walk_key(rd_json_walk *w, uint8_t cls, pair *p)
{
    rd_json_text t;
    rd_verdict v;

    if (!rd_json_string(&w->j, &t) || !rd_json_walk_leaf(w, t, cls, 0) || !rd_json_walk_judge(w, t, cls, &v))
        return false;
    bool more = v.fate == RD_FATE_KEEP && p->verdict.fate == RD_FATE_KEEP && p->verdict.rule == 0;
    if (v.fate > p->verdict.fate || more)
        p->verdict = v;
    return true;
}

static bool walk_value(rd_json_walk *w, const rd_field *f, uint8_t cls, pair *p)
{
    rd_verdict ignored = {RD_FATE_KEEP, 0};

    if (p->n_values == MAX_VALUES)
        return rd_json_fail(&w->j, RD_TOO_MANY, "values of one pair");
    region *r = &p->values[p->n_values++];
    r->off = rd_json_off(&w->j);
    r->first_leaf = w->doc->n_leaves;
    r->form = f->child != NULL ? RD_FORM_PAIR_JSON_ANY : RD_FORM_PAIR_JSON;
    if (f->child != NULL ? !walk_message(w, f->child, cls, &ignored) : !rd_json_walk_string(w, cls, 0))
        return false;
    r->len = rd_json_off(&w->j) - r->off;
    r->end_leaf = w->doc->n_leaves;
    return true;
}

/* The rule of a kept key becomes the context of what stands in its values, where no nearer key gave one. */
static void give_context(rd_doc *d, const pair *p)
{
    for (uint32_t v = 0; v < p->n_values; v++) {
        for (uint32_t i = p->values[v].first_leaf; i < p->values[v].end_leaf; i++) {
            rd_leaf *leaf = &d->leaves[i];
            if (leaf->rule == 0 && leaf->form < RD_FORM_PAIR_VALUE)
                leaf->rule = p->verdict.rule;
        }
    }
}

/* One leaf a value instead of what was found in it. From the last to the first, so that the indices of
 * the regions before stay true. */
static bool mask_values(rd_json_walk *w, const pair *p, uint8_t cls)
{
    rd_doc *d = w->doc;

    for (uint32_t v = p->n_values; v-- > 0;) {
        const region *r = &p->values[v];
        if (!rd_json_walk_push(w, r->form, r->off, r->len, cls, p->verdict.rule)) /* makes room */
            return false;
        rd_leaf mask = d->leaves[--d->n_leaves];
        uint32_t after = d->n_leaves - r->end_leaf;
        memmove(&d->leaves[r->first_leaf + 1], &d->leaves[r->end_leaf], after * sizeof mask);
        d->leaves[r->first_leaf] = mask;
        d->n_leaves = r->first_leaf + 1 + after;
        rd_json_walk_unlist(w);
    }
    return true;
}

static bool walk_members(rd_json_walk *w, const rd_message *m, uint8_t cls, pair *p);

/* A pair can be judged only when it ends, because its key may come last or twice. */
static bool walk_pair(rd_json_walk *w, const rd_message *m, uint8_t cls, rd_verdict *out_verdict)
{
    uint32_t first_leaf = w->doc->n_leaves;
    pair p;

    if (m->key_value && rd_json_usual_pair(w, cls))
        return true;
    p.verdict = (rd_verdict){RD_FATE_KEEP, 0};
    p.n_values = 0;
    if (!walk_members(w, m, cls, &p))
        return false;
    *out_verdict = p.verdict;
    if (p.verdict.fate == RD_FATE_DROP) {
        w->doc->n_leaves = first_leaf;
        rd_json_walk_unlist(w);
        return true;
    }
    if (p.verdict.fate == RD_FATE_MASK)
        return mask_values(w, &p, cls);
    if (p.verdict.rule != 0)
        give_context(w->doc, &p);
    return true;
}

/* --- messages --------------------------------------------------------------------------------- */

/* A message in which records stand is no pair and so has no verdict. */
static bool walk_holder(rd_json_walk *w, const rd_message *m, uint8_t cls)
{
    rd_verdict ignored;
    uint32_t holder;
    if (!rd_json_holder_begin(w, rd_json_off(&w->j), &holder) || !walk_message(w, m, cls, &ignored))
        return false;
    rd_json_holder_end(w, holder);
    return true;
}

static bool walk_plain(rd_json_walk *w, const rd_field *f, uint8_t cls)
{
    return f->scalar == RD_SCALAR_BOOL ? walk_bool(w) : walk_number(w, f, cls);
}

/* The same of a record, of which somebody asks what records say of themselves. */
static bool walk_noted(rd_json_walk *w, const rd_field *f, uint8_t cls)
{
    uint32_t off = rd_json_off(&w->j);
    if (!walk_plain(w, f, cls))
        return false;
    rd_json_note_field(w, f, off);
    return true;
}

/* One value of a field, not null. *out_verdict is DROP for a pair that goes away. */
static bool walk_one(rd_json_walk *w, const rd_field *f, uint8_t cls, uint32_t member_off, pair *p,
                     rd_verdict *out_verdict)
{
    switch ((rd_mark)f->mark) {
    case RD_MARK_MESSAGE:
        return f->child->holds_items ? walk_holder(w, f->child, cls)
                                     : walk_message(w, f->child, cls, out_verdict);
    case RD_MARK_VALUE:
        return walk_value(w, f, cls, p);
    case RD_MARK_KEY:
        return walk_key(w, cls, p);
    case RD_MARK_TEXT:
        return f->scalar == RD_SCALAR_BYTES ? walk_base64(w, cls) : rd_json_walk_string(w, cls, 0);
    case RD_MARK_NUMBER:
        return walk_int(w, cls, member_off);
    case RD_MARK_ID:
        return walk_id(w, f);
    case RD_MARK_NONE:
        return f->of_item && w->visitor.facts != NULL ? walk_noted(w, f, cls) : walk_plain(w, f, cls);
    case RD_MARK_LABELS:
    case RD_MARK_HASH:
        break; /* Loki's, which has a walker of its own */
    }
    return rd_json_fail(&w->j, RD_UNSUPPORTED, "field without a JSON form");
}

static bool next_element(rd_json_walk *w, rd_json_list *it)
{
    if (rd_json_usual_element(w, it))
        return true;
    return !rd_json_usual_end(&w->j, ']') && rd_json_walk_element(w, it);
}

static bool walk_array(rd_json_walk *w, const rd_field *f, uint8_t cls, pair *p)
{
    rd_json_list it;
    rd_json_records items = {.last = UINT32_MAX};
    bool list_items = w->visitor.records && f->child != NULL && f->child->kind == RD_KIND_ITEM;
    bool pairs = f->child != NULL && f->child->key_value;

    if (!rd_json_open(&w->j, '[', &it))
        return false;
    while (next_element(w, &it)) {
        rd_verdict v = {RD_FATE_KEEP, 0};
        if (pairs && (rd_json_usual_pair_again(w, cls) || rd_json_usual_pair(w, cls))) {
            it.kept = true;
            continue;
        }
        uint32_t off = rd_json_off(&w->j);
        rd_json_records_next(w, &items, &it);
        bool null = rd_json_walk_null(w);
        if (!null && !walk_one(w, f, cls, off, p, &v))
            return false;
        if (list_items && !null && !rd_json_records_add(w, &items, &it, off))
            return false;
        items.behind_other |= null;
        if (v.fate != RD_FATE_DROP)
            it.kept = true;
        else if (!rd_json_walk_drop(w, &it, off, cls, v.rule))
            return false;
    }
    w->kept = it.kept;
    return w->j.failed == RD_OK;
}

/* Is this the member of a group or resource by which labels are put in? */
static bool is_anchor(const rd_message *m, const rd_field *f)
{
    if (m->kind == RD_KIND_GROUP)
        return f->child != NULL && f->child->kind == RD_KIND_RESOURCE;
    return m->kind == RD_KIND_RESOURCE && f->mark == RD_MARK_MESSAGE && f->child->kind == RD_KIND_PAIR;
}

static rd_place_kind whole_of(const rd_message *m)
{
    return m->kind == RD_KIND_GROUP ? RD_PLACE_JSON_RESOURCE : RD_PLACE_JSON_ATTRIBUTES;
}

/* The value of such a member. A second one could be merged or could count alone: backends differ. */
static bool walk_anchor(rd_json_walk *w, const rd_message *m, const rd_field *f, uint8_t cls, unsigned *seen)
{
    rd_verdict ignored = {RD_FATE_KEEP, 0};
    uint32_t off = rd_json_off(&w->j);
    if ((*seen)++ > 0)
        return rd_json_fail(&w->j, RD_INVALID, "a resource or its attributes stand twice");
    if (rd_json_walk_null(w))
        return rd_json_walk_place(w, whole_of(m), off, 4, false);
    if (!f->repeated)
        return walk_one(w, f, cls, off, NULL, &ignored);
    return walk_array(w, f, cls, NULL) && rd_json_walk_place(w, RD_PLACE_JSON_ITEMS, off + 1, 0, w->kept);
}

/* A member: its field (NULL: the schema does not know it) and name. */
typedef struct member {
    const rd_field *field;
    uint32_t off;      /* of the name's quote */
    rd_json_text name; /* only without a field */
} member;

/* The field of a member name; the search starts behind the one found last. */
static const rd_field *find_field(const rd_message *m, rd_slice name, unsigned last)
{
    for (unsigned n = m->n_fields, i = last; n > 0; n--, i++) {
        if (i >= m->n_fields)
            i = 0;
        const rd_field *f = &m->fields[i];
        if (f->json_name_len == name.n && memcmp(f->json_name, name.p, name.n) == 0)
            return f;
    }
    return rd_message_field_by_json(m, name);
}

/* Steps to the next member: false at the end and on failure. *place: the ordinal of the member before, or of
 * the message. */
static bool next_member(rd_json_walk *w, const rd_message *m, unsigned *place, rd_json_list *it, member *out)
{
    rd_slice text;

    out->field = rd_json_usual_member(w, m, place, it, &out->off);
    if (out->field != NULL)
        return true;
    if (rd_json_usual_end(&w->j, '}') || !rd_json_walk_member(w, it, &out->name) ||
        !rd_json_walk_text(w, out->name, &text))
        return false;
    out->off = out->name.off - 1;
    out->field = find_field(m, text, *place - m->ordinal);
    if (out->field != NULL) {
        unsigned i = (unsigned)(out->field - m->fields) + 1;
        w->after[*place] = (uint8_t)i;
        *place = m->ordinal + i;
    }
    return true;
}

static bool walk_members(rd_json_walk *w, const rd_message *m, uint8_t cls, pair *p)
{
    rd_json_list it;
    member next;
    unsigned place = m->ordinal, seen = 0;

    if (!rd_json_open(&w->j, '{', &it))
        return false;
    uint32_t start = rd_json_off(&w->j);
    bool anchored = w->visitor.places && (m->kind == RD_KIND_GROUP || m->kind == RD_KIND_RESOURCE);
    while (next_member(w, m, &place, &it, &next)) {
        const rd_field *f = next.field;
        if (f == NULL) {
            if (!rd_json_walk_unknown(w, &it, next.name))
                return false;
            continue;
        }
        rd_verdict v = {RD_FATE_KEEP, 0};
        uint8_t field_cls = f->cls == RD_CLASS_INHERIT ? cls : f->cls;
        if (rd_json_usual_scalar(w, f, field_cls)) {
            it.kept = true;
            continue;
        }
        if (anchored && is_anchor(m, f)) {
            if (!walk_anchor(w, m, f, field_cls, &seen))
                return false;
            it.kept = true;
            continue;
        }
        if (!rd_json_walk_null(w) &&
            !(f->repeated ? walk_array(w, f, field_cls, p) : walk_one(w, f, field_cls, next.off, p, &v)))
            return false;
        if (v.fate != RD_FATE_DROP)
            it.kept = true;
        else if (!rd_json_walk_drop(w, &it, next.off, field_cls, v.rule))
            return false;
    }
    if (w->j.failed != RD_OK)
        return false;
    return !anchored || seen > 0 || rd_json_walk_place(w, whole_of(m), start, 0, it.kept);
}

static bool walk_message(rd_json_walk *w, const rd_message *m, uint8_t cls, rd_verdict *out_verdict)
{
    if (m->kind == RD_KIND_PAIR)
        return walk_pair(w, m, cls, out_verdict);
    if (m->kind != RD_KIND_ANYVALUE) {
        w->doc->n_items += m->kind == RD_KIND_ITEM;
        w->doc->n_groups += m->kind == RD_KIND_GROUP;
        return walk_members(w, m, cls, NULL);
    }
    if (rd_json_usual_value(w, cls))
        return true;
    if (!rd_json_deeper(&w->j) || !walk_members(w, m, cls, NULL))
        return false;
    w->j.depth--;
    return true;
}

rd_outcome rd_otlp_json_walk(const rd_message *root, const rd_limits *lim, const rd_visitor *v, rd_doc *doc,
                             rd_error *err)
{
    rd_json_walk w;
    rd_verdict ignored;

    rd_json_walk_init(&w, lim, v, doc);
    if (w.j.max_depth < RD_JSON_MAX_DEPTH)
        w.j.max_depth++; /* the first AnyValue is the schema's own */
    if (w.j.failed == RD_OK)
        (void)walk_message(&w, root, RD_CLASS_OTHER, &ignored);
    return rd_json_walk_finish(&w, err);
}
