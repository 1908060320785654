/* SPDX-License-Identifier: MIT */
/*
 * A pull tokenizer for JSON text, internal to the walkers (filters/json, filters/loki).
 *
 * A walker asks for what it expects next; what it does not care about it skips. Everything is
 * validated on the way (RFC 8259), so a body that was read to rd_json_finish is one valid value:
 *
 *    rd_json_init(&j, body, lim);
 *    if (rd_json_open(&j, '{', &it))
 *        while (rd_json_member(&j, &it, &name))
 *            rd_json_skip(&j);
 *    return rd_json_finish(&j, err);
 *
 * Failure is sticky: the reader that fails returns false and sets `failed`; a loop over members or
 * elements ends by returning false too, and `failed` tells the two apart. No reader reads at or
 * beyond `end`. Between calls `p` stands right behind the last token; after rd_json_member,
 * rd_json_element and rd_json_peek it stands on the first byte of the next one.
 */
#ifndef RD_JSON_TOKEN_H
#define RD_JSON_TOKEN_H

#include "filters/base/doc.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Nesting that no configuration can exceed: walkers recurse, and threads have small stacks. */
enum { RD_JSON_MAX_DEPTH = 256 };

#define RD_JSON_NOWHERE UINT32_MAX

enum { RD_JSON_SHORT = 2 /* blocks of 16 bytes of a string that are read before it is called long */ };

typedef struct rd_json {
    const uint8_t *p, *end; /* borrowed: the body */
    const uint8_t *base;    /* where the body starts; offsets count from here */
    const char *what;       /* of the failure */
    rd_outcome failed;      /* sticky */
    uint32_t depth, max_depth;
    uint32_t n_values, max_values;
    bool keep_invalid_utf8;
} rd_json;

/* The inside of a string (without the quotes), or another token. */
typedef struct rd_json_text {
    uint32_t off, len;
    bool escaped; /* has a backslash */
} rd_json_text;

/* Where a loop over one object or array is. */
typedef struct rd_json_list {
    uint32_t comma;   /* offset of the comma before the current item; RD_JSON_NOWHERE: none */
    uint32_t pending; /* see walk.h */
    bool first;
    bool kept; /* see walk.h */
} rd_json_list;

/* A body over RD_DOC_MAX_BODY or with a byte order mark fails at once. */
void rd_json_init(rd_json *j, rd_slice body, const rd_limits *lim);
/* Only white space may be left. Fills *err on failure. */
RD_MUST_CHECK rd_outcome rd_json_finish(rd_json *j, rd_error *err);

/* Both return false. `unexpected` is RD_TRUNCATED at the end of the body, else RD_MALFORMED. */
bool rd_json_fail(rd_json *j, rd_outcome o, const char *what);
bool rd_json_unexpected(rd_json *j, const char *what);

/* Any value, whatever is in it. */
bool rd_json_skip(rd_json *j);
bool rd_json_number(rd_json *j, rd_json_text *out);
/* true, false or null. */
bool rd_json_literal(rd_json *j, rd_json_text *out);
/* Is this text one number by the grammar of RFC 8259? */
bool rd_json_is_number(rd_slice s);

/* The rest of a string once the quick path met something else than its closing quote. */
bool rd_json_string_rest(rd_json *j, const uint8_t *start, const uint8_t *p, unsigned high,
                         rd_json_text *out);

static inline uint32_t rd_json_off(const rd_json *j)
{
    return (uint32_t)(j->p - j->base);
}

static inline rd_slice rd_json_bytes(const rd_json *j, rd_json_text t)
{
    return (rd_slice){j->base + t.off, t.len};
}

/* One more nesting level; the caller takes it back with depth--. */
static inline bool rd_json_deeper(rd_json *j)
{
    if (j->depth >= j->max_depth)
        return rd_json_fail(j, RD_TOO_DEEP, "JSON nesting");
    j->depth++;
    return true;
}

