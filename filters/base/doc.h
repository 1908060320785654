/* SPDX-License-Identifier: MIT */
/*
 * A document: what a walker found in one body, and what shall be changed in it.
 *
 *    body   0a 51 0a 15 ... 0a 0c "service.name" 12 03 "x@y.z" ...
 *    frames  [--------------------------------------------------]   messages with a length prefix
 *    leaves                       [-- key ---]     [-value]        stretches of user text
 *    edits                                         [~~~~~]         replaced bytes, sorted
 *
 * Data flows one way: a walker appends frames and leaves, redact reads leaves and appends
 * edits, a splicer copies the body with the edits applied. Nothing here owns or copies the
 * body. The arrays belong to the document and are reused from one request to the next, so
 * that a steady stream of requests allocates nothing.
 *
 * Offsets are 32 bit: a body is at most RD_DOC_MAX_BODY bytes.
 */
#ifndef RD_BASE_DOC_H
#define RD_BASE_DOC_H

#include "filters/base/buf.h"
#include "filters/base/records.h"
#include "filters/base/kept.h"
#include "filters/base/outcome.h"
#include "filters/base/slice.h"

#define RD_DOC_MAX_BODY UINT32_C(0x7fffffff)
#define RD_NO_FRAME     UINT32_MAX

/* The kind of place a text stands in; rules select by it. X(name, word in config) */
#define RD_CLASSES(X)                                                                              \
    X(BODY, "body")                 /* log body at every depth, Loki line */                       \
    X(ATTRIBUTE, "attribute")       /* attributes of records, spans, events, links, points */      \
    X(RESOURCE, "resource")         /* resource attributes, entity references */                   \
    X(SCOPE, "scope")               /* scope name, version, attributes */                          \
    X(LABEL, "label")               /* Loki stream labels */                                       \
    X(METADATA, "metadata")         /* Loki structured metadata, metric metadata */                \
    X(EXEMPLAR, "exemplar")         /* exemplar attributes */                                      \
    X(SPAN_NAME, "span_name")       /* span names */                                               \
    X(EVENT_NAME, "event_name")     /* span event and log event names */                           \
    X(STATUS, "status")             /* span status message */                                      \
    X(TRACE_STATE, "trace_state")   /* W3C trace state */                                          \
    X(METRIC, "metric")             /* metric name, description, unit */                           \
    X(OTHER, "other")               /* schema URLs, severity text, Loki format */                  \
    X(UNKNOWN, "unknown")           /* fields the schema does not know */

typedef enum rd_class {
#define X(name, word) RD_CLASS_##name,
    RD_CLASSES(X)
#undef X
    RD_CLASS_COUNT
} rd_class;

const char *rd_class_word(rd_class c);

/*
 * How the bytes of a leaf stand for text, and so how a replacement is written back.
 *   TEXT      plain bytes; replaced in place
 *   FIXED     plain bytes inside something whose structure we do not know: a replacement
 *             must have exactly the same length
 *   JSON      the inside of a JSON string without any backslash; replacement is escaped
 *   JSON_ESC  the inside of a JSON string with backslashes: unescape before matching
 *   BASE64    the inside of a JSON string that holds base64 (OTLP/JSON bytesValue), standard or URL-safe,
 *             padded or not; there may be backslashes (`\/`): unescape before decoding
 *   JSON_NUM  a bare JSON number in a place that can hold anything; matched as its raw text, replaced
 *             by a JSON string, quotes included
 *   INT       protobuf: tag and varint of AnyValue.int_value; replaced by a string_value
 *   JSON_INT  OTLP/JSON: the member `"intValue": ...` (from the opening quote of the key to
 *             the end of the value); replaced by a `"stringValue"` member
 *   KEY       as TEXT: the key of a pair that stands for all pairs of its class with these very bytes as key,
 *             which are not listed; only if the visitor asked for that. What is found in it is found in all
 *   JSON_KEY  the same as JSON
 *   LABELS    Loki label text `{a="b"}` as plain bytes; parsed, redacted, written anew
 *   LABELS_JSON  the same inside a JSON string
 *   LABELS_OBJECT  an empty place in a Loki `stream` object of which nothing stays that is a label: one is put
 *             in there, because a stream without labels is refused; `rule` is 1 if members stay before it
 *   HASH      tag and varint of a field that is stale once its frame's LABELS changed
 *   PAIR_VALUE    value of a pair whose key was judged: protobuf AnyValue content
 *                 (replaced by a string_value) ...
 *   PAIR_TEXT     ... protobuf string content (Loki label pair, old StringKeyValue)
 *   PAIR_JSON_ANY ... OTLP/JSON AnyValue: any JSON value; replaced by {"stringValue":"x"}
 *   PAIR_JSON     ... any JSON value; replaced by "x"
 *   PAIR_DROP     a whole pair that goes away, with whatever separators must go with it
 */
