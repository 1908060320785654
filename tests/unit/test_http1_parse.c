/* SPDX-License-Identifier: MIT */
/* HTTP/1.1 requests: what is taken, what is refused, and that neither depends on how the bytes arrive. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/http1_parse.h"
#include "gateway/http1_response.h"

enum { MAX = 8192 };

static rd_slice text(const char *s)
{
    return rd_slice_str(s);
}

/* On bytes of exactly this size, so that a sanitizer sees a read behind them. */
static gw_parse parse(const char *s, size_t max, gw_http1_head *out, char **out_copy)
{
    size_t n = strlen(s);
    *out_copy = malloc(n + (n == 0));
    memcpy(*out_copy, s, n);
    return gw_http1_parse_head(rd_slice_of(*out_copy, n), max, 0, out);
}

#define POST "POST /v1/logs HTTP/1.1\r\n"
#define HOST "Host: a\r\n"
#define END  "\r\n"

static void test_http1_parse__takes(void **state)
{
    static const char *const cases[] = {
        POST HOST END,
        POST "Host:\r\n" END,
        POST "hOsT: [2001:db8::1]:4318\r\n" END,
        POST "Host: a.example:4318\r\nContent-Length: 0\r\n" END,
        POST HOST "Content-Length:  12  \r\n" END,
        POST HOST "Content-Length: 0012\r\n" END,
        POST HOST "Content-Length: 9999999999999999999\r\n" END,
        POST HOST "Transfer-Encoding: chunked\r\n" END,
        POST HOST "TRANSFER-encoding:\tCHUNKED\t\r\n" END,
        POST HOST "X: caf\xc3\xa9 \xff\r\n" END,
        POST HOST "Empty:\r\n" END,
        "POST / HTTP/1.0\r\n\r\n",
        "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST http://a/v1/logs HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST HTTPS://a:1?x=y HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n", /* RFC 9112 section 2.2 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gw_http1_head h;
        char *copy;
        if (parse(cases[i], MAX, &h, &copy) != GW_PARSE_OK)
            fail_msg("refused: %s", cases[i]);
        assert_int_equal(h.n_bytes, strlen(cases[i]));
        free(copy);
    }
}

static void test_http1_parse__refuses(void **state)
{
    static const char *const cases[] = {
        /* two ways to say how long the body is */
        POST HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END,
        POST HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" END,
        POST HOST "Content-Length: 5\r\nContent-Length: 5\r\n" END,
        POST HOST "Content-Length: 5\r\ncontent-length: 6\r\n" END,
        POST HOST "Content-Length: 5, 5\r\n" END,
        POST HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END,
        POST HOST "Transfer-Encoding: chunked, chunked\r\n" END,
        POST HOST "Transfer-Encoding: gzip, chunked\r\n" END,
        POST HOST "Transfer-Encoding: gzip\r\n" END,
        POST HOST "Transfer-Encoding: identity\r\n" END,
        POST HOST "Transfer-Encoding:\r\n" END,
        POST HOST "Transfer-Encoding: chunked;q=1\r\n" END,
        POST HOST "Transfer-Encoding: \x0b"
                  "chunked\r\n" END,
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        /* odd numbers */
        POST HOST "Content-Length: +5\r\n" END,
        POST HOST "Content-Length: -5\r\n" END,
        POST HOST "Content-Length: 5 5\r\n" END,
        POST HOST "Content-Length: 0x5\r\n" END,
        POST HOST "Content-Length: 5.0\r\n" END,
        POST HOST "Content-Length:\r\n" END,
        POST HOST "Content-Length: 10000000000000000000\r\n" END,
        POST HOST "Content-Length: 18446744073709551621\r\n" END,
        POST HOST "Content-Length: \xd9\xa5\r\n" END,
        /* lines */
        "POST / HTTP/1.1\nHost: a\n\n",
        POST "Host: a\n\r\n",
        POST HOST "\n",
        "\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n",
        POST HOST "X: a\rb\r\n" END,
        POST HOST "X: a\x01"
                  "b\r\n" END,
        POST HOST "X: a\x7f"
                  "b\r\n" END,
        POST HOST "X: a\r\n folded\r\n" END,
        POST HOST "Content-Length: 5\r\n\t6\r\n" END,
        POST " Host: a\r\n" END,
        POST HOST "X : a\r\n" END,
        POST HOST "Content-Length : 5\r\n" END,
        POST HOST ": a\r\n" END,
        POST HOST "no colon\r\n" END,
        POST HOST "X\xc3\xa9: a\r\n" END,
        POST HOST "X(y): a\r\n" END,
        /* Host */
        POST END,
        POST "Host: a\r\nHost: a\r\n" END,
        POST "Host: a\r\nhost: b\r\n" END,
        POST "Host: a, b\r\n" END,
        POST "Host: a b\r\n" END,
        POST "Host: a/b\r\n" END,
        POST "Host: user@a\r\n" END,
        POST "Host: a\\b\r\n" END,
        POST "Host: \xc3\xa9\r\n" END,
        "POST / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        /* request line */
        "POST / HTTP/1.2\r\nHost: a\r\n\r\n",
        "POST / HTTP/2.0\r\nHost: a\r\n\r\n",
        "POST / HTTP/0.9\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.10\r\nHost: a\r\n\r\n",
        "POST / http/1.1\r\nHost: a\r\n\r\n",
        "POST /\r\n\r\n",
        "POST HTTP/1.1\r\nHost: a\r\n\r\n",
        " POST / HTTP/1.1\r\nHost: a\r\n\r\n",
        "PO ST / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /  HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "POST a HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST http:// HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST http:///v1/logs HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST *x HTTP/1.1\r\nHost: a\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01\x02\r\n\r\n",
        /* content that two readers could see differently */
        POST HOST "Content-Type: a/b\r\nContent-Type: c/d\r\n" END,
        POST HOST "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n" END,
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gw_http1_head h;
        char *copy;
        if (parse(cases[i], MAX, &h, &copy) != GW_PARSE_BAD)
            fail_msg("not refused: %s", cases[i]);
        free(copy);
    }
}

