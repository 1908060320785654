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
#include "filters/coding/snappy_element.h"

enum {
    MAX_ELEMENT_HEAD = 5,
    SHORTEST_COPY = 4,
    PART_BITS = 6, /* no copy reaches into more than two parts of 64 bytes */
    NEAR_BITS = 11,
    FAR_BITS = 16,
    NEAR = 1 << NEAR_BITS,
    FAR = 1 << FAR_BITS,
    LISTED = 256,
    AT_ONCE = 16
};

/* Two bytes of a copy that stays in its form, with the new distance in them. */
typedef struct patch {
    uint32_t pos; /* in the block */
    uint16_t bytes;
} patch;

typedef struct splice {
    const uint8_t *block;
    const uint8_t *run;    /* elements from here on go over as they are, but for the patches */
    uint64_t literal_from; /* new content that is in no element yet starts here; valid between runs */
    const rd_kept *kept;
    rd_snappy_part *parts; /* see index_parts */
    unsigned part_bits;
    unsigned n_patches;
    patch patches[LISTED]; /* in order, all behind `run` */
    rd_slice body;         /* new content */
    rd_buf *out;
} splice;

/* ---- writing ---- */

static void put_literal(rd_buf *out, const uint8_t *p, size_t n)
{
    uint8_t head[MAX_ELEMENT_HEAD];
    if (n == 0)
        return;
    unsigned more = n <= RD_SNAPPY_SHORT_LITERAL ? 0
                    : n <= 0x100                 ? 1
                    : n <= 0x10000               ? 2
                    : n <= 0x1000000             ? 3
                                                 : 4;
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

/* Ends a run of elements that stay before `p`; new content from `new_at` on is what comes next. */
static void end_run(splice *s, const uint8_t *p, uint64_t new_at)
{
    size_t n = (size_t)(p - s->run), from = (size_t)(s->run - s->block);
    uint8_t *to = rd_buf_reserve(s->out, n);
    if (to != NULL) { /* else the buffer knows that it failed */
        memcpy(to, s->run, n);
        for (unsigned i = 0; i < s->n_patches; i++) {
            uint8_t *at = to + (s->patches[i].pos - from);
            at[0] = (uint8_t)s->patches[i].bytes;
            at[1] = (uint8_t)(s->patches[i].bytes >> 8);
        }
        s->out->n += n;
    }
    s->n_patches = 0;
    s->literal_from = new_at;
}

/* The run goes on at `p`, with new content from `new_at` on. */
static void begin_run(splice *s, const uint8_t *p, uint64_t new_at)
{
    put_literal(s->out, s->body.p + s->literal_from, new_at - s->literal_from);
    s->run = p;
}

/* ---- one kept stretch ---- */

/* How each part of the old content moves; a part is no shorter than the longest short copy. */
static void index_parts(splice *s, uint32_t n_kept)
{
    uint64_t end = (uint64_t)s->kept[n_kept - 1].old_off + s->kept[n_kept - 1].len, part = 0;
    for (s->part_bits = PART_BITS; end >> s->part_bits >= RD_SNAPPY_PARTS;)
        s->part_bits++;
    for (uint32_t i = 0; i < n_kept; i++) {
        const rd_kept *k = &s->kept[i];
        uint64_t k_end = (uint64_t)k->old_off + k->len, bits = s->part_bits;
        /* Below 2^31, so never RD_SNAPPY_MIXED. */
        int32_t move = (int32_t)((int64_t)k->new_off - k->old_off);
        for (; part << bits < k->old_off; part++)
            s->parts[part] = (rd_snappy_part){i == 0 ? 0 : i - 1, RD_SNAPPY_MIXED};
        for (; (part + 1) << bits <= k_end; part++)
            s->parts[part] = (rd_snappy_part){i, move};
    }
    for (; part <= end >> s->part_bits; part++)
        s->parts[part] = (rd_snappy_part){n_kept - 1, RD_SNAPPY_MIXED};
}

/* The last kept stretch up to `last` that starts at or before content `at`, or NULL. */
static const rd_kept *stretch_at(const splice *s, const rd_kept *last, uint64_t at)
{
    const rd_kept *k = &s->kept[s->parts[at >> s->part_bits].first];
    while (k < last && k[1].old_off <= at)
        k++;
    return k->old_off <= at ? k : NULL;
}

/* A copy whose whole source moves by the same, as most do, and that can say its new distance in the same
 * form. False: it is another one. */
static inline bool patch_copy(splice *s, const rd_snappy_note *e, uint64_t new_at)
{
    int32_t move = s->parts[e->source >> s->part_bits].move;
    uint32_t last = e->source + (e[1].at - e->at) - 1;
    if (move != s->parts[last >> s->part_bits].move || move == RD_SNAPPY_MIXED)
        return false;
    uint64_t distance = new_at - (uint64_t)((int64_t)e->source + move);
    /* Which of the two usual forms it has cannot be predicted: no branch. */
    unsigned tag = s->block[e->pos], is_far = tag >> 1 & 1;
    if (distance >> (is_far == 0 ? NEAR_BITS : FAR_BITS) != 0 || (tag & 3) == 3)
        return false;
    uint64_t near = (tag & 0x1f) | distance >> 8 << 5 | (distance & 0xff) << 8;
    uint64_t far_mask = 0 - (uint64_t)is_far;
    s->patches[s->n_patches++] =
        (patch){e->pos + is_far, (uint16_t)((distance & far_mask) | (near & ~far_mask))};
    return true;
}

/* A copy into stretch `k`, where it makes new content from `new_at` on, from anywhere: piece by piece, what
 * is gone is left to the next literal. */
static void take_copy(splice *s, const rd_kept *k, const rd_snappy_note *e, uint64_t new_at)
{
    uint64_t source = e->source, left = e[1].at - e->at;
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

/* Elements that begin in stretch `k`, from `e` on. Returns the first one that is not all in it. Which of them
 * look back before the stretch cannot be predicted, so those are listed first, without a branch. */
static const rd_snappy_note *take_stretch(splice *s, const rd_kept *k, const rd_snappy_note *e,
                                          const rd_snappy_note *end)
{
    const uint64_t from = k->old_off, to = from + k->len;
    const rd_snappy_note *listed[LISTED + 1];
    begin_run(s, s->block + e->pos, e->at - from + k->new_off);
    while (e < end && e[1].at <= to) {
        size_t n = 0;
        for (; n <= LISTED - AT_ONCE && end - e >= AT_ONCE && e[AT_ONCE].at <= to; e += AT_ONCE) {
            for (unsigned i = 0; i < AT_ONCE; i++) {
                listed[n] = e + i;
                n += e[i].source < from;
            }
        }
        for (unsigned i = 0; i < AT_ONCE && n < LISTED && e < end && e[1].at <= to; e++, i++) {
            listed[n] = e;
            n += e->source < from;
        }
        for (size_t i = 0; i < n; i++) {
            const rd_snappy_note *l = listed[i];
            uint64_t new_at = l->at - from + k->new_off;
            if (patch_copy(s, l, new_at))
                continue;
            end_run(s, s->block + l->pos, new_at);
            take_copy(s, k, l, new_at);
            begin_run(s, s->block + l[1].pos, new_at + (l[1].at - l->at));
        }
        end_run(s, s->block + e->pos, e->at - from + k->new_off);
        begin_run(s, s->block + e->pos, e->at - from + k->new_off);
    }
    return e;
}

static void put_size(rd_buf *out, size_t n)
{
    for (; n >= 0x80; n >>= 7)
        rd_buf_append_byte(out, (uint8_t)(n | 0x80));
    rd_buf_append_byte(out, (uint8_t)n);
}

rd_outcome rd_snappy_splice(const rd_coder *c, rd_slice block, const rd_kept *kept, uint32_t n_kept,
                            rd_slice body, rd_buf *out, rd_error *err)
{
    const rd_snappy_trace *t = c->trace;
    if (block.n == 0 || t->block.p != block.p || t->block.n != block.n)
        return rd_coding_fail(err, RD_UNSUPPORTED, "no notes of this snappy block");
    if (body.n > UINT32_MAX)
        return rd_coding_fail(err, RD_TOO_LARGE, "a snappy block holds less than 4 GiB");
    (void)rd_buf_reserve(out,
                         block.n + block.n / 8 + 64 < out->max - out->n ? block.n + block.n / 8 + 64 : 0);
    put_size(out, body.n);
    splice s; /* of its patches only the first n_patches are anything */
    s.block = s.run = block.p;
    s.literal_from = 0;
    s.kept = kept;
    s.parts = c->trace->parts;
    s.part_bits = s.n_patches = 0;
    s.body = body;
    s.out = out;
    const rd_snappy_note *e = t->list, *end = t->list + t->n;
    if (n_kept > 0)
        index_parts(&s, n_kept);
    for (const rd_kept *k = kept; k < kept + n_kept; k++) {
        while (e < end && e->at < k->old_off)
            e++;
        if (e < end && e[1].at <= (uint64_t)k->old_off + k->len)
            e = take_stretch(&s, k, e, end);
    }
    if (s.literal_from < body.n) /* an empty body may have no address */
        put_literal(out, body.p + s.literal_from, body.n - s.literal_from);
    return out->failed == RD_OK ? RD_OK
                                : rd_coding_fail(err, out->failed, "encoded body does not fit its buffer");
}