/* Skips white space; the next byte, 0 at the end of the body. */
static inline uint8_t rd_json_peek(rd_json *j)
{
    while (j->p < j->end) {
        uint8_t c = *j->p;
        if (c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
            return c;
        j->p++;
    }
    return 0;
}

/* rd_json_plain_end of a string that is not short. */
const uint8_t *rd_json_plain_rest(const uint8_t *p, const uint8_t *end, unsigned *high);

#ifdef __SSE2__
/* Moves to the first such byte of (*p)[0..15], or over all of them and returns false. */
static inline bool rd_json_plain_block(const uint8_t **p, unsigned *high)
{
    __m128i v = _mm_loadu_si128((const __m128i *)*p);
    /* With one bit turned, the quote is next to the control characters and the space is not. */
    __m128i turned = _mm_xor_si128(v, _mm_set1_epi8('"' ^ ' '));
    __m128i hit = _mm_cmpeq_epi8(_mm_min_epu8(turned, _mm_set1_epi8(' ')), turned);
    hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    unsigned stop = (unsigned)_mm_movemask_epi8(hit), upper = (unsigned)_mm_movemask_epi8(v);
    *high |= stop != 0 ? upper & (stop ^ (stop - 1)) >> 1 : upper;
    *p += stop != 0 ? __builtin_ctz(stop) : 16;
    return stop != 0;
}
#endif

/* First byte at or after p that is a quote, a backslash or a control character, or `end`.
 * *high collects whether any byte before it is not ASCII. */
static inline const uint8_t *rd_json_plain_end(const uint8_t *p, const uint8_t *end, unsigned *high)
{
#ifdef __SSE2__
    for (unsigned n = 0; n < RD_JSON_SHORT && end - p >= 16; n++) {
        if (rd_json_plain_block(&p, high))
            return p;
    }
#endif
    return rd_json_plain_rest(p, end, high);
}

static inline bool rd_json_string(rd_json *j, rd_json_text *out)
{
    const uint8_t *p = j->p;
    if (p == j->end || *p != '"')
        return rd_json_unexpected(j, "a string is expected");
    const uint8_t *start = ++p;
    unsigned high = 0;
    p = rd_json_plain_end(p, j->end, &high);
    if (p == j->end || *p != '"' || high != 0)
        return rd_json_string_rest(j, start, p, high, out);
    out->off = (uint32_t)(start - j->base);
    out->len = (uint32_t)(p - start);
    out->escaped = false;
    j->p = p + 1;
    return true;
}

/* Consumes the opening bracket `c` of an object or array. */
static inline bool rd_json_open(rd_json *j, uint8_t c, rd_json_list *it)
{
    *it = (rd_json_list){.comma = RD_JSON_NOWHERE, .pending = RD_JSON_NOWHERE, .first = true};
    if (rd_json_peek(j) != c)
        return rd_json_unexpected(j, c == '{' ? "an object is expected" : "an array is expected");
    j->p++;
    return true;
}

/* Steps to the next item of a list that ends with `close`: false at the end and on failure. */
static inline bool rd_json_item(rd_json *j, rd_json_list *it, uint8_t close)
{
    uint8_t c = rd_json_peek(j);
    if (c == close && j->p < j->end) {
        j->p++;
        return false;
    }
    if (!it->first) {
        if (c != ',')
            return rd_json_unexpected(j, "a comma is expected");
        it->comma = rd_json_off(j);
        j->p++;
        rd_json_peek(j);
    }
    it->first = false;
    if (++j->n_values > j->max_values)
        return rd_json_fail(j, RD_TOO_MANY, "JSON values");
    return true;
}

static inline bool rd_json_element(rd_json *j, rd_json_list *it)
{
    return rd_json_item(j, it, ']');
}

/* The opening quote of the name is at out_name->off - 1. */
static inline bool rd_json_member(rd_json *j, rd_json_list *it, rd_json_text *out_name)
{
    if (!rd_json_item(j, it, '}') || !rd_json_string(j, out_name))
        return false;
    if (rd_json_peek(j) != ':')
        return rd_json_unexpected(j, "a colon is expected");
    j->p++;
    rd_json_peek(j);
    return true;
}

#endif