static void assert_slice(rd_slice got, const char *want)
{
    if (!rd_slice_eq(got, text(want)))
        fail_msg("%.*s, not %s", (int)got.n, (const char *)got.p, want);
}

/* Moves the head to bytes of its own and spoils those it was parsed from. */
static uint8_t *move(gw_http1_head *h, char *from)
{
    uint8_t *to = malloc(h->n_bytes);
    assert_non_null(to);
    memcpy(to, from, h->n_bytes);
    gw_http1_move_head(h, (const uint8_t *)from, to);
    memset(from, '?', h->n_bytes);
    return to;
}

static void test_http1_parse__says_what_came_also_when_moved(void **state)
{
    gw_http1_head h;
    char *copy;
    assert_int_equal(parse("POST /v1/logs?a=b?c HTTP/1.1\r\nHost: a\r\ncontent-type:\tapplication/json \r\n"
                           "CONTENT-ENCODING: gzip\r\nContent-Length: 42\r\nOrigin: http://o\r\n"
                           "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x, y\r\n"
                           "traceparent: 00-x\r\ntracestate: s\r\nAuthorization: Bearer t\r\n\r\nbody",
                           MAX, &h, &copy),
                     GW_PARSE_OK);
    uint8_t *moved = move(&h, copy);
    assert_slice(h.head.method, "POST");
    assert_slice(h.head.path, "/v1/logs");
    assert_slice(h.head.query, "a=b?c");
    assert_slice(h.head.content_type, "application/json");
    assert_slice(h.head.content_encoding, "gzip");
    assert_slice(h.head.origin, "http://o");
    assert_slice(h.head.request_method, "POST");
    assert_slice(h.head.request_headers, "x, y");
    assert_slice(h.head.traceparent, "00-x");
    assert_slice(h.head.tracestate, "s");
    assert_slice(h.head.authorization, "Bearer t");
    assert_true(h.head.has_length);
    assert_int_equal(h.head.content_length, 42);
    assert_ptr_equal(h.head.fields.p + h.head.fields.n, moved + h.n_bytes);
    assert_memory_equal(h.head.fields.p, "Host: a\r\n", 9);
    assert_memory_equal(copy + h.n_bytes, "body", 4);
    free(moved);
    free(copy);
    /* What the head does not have, and a path that does not stand in it, stay what they are. */
    assert_int_equal(parse("POST http://a HTTP/1.1\r\nHost: a\r\n\r\n", MAX, &h, &copy), GW_PARSE_OK);
    moved = move(&h, copy);
    assert_slice(h.head.path, "/");
    assert_null(h.head.origin.p);
    free(moved);
    free(copy);
}