#define RD_FORMS(X)                                                                                \
    X(TEXT) X(FIXED) X(JSON) X(JSON_ESC) X(BASE64) X(INT) X(JSON_INT) X(JSON_NUM) X(KEY)           \
    X(JSON_KEY) X(LABELS) X(LABELS_JSON) X(HASH) X(PAIR_VALUE) X(PAIR_TEXT) X(PAIR_JSON_ANY) X(PAIR_JSON) X(PAIR_DROP)         \
    X(LABELS_OBJECT)

typedef enum rd_form {
#define X(name) RD_FORM_##name,
    RD_FORMS(X)
#undef X
    RD_FORM_COUNT
} rd_form;

typedef struct rd_leaf {
    uint32_t off, len; /* in the body; not empty, except PAIR_* and LABELS* */
    uint32_t frame;    /* innermost enclosing frame, RD_NO_FRAME outside protobuf */
    uint16_t rule;     /* PAIR_*: the rule that judged the key; else the verdict's context */
    uint8_t cls;       /* rd_class */
    uint8_t form;      /* rd_form */
} rd_leaf;

/* One length-delimited message of a protobuf body. Frames are in order of their prefix. */
typedef struct rd_frame {
    uint32_t prefix_off;  /* where the length varint starts */
    uint32_t content_off; /* where the content starts: prefix ends here */
    uint32_t content_len;
    uint32_t parent; /* index, RD_NO_FRAME for the body itself */
    int32_t delta;   /* change of content length; owned by the splicer */
} rd_frame;

/* Replace `len` bytes at `off` by `text`. Borrowed until the splice: `text` is a literal or
 * lies in the scratch of redact. Edits do not overlap; an insertion has len 0. */
typedef struct rd_edit {
    uint32_t off, len;
    uint32_t frame;
    uint32_t text_len;
    const uint8_t *text;
} rd_edit;

/* What shall happen to a pair because of its key. */
typedef enum rd_fate { RD_FATE_KEEP, RD_FATE_MASK, RD_FATE_DROP } rd_fate;

typedef struct rd_verdict {
    rd_fate fate;
    uint16_t rule; /* KEEP: context for the leaves of the value; else the rule that judged */
} rd_verdict;

/* Asked by the walkers for every key, with the key's text already unescaped. Pure: the
 * answer depends on the arguments alone, the key is borrowed for the call. */
typedef struct rd_visitor {
    rd_verdict (*on_key)(const void *ctx, rd_slice key, rd_class cls);
    const void *ctx; /* borrowed */
    bool keys_once;  /* equal keys of pairs may be listed once, as KEY or JSON_KEY */
    bool places;     /* note where labels can be put in; what has two such places in one group is RD_INVALID */
    bool records;    /* note where records stand, so that some can be taken out */
    const rd_fact_fields *facts; /* with `records`: and what they say of themselves. NULL: no */
    uint64_t stream_key[2];      /* of the hashes of streams */
} rd_visitor;

/* Where labels can be put into a body.
 *   ATTRIBUTES       protobuf: the start of a Resource
 *   RESOURCE         protobuf: the start of a group that has no Resource
 *   LABELS           protobuf: the start of a stream that has no label text
 *   NONE             nothing: the stream has label text, which is a leaf
 *   JSON_ITEMS       the start of the array `attributes` of a resource
 *   JSON_ATTRIBUTES  the start of a resource object without `attributes`, or its null
 *   JSON_RESOURCE    the start of a group object without `resource`, or its null
 *   JSON_MEMBERS     the start of the object `stream`
 *   JSON_STREAM      the start of a stream object without labels, or its null
 *   JSON_LABEL_TEXT  the same of the old form, `labels`
 * And into an entry of a JSON stream, as structured metadata; found only when labels must give way there:
 *   JSON_ENTRY       behind the line of an entry that has none
 *   JSON_METADATA    the start of the object that has it */
