/* SPDX-License-Identifier: MIT */
/*
 * Changes a snappy block where its content changed, instead of compressing all of it again.
 *
 * A block is a row of elements, literals and copies from earlier content. The new content is made of kept
 * stretches of the old one, moved, with fresh bytes in between:
 *   - elements whole inside a kept stretch stay, byte for byte, as long as their copies look into the same
 * stretch;
 *   - a copy from other kept stretches gets the new distance;
 *   - all else (fresh bytes, cut elements, copies of what is gone) becomes a literal, taken from the new
 * content. So bytes of the old content that are not in the new one are not in the new block either. Source:
 * format_description.txt of snappy.
 */
#include "filters/coding/codec.h"

enum {
    MAX_ELEMENT_HEAD = 5,
    SHORT_LITERAL = 60,
    SHORTEST_COPY = 4,
    MAX_SHORT = 64,
    PARTS = 512,
    NEAR = 2048,
    FAR = 65536
};

typedef struct element {
    size_t n;          /* bytes in the block */
    uint64_t len;      /* bytes of content */
    uint64_t distance; /* of a copy; 0: literal */
} element;

typedef struct splice {
    const uint8_t *p, *end; /* where in the block */
    const uint8_t *run;     /* elements [run, p) go over as they are */
    uint64_t at;            /* content before p */
    uint64_t literal_from;  /* new content that is in no element yet starts here; valid while run is NULL */
    const rd_kept *kept;
    uint32_t parts[PARTS]; /* see index_stretches */
    unsigned shift;
    rd_slice body; /* new content */
    rd_buf *out;
} splice;

/* ---- reading ---- */

/* What a tag byte says: bytes of the element, of content, of the distance (bits of it, and a mask for the two
 * bytes that follow). n 0: needs a closer look. */
typedef struct tag {
    uint8_t n, len;
    uint16_t high, mask;
} tag;

static tag tag_of(unsigned c)
{
    unsigned upper = c >> 2;
    switch (c & 3) {
    case 0:
        return upper < SHORT_LITERAL ? (tag){(uint8_t)(upper + 2), (uint8_t)(upper + 1), 0, 0}
                                     : (tag){0, 0, 0, 0};
    case 1:
        return (tag){2, (uint8_t)((upper & 7) + 4), (uint16_t)(c >> 5 << 8), 0xff};
    case 2:
        return (tag){3, (uint8_t)(upper + 1), 0, 0xffff};
    default:
        return (tag){0, 0, 0, 0};
    }
}