static void test_http1_parse__targets(void **state)
{
    static const struct {
        const char *target, *path, *query;
    } cases[] = {
        {"/", "/", ""},           {"/a?", "/a", ""},
        {"/a?b", "/a", "b"},      {"*", "*", ""},
        {"http://h", "/", ""},    {"http://h/a?b", "/a", "b"},
        {"http://h?b", "/", "b"}, {"hTTps://h:1/", "/", ""},
        {"//h/a", "//h/a", ""},   {"/a/../b", "/a/../b", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char in[256], *copy;
        gw_http1_head h;
        snprintf(in, sizeof in, "POST %s HTTP/1.1\r\nHost: h\r\n\r\n", cases[i].target);
        assert_int_equal(parse(in, MAX, &h, &copy), GW_PARSE_OK);
        assert_slice(h.head.path, cases[i].path);
        assert_slice(h.head.query, cases[i].query);
        free(copy);
    }
}

static void test_http1_parse__connection_and_expect(void **state)
{
    static const struct {
        const char *in;
        bool keep_alive, expect, bad_expect;
    } cases[] = {
        {POST HOST END, true, false, false},
        {POST HOST "Connection: close\r\n" END, false, false, false},
        {POST HOST "Connection: x , CLOSE\r\n" END, false, false, false},
        {POST HOST "Connection: closed\r\n" END, true, false, false},
        {POST HOST "Connection: close\r\nConnection: keep-alive\r\n" END, false, false, false},
        {POST HOST "Connection: keep-alive, close\r\n" END, false, false, false},
        {"POST / HTTP/1.0\r\n\r\n", false, false, false},
        {"POST / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, false, false},
        {"POST / HTTP/1.0\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n", false, false, false},
        {POST HOST "Expect: 100-Continue\r\n" END, true, true, false},
        {POST HOST "Expect: 200-ok\r\n" END, true, false, true},
        {POST HOST "Expect: x\r\nExpect: 100-continue\r\n" END, true, true, true},
        {"POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gw_http1_head h;
        char *copy;
        assert_int_equal(parse(cases[i].in, MAX, &h, &copy), GW_PARSE_OK);
        if (h.keep_alive != cases[i].keep_alive || h.expect_continue != cases[i].expect ||
            h.bad_expect != cases[i].bad_expect)
            fail_msg("%s: keep-alive %d, expect %d, bad %d", cases[i].in, h.keep_alive, h.expect_continue,
                     h.bad_expect);
        free(copy);
    }
}

static void test_http1_parse__bounds_the_head(void **state)
{
    static const char whole[] = POST HOST "X: 12345678\r\n" END "body";
    size_t n = sizeof whole - 1 - 4;
    gw_http1_head h;
    char *copy;
    for (size_t max = 1; max < n; max++) {
        assert_int_equal(parse(whole, max, &h, &copy), GW_PARSE_TOO_LARGE);
        free(copy);
    }
    assert_int_equal(parse(whole, n, &h, &copy), GW_PARSE_OK);
    assert_int_equal(h.n_bytes, n);
    free(copy);
}

static void test_http1_parse__bounds_the_headers(void **state)
{
    for (int n_headers = 99; n_headers <= 101; n_headers++) {
        rd_buf b;
        gw_http1_head h;
        rd_buf_init(&b, 1 << 16);
        rd_buf_append_str(&b, POST HOST);
        for (int i = 1; i < n_headers; i++)
            rd_buf_printf(&b, "H%d: v\r\n", i);
        rd_buf_append_str(&b, END);
        assert_int_equal(gw_http1_parse_head(rd_buf_slice(&b), 1 << 16, 0, &h),
                         n_headers <= 100 ? GW_PARSE_OK : GW_PARSE_BAD);
        rd_buf_release(&b);
    }
}

/* In every two pieces, and byte by byte: the end is found when it is there and not before. */
static void test_http1_parse__trickle(void **state)
{
    static const char whole[] = "POST /v1/logs?q HTTP/1.1\r\nHost: a\r\nContent-Type: "
                                "application/json\r\nContent-Length: 4\r\n\r\nbody";
    size_t n = sizeof whole - 1, head = n - 4;
    gw_http1_head h;
    for (size_t first = 0; first <= n; first++) {
        gw_parse p = gw_http1_parse_head(rd_slice_of(whole, first), MAX, 0, &h);
        assert_int_equal(p, first < head ? GW_PARSE_INCOMPLETE : GW_PARSE_OK);
        size_t seen = first < head ? first : 0; /* only what was looked at in vain counts */
        assert_int_equal(gw_http1_parse_head(rd_slice_of(whole, n), MAX, seen, &h), GW_PARSE_OK);
        assert_int_equal(h.n_bytes, head);
        assert_int_equal(h.head.content_length, 4);
    }
    for (size_t seen = 0; seen < head; seen++) {
        gw_parse p = gw_http1_parse_head(rd_slice_of(whole, seen + 1), MAX, seen, &h);
        assert_int_equal(p, seen + 1 < head ? GW_PARSE_INCOMPLETE : GW_PARSE_OK);
    }
}

/* ---- chunked ---- */

typedef struct unchunked {
    gw_parse p;
    size_t used;
    rd_buf out;
} unchunked;

/* Feeds pieces of at most `step` bytes, the first of `first`. */
static unchunked feed(const char *s, size_t n, size_t first, size_t step, size_t max)
{
    unchunked u = {.p = GW_PARSE_INCOMPLETE};
    gw_chunked c = {0};
    rd_buf_init(&u.out, max);
    while (u.p == GW_PARSE_INCOMPLETE && u.used < n) {
        size_t piece = u.used == 0 ? first : step, used = 0;
        if (piece > n - u.used || piece == 0)
            piece = n - u.used;
        uint8_t *copy = malloc(piece);
        memcpy(copy, s + u.used, piece);
        u.p = gw_chunked_feed(&c, rd_slice_of(copy, piece), &u.out, &used);
        free(copy);
        if (u.p == GW_PARSE_INCOMPLETE)
            assert_int_equal(used, piece);
        u.used += used;
    }
    return u;
}

static void test_chunked__takes_and_refuses(void **state)
{
    static const struct {
        const char *in, *out; /* out NULL: refused */
    } cases[] = {
        {"0\r\n\r\n", ""},
        {"5\r\nhello\r\n0\r\n\r\n", "hello"},
        {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
        {"0005\r\nhello\r\n000\r\n\r\n", "hello"},
        {"00000000000000a\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
        {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
        {"5;name=value;x=\"\xc3\xa9 \t\"\r\nhello\r\n0;end\r\n\r\n", "hello"},
        {"5\r\nhello\r\n0\r\nTrailer: x\r\nOther:\r\n\r\n", "hello"},
        {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
        {"\r\n0\r\n\r\n", NULL},
        {"\n", NULL},
        {" 5\r\nhello\r\n", NULL},
        {"5 \r\nhello\r\n", NULL},
        {"+5\r\nhello\r\n", NULL},
        {"-5\r\nhello\r\n", NULL},
        {"0x5\r\nhello\r\n", NULL},
        {"g\r\n", NULL},
        {";x\r\n", NULL},
        {"5\nhello\r\n", NULL},
        {"5\r\rhello", NULL},
        {"5\r\nhello0\r\n\r\n", NULL},
        {"5\r\nhello\n0\r\n\r\n", NULL},
        {"5\r\nhello\r0\r\n\r\n", NULL},
        {"5;a\nb\r\nhello", NULL},
        {"5;a\x01\r\nhello", NULL},
        {"0\r\nX: a\nb\r\n\r\n", NULL},
        {"0\r\nX: a\x01\r\n\r\n", NULL},
        {"0\r\n\n", NULL},
        {"0\r\n\rx", NULL},
        {"ffffffffffffffff\r\n", NULL},
        {"10000000000000005\r\nhello", NULL},
        {"0000000000000005\r\nhello", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = strlen(cases[i].in);
        for (size_t first = 1; first <= n; first++) {
            for (unsigned by_byte = 0; by_byte < 2; by_byte++) {
                unchunked u = feed(cases[i].in, n, first, by_byte != 0 ? 1 : n, 1000);
                if (u.p != (cases[i].out != NULL ? GW_PARSE_OK : GW_PARSE_BAD))
                    fail_msg("%s, split at %zu: %d", cases[i].in, first, u.p);
                if (cases[i].out != NULL) {
                    assert_int_equal(u.used, n);
                    assert_true(rd_slice_eq(rd_buf_slice(&u.out), text(cases[i].out)));
                }
                rd_buf_release(&u.out);
            }
        }
    }
}

static void test_chunked__leaves_what_follows(void **state)
{
    static const char in[] = "3\r\nabc\r\n0\r\n\r\nPOST / HTTP/1.1\r\n";
    unchunked u = feed(in, sizeof in - 1, sizeof in, sizeof in, 1000);
    assert_int_equal(u.p, GW_PARSE_OK);
    assert_string_equal(in + u.used, "POST / HTTP/1.1\r\n");
    rd_buf_release(&u.out);
}

static void test_chunked__stops_at_the_maximum(void **state)
{
    static const char in[] = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", huge[] = "fffffffffffffff\r\nabc";
    unchunked u = feed(in, sizeof in - 1, 1, 1, 5);
    assert_int_equal(u.p, GW_PARSE_OK);
    rd_buf_release(&u.out);
    u = feed(in, sizeof in - 1, sizeof in, 1, 4);
    assert_int_equal(u.p, GW_PARSE_TOO_LARGE);
    assert_true(u.out.n <= 4);
    rd_buf_release(&u.out);
    /* A chunk that says it is huge takes memory for what came only. */
    u = feed(huge, sizeof huge - 1, sizeof huge, 1, 1 << 20);
    assert_int_equal(u.p, GW_PARSE_INCOMPLETE);
    assert_true(u.out.n == 3 && u.out.cap < 1000);
    rd_buf_release(&u.out);
}

/* Framing may be a few times the data, but not grow without it. */
static void test_chunked__bounds_the_framing(void **state)
{
    rd_buf b;
    rd_buf_init(&b, 1 << 22);
    for (int i = 0; i < 40000; i++)
        rd_buf_append_str(&b, "8\r\n12345678\r\n");
    rd_buf_append_str(&b, "0\r\n\r\n");
    unchunked u = feed((char *)b.p, b.n, 1000, 1000, 1 << 22);
    assert_int_equal(u.p, GW_PARSE_OK);
    assert_int_equal(u.out.n, 320000);
    rd_buf_release(&u.out);
    static const char *const endless[][2] = {
        {"1;", "x"}, {"0\r\n", "X: y\r\n"}, {"0\r\nX:", "x"}, {"", "1;extension\r\nx\r\n"}};
    for (size_t i = 0; i < 4; i++) {
        rd_buf_clear(&b, SIZE_MAX);
        rd_buf_append_str(&b, endless[i][0]);
        for (int k = 0; k < 100000; k++)
            rd_buf_append_str(&b, endless[i][1]);
        u = feed((char *)b.p, b.n, 1000, 1000, 1 << 22);
        assert_int_equal(u.p, GW_PARSE_BAD);
        rd_buf_release(&u.out);
    }
    rd_buf_release(&b);
}

/* ---- answers ---- */

static void test_http1_response__writes(void **state)
{
    static const struct {
        int status;
        bool keep_alive, with_body;
        const char *want;
    } cases[] = {
        {200, true, true, "HTTP/1.1 200 OK\r\ndate: D\r\na: b\r\ncontent-length: 4\r\n\r\nbody"},
        {200, false, false,
         "HTTP/1.1 200 OK\r\ndate: D\r\na: b\r\nconnection: close\r\ncontent-length: 4\r\n\r\n"},
        {204, true, true, "HTTP/1.1 204 No Content\r\ndate: D\r\na: b\r\n\r\n"},
        {799, true, true, "HTTP/1.1 799 Unknown\r\ndate: D\r\na: b\r\ncontent-length: 4\r\n\r\nbody"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gw_response res = {.status = cases[i].status, .body = RD_SLICE_LIT("body")};
        rd_buf out;
        rd_buf_init(&out, 1000);
        gw_response_add(&res, "a", RD_SLICE_LIT("b"));
        gw_response_add(&res, "split", RD_SLICE_LIT("x\r\ny: z"));
        gw_response_add(&res, "nul", rd_slice_of("a\0b", 3));
        gw_http1_write_response(&res, cases[i].keep_alive, cases[i].with_body, RD_SLICE_LIT("D"), &out);
        assert_slice(rd_buf_slice(&out), cases[i].want);
        rd_buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http1_parse__takes),
        cmocka_unit_test(test_http1_parse__refuses),
        cmocka_unit_test(test_http1_parse__says_what_came_also_when_moved),
        cmocka_unit_test(test_http1_parse__targets),
        cmocka_unit_test(test_http1_parse__connection_and_expect),
        cmocka_unit_test(test_http1_parse__bounds_the_head),
        cmocka_unit_test(test_http1_parse__bounds_the_headers),
        cmocka_unit_test(test_http1_parse__trickle),
        cmocka_unit_test(test_chunked__takes_and_refuses),
        cmocka_unit_test(test_chunked__leaves_what_follows),
        cmocka_unit_test(test_chunked__stops_at_the_maximum),
        cmocka_unit_test(test_chunked__bounds_the_framing),
        cmocka_unit_test(test_http1_response__writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