typedef enum rd_place_kind {
    RD_PLACE_NONE,
    RD_PLACE_ATTRIBUTES,
    RD_PLACE_RESOURCE,
    RD_PLACE_LABELS,
    RD_PLACE_JSON_ITEMS,
    RD_PLACE_JSON_ATTRIBUTES,
    RD_PLACE_JSON_RESOURCE,
    RD_PLACE_JSON_MEMBERS,
    RD_PLACE_JSON_STREAM,
    RD_PLACE_JSON_LABEL_TEXT,
    RD_PLACE_JSON_ENTRY,
    RD_PLACE_JSON_METADATA
} rd_place_kind;

typedef struct rd_place {
    uint32_t off, len; /* what is replaced: nothing, or a null */
    uint32_t frame;    /* as of a leaf */
    uint32_t n_labels; /* JSON_MEMBERS: labels of the sender that stay */
    uint32_t group_off; /* JSON_MEMBERS: where the object of the stream begins */
    uint8_t kind;      /* rd_place_kind */
    bool more;         /* JSON: something follows, so a comma is needed */
} rd_place;

/* What to do with a length-delimited field or JSON member that the schema does not know. */
typedef enum rd_unknown { RD_UNKNOWN_SCAN, RD_UNKNOWN_REFUSE } rd_unknown;

/* Ceilings of one walk. */
typedef struct rd_limits {
    uint32_t max_depth;    /* nesting levels of AnyValue / JSON containers below the schema's own */
    uint32_t max_elements; /* leaves + frames, or JSON values */
    rd_unknown unknown;
    bool keep_invalid_utf8; /* default: text that is not UTF-8 is RD_MALFORMED */
} rd_limits;

typedef struct rd_doc {
    rd_slice body;    /* borrowed until rd_doc_reset */
    rd_leaf *leaves;  /* owned */
    rd_frame *frames; /* owned */
    rd_edit *edits;   /* owned */
    rd_kept *kept;    /* owned; what the protobuf splicer copied from the body */
    rd_place *places; /* owned; only if the visitor asked for them */
    rd_records records; /* only if the visitor asked for them; else empty, whatever n_items says */
    uint32_t n_leaves, n_frames, n_edits, n_kept, n_places;
    uint32_t cap_leaves, cap_frames, cap_edits, cap_kept, cap_places;
    uint32_t n_items; /* log records, spans, data points, Loki entries */
    uint32_t n_groups; /* resources (OTLP) or streams (Loki) */
} rd_doc;

void rd_doc_init(rd_doc *d);
void rd_doc_release(rd_doc *d);
/* Starts a new body. Arrays stay unless they grew beyond what ordinary requests need; for `records` see
 * rd_records_trim. */
void rd_doc_reset(rd_doc *d, rd_slice body);

/* Slow paths of the inline pushes below: grow by doubling. NULL: no memory. */
rd_leaf *rd_doc_grow_leaf(rd_doc *d);
rd_frame *rd_doc_grow_frame(rd_doc *d);
rd_edit *rd_doc_grow_edit(rd_doc *d);
rd_kept *rd_doc_grow_kept(rd_doc *d);

rd_place *rd_doc_push_place(rd_doc *d);

static inline rd_leaf *rd_doc_push_leaf(rd_doc *d)
{
    return d->n_leaves < d->cap_leaves ? &d->leaves[d->n_leaves++] : rd_doc_grow_leaf(d);
}

static inline rd_frame *rd_doc_push_frame(rd_doc *d)
{
    return d->n_frames < d->cap_frames ? &d->frames[d->n_frames++] : rd_doc_grow_frame(d);
}

static inline rd_edit *rd_doc_push_edit(rd_doc *d)
{
    return d->n_edits < d->cap_edits ? &d->edits[d->n_edits++] : rd_doc_grow_edit(d);
}

static inline rd_kept *rd_doc_push_kept(rd_doc *d)
{
    return d->n_kept < d->cap_kept ? &d->kept[d->n_kept++] : rd_doc_grow_kept(d);
}

static inline rd_slice rd_doc_leaf_bytes(const rd_doc *d, const rd_leaf *l)
{
    return (rd_slice){d->body.p + l->off, l->len};
}

/* Sorts the edits by offset unless they are sorted already. An insertion sorts before a
 * replacement at the same offset. */
void rd_doc_sort_edits(rd_doc *d);

/* Writes the body with the edits applied, for formats without length prefixes. Edits must be
 * sorted and must not overlap (RD_INVALID if they do: a bug upstream, never passed on). */
RD_MUST_CHECK rd_outcome rd_doc_splice(const rd_doc *d, rd_buf *out, rd_error *err);

#endif