static uint64_t little_endian(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

/* False: there is no whole element at s->p. */
static bool read_element(const splice *s, element *out)
{
    size_t left = (size_t)(s->end - s->p);
    unsigned c = *s->p, upper = c >> 2;
    unsigned more = (c & 3) == 0 ? (upper < SHORT_LITERAL ? 0 : upper - 59) : (c & 3) == 3 ? 4 : c & 3;
    if (left < 1 + more)
        return false;
    uint64_t number = little_endian(s->p + 1, more);
    if ((c & 3) == 0) {
        uint64_t len = (more == 0 ? upper : number) + 1;
        *out = (element){.n = 1 + more + len, .len = len};
        return len <= left - 1 - more;
    }
    bool is_near = (c & 3) == 1;
    *out = (element){.n = 1 + more,
                     .len = is_near ? (upper & 7) + 4 : upper + 1,
                     .distance = is_near ? (uint64_t)(c >> 5) << 8 | number : number};
    return out->distance > 0 && out->distance <= s->at;
}

/* ---- writing ---- */

static void put_literal(rd_buf *out, const uint8_t *p, size_t n)
{
    uint8_t head[MAX_ELEMENT_HEAD];
    if (n == 0)
        return;
    unsigned more = n <= SHORT_LITERAL ? 0 : n <= 0x100 ? 1 : n <= 0x10000 ? 2 : n <= 0x1000000 ? 3 : 4;
    head[0] = (uint8_t)((more == 0 ? n - 1 : 59 + more) << 2);
    for (unsigned i = 0; i < more; i++)
        head[1 + i] = (uint8_t)((n - 1) >> (8 * i));
    rd_buf_append(out, head, 1 + more);
    rd_buf_append(out, p, n);
}

/* Writes a copy; returns its bytes, at most MAX_ELEMENT_HEAD. Which of the two usual forms it is cannot be
 * predicted. */
static inline size_t copy_element(uint8_t *e, uint64_t distance, uint64_t len)
{
    bool near = len - 4 <= 7 && distance < NEAR;
    uint32_t short_form = (uint32_t)(1 | (len - 4) << 2 | distance >> 8 << 5 | (distance & 0xff) << 8);
    uint32_t word = near ? short_form : (uint32_t)(2 | (len - 1) << 2 | distance << 8);
    for (unsigned i = 0; i < 4; i++)
        e[i] = (uint8_t)(word >> (8 * i));
    if (distance < FAR)
        return near ? 2 : 3;
    e[0] = (uint8_t)(3 | (len - 1) << 2);
    for (unsigned i = 0; i < 4; i++)
        e[1 + i] = (uint8_t)(distance >> (8 * i));
    return 5;
}

static void put_copy(rd_buf *out, uint64_t distance, uint64_t len)
{
    uint8_t e[MAX_ELEMENT_HEAD];
    rd_buf_append(out, e, copy_element(e, distance, len));
}

/* Ends a run of elements that stay; new content from `new_at` on is what comes next. */
static void end_run(splice *s, uint64_t new_at)
{
    if (s->run == NULL)
        return;
    rd_buf_append(s->out, s->run, (size_t)(s->p - s->run));
    s->run = NULL;
    s->literal_from = new_at;
}

static void begin_run(splice *s, uint64_t new_at)
{
    if (s->run != NULL)
        return;
    put_literal(s->out, s->body.p + s->literal_from, new_at - s->literal_from);
    s->run = s->p;
}

/* ---- one kept stretch ---- */

/* Where in the list to look for content `at`: one entry per equal part of the old content. */
static void index_stretches(splice *s, uint32_t n_kept)
{
    uint64_t end = (uint64_t)s->kept[n_kept - 1].old_off + s->kept[n_kept - 1].len;
    uint32_t i = 0;
    while (end >> s->shift >= PARTS)
        s->shift++;
    for (uint32_t part = 0; part < PARTS; part++) {
        while (i + 1 < n_kept && s->kept[i + 1].old_off <= (uint64_t)part << s->shift)
            i++;
        s->parts[part] = i;
    }
}

/* The last kept stretch up to `last` that starts at or before content `at`, or NULL. */
static inline const rd_kept *stretch_at(const splice *s, const rd_kept *last, uint64_t at)
{
    const rd_kept *k = &s->kept[s->parts[at >> s->shift]];
    while (k < last && k[1].old_off <= at)
        k++;
    return k->old_off <= at ? k : NULL;
}

static bool is_in(const rd_kept *k, uint64_t at, uint64_t len)
{
    return at >= k->old_off && at + len <= (uint64_t)k->old_off + k->len;
}

/* Ends the run before `p` with a copy that looks into one earlier stretch, as most of those do that have to
 * change. False: it does not. */
static inline bool redirect(splice *s, const rd_kept *k, const uint8_t *p, uint64_t source, uint64_t len,
                            uint64_t new_at)
{
    const rd_kept *from = stretch_at(s, k, source);
    size_t n = (size_t)(p - s->run);
    if (from == NULL || !is_in(from, source, len))
        return false;
    uint8_t *to = s->out->p + s->out->n;
    if (s->out->cap - s->out->n < n + MAX_SHORT && (to = rd_buf_reserve(s->out, n + MAX_SHORT)) == NULL)
        return false;
    if (n <= 32 && s->end - s->run >= 32)
        memcpy(to, s->run, 32); /* of constant size: no call */
    else
        memcpy(to, s->run, n);
    s->out->n += n + copy_element(to + n, new_at - (source - from->old_off + from->new_off), len);
    return true;
}

/* Goes on with a run as long as elements are whole, inside stretch `k`, and easy. Most are. */
static void go_on(splice *s, const tag *tags, const rd_kept *k)
{
    const uint64_t from = k->old_off, to = from + k->len;
    const uint8_t *p = s->p;
    uint64_t at = s->at;
    while (s->end - p > MAX_SHORT) {
        tag t = tags[*p];
        uint64_t distance = t.high | (((uint64_t)p[2] << 8 | p[1]) & t.mask);
        if (t.n == 0 || at + t.len > to)
            break;
        if (at - from < distance) {
            if (distance > at || !redirect(s, k, p, at - distance, t.len, at - from + k->new_off))
                break;
            s->run = p + t.n;
        }
        p += t.n;
        at += t.len;
    }
    s->p = p;
    s->at = at;
}

/* A copy into stretch `k` of what is not all in `k`: piece by piece, what is gone is left to the next
 * literal. */
static void take_copy(splice *s, const rd_kept *k, const element *e, uint64_t new_at)
{
    uint64_t source = s->at - e->distance, left = e->len;
    for (uint64_t n; left > 0; source += n, new_at += n, left -= n) {
        const rd_kept *from = stretch_at(s, k, source);
        uint64_t end = from == NULL ? 0 : (uint64_t)from->old_off + from->len;
        n = left;
        if (source >= end) {
            uint64_t gap = (from == NULL ? s->kept : from + 1)->old_off - source;
            n = gap < n ? gap : n;
            continue;
        }
        n = end - source < n ? end - source : n;
        if (n < SHORTEST_COPY)
            continue;
        put_literal(s->out, s->body.p + s->literal_from, new_at - s->literal_from);
        put_copy(s->out, new_at - (source - from->old_off + from->new_off), n);
        s->literal_from = new_at + n;
    }
}

/* The element at s->p, whole inside stretch `k`, which starts at new_at in the new content. */
static void take_element(splice *s, const rd_kept *k, const element *e, uint64_t new_at)
{
    if (s->at - e->distance >= k->old_off) {
        begin_run(s, new_at);
        return;
    }
    end_run(s, new_at);
    take_copy(s, k, e, new_at);
    if (s->literal_from == new_at + e->len)
        s->run = s->p + e->n;
}

/* False: the block is broken. */
static bool take_stretch(splice *s, const tag *tags, const rd_kept *k)
{
    uint64_t old_end = (uint64_t)k->old_off + k->len;
    element e;
    while (s->at < old_end) {
        if (s->run != NULL)
            go_on(s, tags, k);
        if (s->at == old_end)
            break;
        if (s->p == s->end || !read_element(s, &e))
            return false;
        uint64_t new_at = s->at - k->old_off + k->new_off;
        if (s->at + e.len > old_end) {
            end_run(s, new_at);
            return true; /* the next stretch, or the end, goes on inside it */
        }
        if (s->at >= k->old_off)
            take_element(s, k, &e, new_at);
        s->p += e.n;
        s->at += e.len;
    }
    end_run(s, (uint64_t)k->new_off + k->len);
    return true;
}

static size_t varint_size(const uint8_t *p, const uint8_t *end)
{
    for (size_t i = 0; i < 5 && p + i < end; i++) {
        if (p[i] < 0x80)
            return i + 1;
    }
    return 0;
}

rd_outcome rd_snappy_splice(rd_slice block, const rd_kept *kept, uint32_t n_kept, rd_slice body, rd_buf *out,
                            rd_error *err)
{
    tag tags[256];
    uint8_t size[5];
    unsigned n = 0;
    size_t head = varint_size(block.p, block.p + block.n);
    if (head == 0 || body.n > UINT32_MAX)
        return rd_coding_fail(err, RD_MALFORMED, "snappy block has no length");
    for (unsigned c = 0; c < 256; c++)
        tags[c] = tag_of(c);
    size_t left = body.n;
    for (; left >= 0x80; left >>= 7)
        size[n++] = (uint8_t)(left | 0x80);
    size[n++] = (uint8_t)left;
    (void)rd_buf_reserve(out,
                         block.n + block.n / 8 + 64 < out->max - out->n ? block.n + block.n / 8 + 64 : 0);
    rd_buf_append(out, size, n);
    splice s = {.p = block.p + head, .end = block.p + block.n, .kept = kept, .body = body, .out = out};
    if (n_kept > 0)
        index_stretches(&s, n_kept);
    for (uint32_t i = 0; i < n_kept; i++) {
        if (!take_stretch(&s, tags, &kept[i]))
            return rd_coding_fail(err, RD_MALFORMED, "snappy block ends early");
    }
    put_literal(out, body.p + s.literal_from, body.n - s.literal_from);
    return out->failed == RD_OK ? RD_OK
                                : rd_coding_fail(err, out->failed, "encoded body does not fit its buffer");
}
