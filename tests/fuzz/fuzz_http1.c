/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: HTTP/1.1 heads and chunked bodies. Byte 0 chooses which, byte 1 where the input is split.
 *
 * Checked: nothing beyond the input is consumed; every slice of a head lies in it; what is taken whole is
 * taken in pieces with the same result, and the other way round; a head has no bare LF and no ambiguous
 * framing.
 */
#include <stddef.h>
#include <stdlib.h>

#include "gateway/http1_parse.h"
#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_HEAD = 4096, MAX_BODY = 1 << 16 };

static void check_inside(rd_slice part, rd_slice whole)
{
    static const char root[] = "/";
    bool literal = part.n == 1 && part.p[0] == root[0];
    CHECK(part.n == 0 || literal || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

/* Parsing a copy of the head says the same as moving what was parsed to it, as the front end does. */
static void check_moved(gw_http1_head h, rd_slice head)
{
    gw_http1_head again;
    uint8_t *copy = malloc(head.n);
    CHECK(copy != NULL);
    memcpy(copy, head.p, head.n);
    CHECK(gw_http1_parse_head((rd_slice){copy, head.n}, MAX_HEAD, 0, &again) == GW_PARSE_OK);
    gw_http1_move_head(&h, head.p, copy);
    CHECK(again.n_bytes == head.n && again.head.content_length == h.head.content_length);
    const rd_slice *moved = &h.head.method, *parsed = &again.head.method;
    for (size_t i = 0; i < offsetof(gw_head, peer) / sizeof *moved; i++)
        CHECK(moved[i].p == parsed[i].p && moved[i].n == parsed[i].n);
    free(copy);
}

static void check_head(rd_slice in, unsigned split)
{
    gw_http1_head whole, pieces;
    gw_parse p = gw_http1_parse_head(in, MAX_HEAD, 0, &whole);
    size_t seen = 0, step = 1 + split;
    gw_parse q = GW_PARSE_INCOMPLETE;
    while (q == GW_PARSE_INCOMPLETE && seen < in.n) {
        size_t n = seen + step < in.n ? seen + step : in.n;
        q = gw_http1_parse_head((rd_slice){in.p, n}, MAX_HEAD, seen, &pieces);
        seen = n;
    }
    /* A fault is seen later when the end of the head is looked for first, but never not at all. */
    CHECK((p == GW_PARSE_OK) == (q == GW_PARSE_OK));
    if (p != GW_PARSE_OK)
        return;
    CHECK(whole.n_bytes == pieces.n_bytes && whole.n_bytes <= in.n && whole.n_bytes <= MAX_HEAD);
    CHECK(whole.chunked == pieces.chunked && whole.keep_alive == pieces.keep_alive);
    CHECK(whole.head.content_length == pieces.head.content_length &&
          rd_slice_eq(whole.head.path, pieces.head.path));
    CHECK(!(whole.chunked && whole.head.has_length));
    rd_slice head = {in.p, whole.n_bytes};
    for (size_t i = 0; i < head.n; i++)
        CHECK(head.p[i] != '\n' || (i > 0 && head.p[i - 1] == '\r'));
    const gw_head *h = &whole.head;
    const rd_slice parts[] = {h->method,           h->path,       h->query,          h->content_type,
                              h->content_encoding, h->origin,     h->request_method, h->request_headers,
                              h->traceparent,      h->tracestate, h->authorization};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        check_inside(parts[i], head);
    CHECK(h->path.n > 0 && (h->path.p[0] == '/' || rd_slice_eq(h->path, RD_SLICE_LIT("*"))));
    check_moved(whole, head);
}

static gw_parse feed(rd_slice in, size_t step, rd_buf *out, size_t *out_used)
{
    gw_chunked c = {0};
    gw_parse p = GW_PARSE_INCOMPLETE;
    *out_used = 0;
    while (p == GW_PARSE_INCOMPLETE && *out_used < in.n) {
        size_t n = in.n - *out_used < step ? in.n - *out_used : step, used = 0;
        p = gw_chunked_feed(&c, (rd_slice){in.p + *out_used, n}, out, &used);
        CHECK(used <= n && (p != GW_PARSE_INCOMPLETE || used == n));
        *out_used += used;
    }
    return p;
}

static void check_chunked(rd_slice in, unsigned split)
{
    rd_buf whole, pieces;
    size_t used, used_pieces;
    rd_buf_init(&whole, MAX_BODY);
    rd_buf_init(&pieces, MAX_BODY);
    gw_parse p = feed(in, SIZE_MAX, &whole, &used);
    gw_parse q = feed(in, 1 + split, &pieces, &used_pieces);
    CHECK(p == q);
    if (p == GW_PARSE_OK || p == GW_PARSE_INCOMPLETE) {
        CHECK(used == used_pieces && rd_slice_eq(rd_buf_slice(&whole), rd_buf_slice(&pieces)));
        CHECK(whole.n <= used);
    }
    rd_buf_release(&whole);
    rd_buf_release(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 1 << 18)
        return 0;
    rd_slice in = {data + 2, size - 2};
    if (data[0] & 1)
        check_chunked(in, data[1]);
    else
        check_head(in, data[1]);
    return 0;
}
