/* SPDX-License-Identifier: MIT */
#include "filters/detect/percent.h"

#include "filters/detect/base64_text.h"

#include <stdlib.h>

enum {
    LOOK_BACK = 1024, /* more than a local part of an address, three bytes each */
    FIRST_RUNS = 64,
    KEEP_RUNS = 1 << 14,
    KEEP_BYTES = 1 << 20
};

/* ---- noting runs ---- */

static bool grow(rd_percent *p)
{
    uint32_t cap = p->cap == 0 ? FIRST_RUNS : p->cap * 2;
    rd_percent_run *runs = cap > p->cap ? realloc(p->runs, cap * sizeof *runs) : NULL;
    if (runs == NULL)
        return false;
    p->runs = runs;
    rd_text *texts = realloc(p->texts, cap * sizeof *texts);
    if (texts == NULL)
        return false;
    p->texts = texts;
    p->cap = cap;
    return true;
}

void rd_percent_note(rd_percent *p, rd_percent_run run)
{
    if (p->n == p->cap && !grow(p))
        p->failed = true;
    else
        p->runs[p->n++] = run;
}

/* How long the escape of an ASCII character at `i` is, 0 when there is none: %40, \u0040, \\u0040,
 * &#64;. */
static uint32_t escape_len(const rd_view *v, uint32_t i, int *out_byte)
{
    uint32_t digits = i + 1;
    switch (rd_at(v, i)) {
    case '%':
        break;
    case '\\':
        digits += rd_at(v, i + 1) == '\\';
        if (!rd_spells(v, digits, "u00"))
            return 0;
        digits += 3;
        break;
    case '&':
        *out_byte = '@';
        return rd_spells(v, i, "&#64;") ? 5 : 0;
    default:
        return 0;
    }
    *out_byte = rd_hex_pair(v, digits);
    return *out_byte < 0 ? 0 : digits + 2 - i;
}

static bool ends_run(const rd_view *v, uint32_t i)
{
    uint8_t c = rd_at(v, i);
    int byte;
    if (c == '\\')
        return escape_len(v, i, &byte) == 0;
    return c <= ' ' || c == '"' || c == '\'' || c == '`' || c == '<' || c == '>';
}

/* The space in a telephone number: "\\u002b49 171 1234567". */
static bool digits_go_on(const rd_view *v, uint32_t i)
{
    return rd_at(v, i) == ' ' && rd_is(rd_at(v, i - 1), RD_C_DIGIT) && rd_is(rd_at(v, i + 1), RD_C_DIGIT);
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    rd_percent *p = f->encoded;
    int byte;
    at -= rd_at(v, at) == 'u' || rd_at(v, at) == '#'; /* behind the backslash, the ampersand */
    if (p == NULL || escape_len(v, at, &byte) == 0)
        return;
    at -= rd_at(v, at) == '\\' && rd_at(v, at - 1) == '\\';
    uint32_t from = at, to = at;
    while (at - from < LOOK_BACK && from > f->resume && !ends_run(v, from - 1))
        from--;
    while (!ends_run(v, to) || digits_go_on(v, to))
        to++;
    if (to == at)
        return;
    f->resume = to;
    rd_percent_note(p, (rd_percent_run){.off = rd_origin(f, from), .len = to - from, .text = f->out->text});
}

/* Escapes of ASCII and of half the bytes of UTF-8 sequences; sequences without one of those hold no more than
 * letters. */
static const rd_window windows[] = {{"%\\d\\x", false}, {"u00\\d", false}, {"#64;", false}};

const rd_matcher rd_match_percent = {.yields = ~RD_YIELDS_KEYS, RD_WINDOWS(windows), .confirm = confirm};

/* ---- the second pass ---- */

void rd_percent_reset(rd_percent *p)
{
    if (p->cap > KEEP_RUNS)
        rd_percent_release(p);
    p->n = 0;
    p->failed = false;
    p->decoded.max = UINT32_MAX;
}

void rd_percent_release(rd_percent *p)
{
    free(p->runs);
    free(p->texts);
    rd_buf_release(&p->decoded);
    *p = (rd_percent){0};
}

/* The byte that the one at `i` of [i, end) means; *out_next: what follows it. */
static uint8_t meaning(const uint8_t *base, uint32_t i, uint32_t end, uint32_t *out_next)
{
    rd_view v = {.b = base, .lo = i, .hi = end};
    int c = 0;
    uint32_t len = base[i] == '%' || base[i] == '\\' || base[i] == '&' ? escape_len(&v, i, &c) : 0;
    *out_next = len == 0 ? i + 1 : i + len;
    return len == 0 ? base[i] : (uint8_t)c;
}

bool rd_percent_decode(rd_percent *p, const uint8_t *base)
{
    rd_buf_clear(&p->decoded, KEEP_BYTES);
    for (uint32_t r = 0; r < p->n; r++) {
        uint32_t end = p->runs[r].off + p->runs[r].len, from = (uint32_t)p->decoded.n;
        uint8_t *to = rd_buf_reserve(&p->decoded, p->runs[r].len + 1);
        if (to == NULL)
            return false;
        if (p->runs[r].base64)
            p->decoded.n += rd_base64_text_decode(base + p->runs[r].off, p->runs[r].len, to);
        for (uint32_t i = p->runs[r].off; !p->runs[r].base64 && i < end; p->decoded.n++)
            *to++ = meaning(base, i, end, &i);
        p->texts[r] = (rd_text){.off = from, .len = (uint32_t)p->decoded.n - from};
        p->decoded.p[p->decoded.n++] = 0;
    }
    return !p->failed;
}

/* Where a run stands: a byte of it and the decoded byte that belong together. */
typedef struct cursor {
    uint32_t raw, end, text;
} cursor;

static uint32_t advance(cursor *c, const uint8_t *base, uint32_t text)
{
    for (; c->text < text && c->raw < c->end; c->text++)
        (void)meaning(base, c->raw, c->end, &c->raw);
    return c->raw;
}

void rd_percent_map(const rd_percent *p, const uint8_t *base, const rd_matches *found, rd_collector *out)
{
    cursor c = {0};
    for (uint32_t i = 0, run = UINT32_MAX; i < found->n; i++) {
        const rd_match *m = &found->list[i];
        if (m->text != run) {
            run = m->text;
            c = (cursor){.raw = p->runs[run].off, .end = p->runs[run].off + p->runs[run].len};
        }
        out->text = p->runs[run].text;
        if (p->runs[run].base64) {
            rd_collector_add(out, m->detector, p->runs[run].off, p->runs[run].off + p->runs[run].len, 0, 0);
            continue;
        }
        uint32_t at = m->off - p->texts[run].off;
        uint32_t from = advance(&c, base, at), head = advance(&c, base, at + m->keep_head);
        uint32_t tail = advance(&c, base, at + m->len - m->keep_tail), to = advance(&c, base, at + m->len);
        rd_collector_add(out, m->detector, from, to, head - from, to - tail);
    }
}
