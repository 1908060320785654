/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "tests/support/response_drive.h"

enum { MAX_BODY = 1000 };

#define OK_LINE "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK_LINE "Transfer-Encoding: chunked\r\n\r\n"

typedef struct expectation {
    const char *bytes;
    gw_response_step step;
    int status;
    const char *body;
    bool reusable;
    size_t n_extra;
} expectation;

static const expectation table[] = {
    /* whole */
    {OK_LINE "Content-Length: 2\r\n\r\nhi", GW_RESPONSE_DONE, 200, "hi", true, 0},
    {OK_LINE "content-length:  2 \t\r\n\r\nhi", GW_RESPONSE_DONE, 200, "hi", true, 0},
    {OK_LINE "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", GW_RESPONSE_DONE, 200, "hi", true, 0},
    {OK_LINE "Content-Length: 0\r\n\r\n", GW_RESPONSE_DONE, 200, "", true, 0},
    {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", GW_RESPONSE_DONE, 200, "", true, 0},
    {"HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", GW_RESPONSE_DONE, 429, "", true, 0},
    {OK_LINE "Content-Length: 2\r\n\r\nhiHTTP/1.1", GW_RESPONSE_DONE, 200, "hi", true, 8},
    /* connection */
    {OK_LINE "Connection: close\r\nContent-Length: 0\r\n\r\n", GW_RESPONSE_DONE, 200, "", false, 0},
    {OK_LINE "Connection: x , Close\r\nContent-Length: 0\r\n\r\n", GW_RESPONSE_DONE, 200, "", false, 0},
    {OK_LINE "Connection: closed, not-close\r\nContent-Length: 0\r\n\r\n", GW_RESPONSE_DONE, 200, "", true,
     0},
    {OK_LINE "\r\nuntil the end", GW_RESPONSE_DONE, 200, "until the end", false, 0},
    {OK_LINE "\r\n", GW_RESPONSE_DONE, 200, "", false, 0},
    {"HTTP/1.0 200 OK\r\n\r\nold", GW_RESPONSE_DONE, 200, "old", false, 0},
    {"HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nold", GW_RESPONSE_DONE, 200,
     "old", false, 0},
    /* no body */
    {"HTTP/1.1 204 No Content\r\n\r\n", GW_RESPONSE_DONE, 204, "", true, 0},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", GW_RESPONSE_DONE, 204, "", true, 0},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc", GW_RESPONSE_DONE, 204, "", false, 3},
    {"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", GW_RESPONSE_DONE, 304, "", false, 0},
    /* chunked */
    {CHUNKED "5\r\nhello\r\n0\r\n\r\n", GW_RESPONSE_DONE, 200, "hello", true, 0},
    {CHUNKED "1\r\nh\r\n0004\r\nello\r\n000\r\n\r\n", GW_RESPONSE_DONE, 200, "hello", true, 0},
    {CHUNKED "5;a=\"b\"\r\nhello\r\n0 ; x\r\nTrailer: x\r\nAnother: y\r\n\r\n", GW_RESPONSE_DONE, 200,
     "hello", true, 0},
    {CHUNKED "5  \r\nhello\r\n0\r\n\r\n", GW_RESPONSE_DONE, 200, "hello", true, 0},
    {CHUNKED "A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\nHTTP", GW_RESPONSE_DONE, 200,
     "01234567890123456789a", true, 4},
    {CHUNKED "0\r\n\r\n", GW_RESPONSE_DONE, 200, "", true, 0},
    {OK_LINE "transfer-encoding: CHUNKED\r\n\r\n0\r\n\r\n", GW_RESPONSE_DONE, 200, "", true, 0},
    {CHUNKED "5xyz\r\nhello\r\n0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "0x5\r\nhello\r\n0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "-5\r\nhello\r\n0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED " 5\r\nhello\r\n0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "\r\nhello", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED ";x\r\nhello", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "5\nhello\r\n0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "5\r\rhello", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "5\r\nhello0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "5\r\nhello\n0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "5\r\nhello\r\r\n0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "5;\x01\r\nhello", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "0\r\nTrailer: x\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "0\r\n\rx", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "00000000000000005\r\nhello\r\n0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {CHUNKED "ffffffffffffffff\r\nhello", GW_RESPONSE_TOO_LARGE, 0, NULL, false, 0},
    {CHUNKED "3e8\r\nhello", GW_RESPONSE_MORE, 0, NULL, false, 0},
    {CHUNKED "3e9\r\nhello", GW_RESPONSE_TOO_LARGE, 0, NULL, false, 0},
    {CHUNKED "1\r\nh\r\n3e8\r\nhello", GW_RESPONSE_TOO_LARGE, 0, NULL, false, 0},
    {CHUNKED "5\r\nhello\r\n0\r\n", GW_RESPONSE_MORE, 0, NULL, false, 0},
    /* lengths */
    {OK_LINE "Content-Length: 2\r\n\r\nh", GW_RESPONSE_MORE, 0, NULL, false, 0},
    {OK_LINE "Content-Length: 1000\r\n\r\n", GW_RESPONSE_MORE, 0, NULL, false, 0},
    {OK_LINE "Content-Length: 1001\r\n\r\n", GW_RESPONSE_TOO_LARGE, 0, NULL, false, 0},
    {OK_LINE "Content-Length: 9999999999999999999\r\n\r\n", GW_RESPONSE_TOO_LARGE, 0, NULL, false, 0},
    {OK_LINE "Content-Length: 18446744073709551618\r\n\r\nhi", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "Content-Length: 2, 2\r\n\r\nhi", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "Content-Length: +2\r\n\r\nhi", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "Content-Length: -2\r\n\r\nhi", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "Content-Length: 0x2\r\n\r\nhi", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "Content-Length: 2 3\r\n\r\nhi", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "Content-Length:\r\n\r\nhi", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {"HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    /* codings */
    {OK_LINE "Transfer-Encoding: gzip\r\n\r\nhi", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi", GW_RESPONSE_BAD, 0, NULL, false,
     0},
    {OK_LINE "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", GW_RESPONSE_BAD, 0,
     NULL, false, 0},
    {OK_LINE "Transfer-Encoding:\r\n\r\nhi", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL,
     false, 0},
    {OK_LINE "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL,
     false, 0},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    /* heads */
    {OK_LINE "X: a\r\n folded\r\nContent-Length: 2\r\n\r\nhi", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "X : a\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE ": a\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "no colon\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "X: a\rb\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {OK_LINE "X: a\x01\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {"HTTP/1.1 099 Low\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {"HTTP/1.1 600 High\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {"HTTP/1.1 2x0 OK\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {"HTTP/2.0 200 OK\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {"ICY 200 OK\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {"220 mail", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {"HTTQ", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {"HTTP", GW_RESPONSE_MORE, 0, NULL, false, 0},
    {"HTTP/1.1 200 OK\r\nContent-Le", GW_RESPONSE_MORE, 0, NULL, false, 0},
    {"", GW_RESPONSE_MORE, 0, NULL, false, 0},
    /* interim answers */
    {"HTTP/1.1 100 Continue\r\n\r\n" OK_LINE "Content-Length: 2\r\n\r\nhi", GW_RESPONSE_DONE, 200, "hi", true,
     0},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nContent-Type: x\r\nLink: y\r\n\r\n" CHUNKED
     "1\r\nh\r\n0\r\n\r\n",
     GW_RESPONSE_DONE, 200, "h", true, 0},
    {"HTTP/1.1 100 Continue\r\n\r\n", GW_RESPONSE_MORE, 0, NULL, false, 0},
    {"HTTP/1.1 101 Switching Protocols\r\n\r\n", GW_RESPONSE_BAD, 0, NULL, false, 0},
    {"HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\nhi" OK_LINE "\r\n", GW_RESPONSE_BAD, 0, NULL, false,
     0},
};

static void check(const expectation *e, const driven *d)
{
    if (d->step != e->step)
        fail_msg("step %d, not %d, for: %s", (int)d->step, (int)e->step, e->bytes);
    if (e->step != GW_RESPONSE_DONE)
        return;
    if (d->r.status != e->status || d->r.reusable != e->reusable || d->n_extra != e->n_extra ||
        d->r.body_n != strlen(e->body) || memcmp(d->buf + d->r.head_n, e->body, strlen(e->body)) != 0)
        fail_msg("status %d, reusable %d, extra %zu, body '%.*s' for: %s", d->r.status, d->r.reusable,
                 d->n_extra, (int)d->r.body_n, d->buf + d->r.head_n, e->bytes);
}

static void test_response__reads_what_is_plain_and_refuses_what_is_not(void **state)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t n = strlen(table[i].bytes);
        driven d = drive(table[i].bytes, n, MAX_BODY, false, n, n);
        check(&table[i], &d);
        free(d.buf);
    }
}

static void test_response__does_not_depend_on_how_bytes_are_cut(void **state)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t n = strlen(table[i].bytes);
        driven whole = drive(table[i].bytes, n, MAX_BODY, false, n, n);
        for (size_t cut = 0; cut <= n; cut++) {
            driven d = drive(table[i].bytes, n, MAX_BODY, cut == 0, cut, n);
            const char *diff = driven_diff(&whole, &d);
            if (diff != NULL)
                fail_msg("%s differs when cut at %zu: %s", diff, cut, table[i].bytes);
            free(d.buf);
        }
        free(whole.buf);
    }
}

static void test_response__finds_the_headers_that_matter(void **state)
{
    static const char bytes[] = "HTTP/1.1 100 Continue\r\nRetry-After: 9\r\n\r\n"
                                "HTTP/1.1 503 No\r\ncontent-type:\tapplication/json \r\nRetry-After: 30\r\n"
                                "Content-Length: 0\r\n\r\n";
    driven d = drive(bytes, sizeof bytes - 1, MAX_BODY, true, 0, 0);
    assert_int_equal(d.step, GW_RESPONSE_DONE);
    assert_int_equal(d.r.content_type.n, strlen("application/json"));
    assert_memory_equal(d.buf + d.r.content_type.at, "application/json", d.r.content_type.n);
    assert_int_equal(d.r.retry_after.n, 2);
    assert_memory_equal(d.buf + d.r.retry_after.at, "30", 2);
    free(d.buf);
}

/* A head of exactly `n` bytes, NUL-terminated. */
static char *head_of(size_t n)
{
    static const char start[] = OK_LINE "Content-Length: 0\r\nX: ";
    char *p = malloc(n + 1);
    memset(p, 'x', n);
    memcpy(p, start, sizeof start - 1);
    memcpy(p + n - 4, "\r\n\r\n", 5);
    return p;
}

static void test_response__holds_heads_to_their_ceiling(void **state)
{
    for (size_t n = GW_RESPONSE_MAX_HEAD - 2; n <= GW_RESPONSE_MAX_HEAD + 2; n++) {
        char *head = head_of(n);
        gw_response_step expect = n <= GW_RESPONSE_MAX_HEAD ? GW_RESPONSE_DONE : GW_RESPONSE_TOO_LARGE;
        size_t cuts[] = {n, 1, 20, n / 2, n - 5, n - 1, GW_RESPONSE_MAX_HEAD - 1};
        for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
            driven d = drive(head, n, MAX_BODY, false, cuts[i], n);
            assert_int_equal(d.step, expect);
            free(d.buf);
        }
        driven d = drive(head, n, MAX_BODY, true, 0, 0);
        assert_int_equal(d.step, expect);
        free(d.buf);
        head[30] = '\x01'; /* long and not HTTP: it is the second that counts */
        d = drive(head, n, MAX_BODY, true, 0, 0);
        assert_int_equal(d.step, GW_RESPONSE_BAD);
        free(d.buf);
        free(head);
    }
}

static void test_response__bounds_interim_answers_headers_and_chunk_extras(void **state)
{
    enum { ROOM = 400000 };
    char *p = malloc(ROOM);
    size_t n = 0;
    for (int i = 0; i < GW_RESPONSE_MAX_INTERIM; i++)
        n += (size_t)snprintf(p + n, ROOM - n, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    size_t n_interim = n;
    n += (size_t)snprintf(p + n, ROOM - n, OK_LINE "Content-Length: 0\r\n\r\n");
    driven d = drive(p, n, MAX_BODY, false, n, n);
    assert_int_equal(d.step, GW_RESPONSE_DONE);
    free(d.buf);
    n = n_interim + (size_t)snprintf(p + n_interim, ROOM - n_interim,
                                     "HTTP/1.1 100 Continue\r\n\r\n" OK_LINE "Content-Length: 0\r\n\r\n");
    d = drive(p, n, MAX_BODY, false, n, n);
    assert_int_equal(d.step, GW_RESPONSE_BAD);
    free(d.buf);

    n = (size_t)snprintf(p, ROOM, OK_LINE "Content-Length: 0\r\n");
    for (int i = 0; i < GW_RESPONSE_MAX_HEADERS; i++)
        n += (size_t)snprintf(p + n, ROOM - n, "X: y\r\n");
    n += (size_t)snprintf(p + n, ROOM - n, "\r\n");
    d = drive(p, n, MAX_BODY, false, n, n);
    assert_int_equal(d.step, GW_RESPONSE_BAD);
    free(d.buf);

    /* An extension, blanks and a trailer that never end. */
    static const char *const starts[] = {CHUNKED "1;", CHUNKED "1 ", CHUNKED "0\r\nX: "};
    for (size_t i = 0; i < 3; i++) {
        n = (size_t)snprintf(p, ROOM, "%s", starts[i]);
        memset(p + n, i == 1 ? ' ' : 'x', 100000);
        d = drive(p, n + 100000, MAX_BODY, false, 4711, n + 100000);
        assert_int_equal(d.step, GW_RESPONSE_TOO_LARGE);
        free(d.buf);
    }
    free(p);
}

static void test_response__holds_bodies_without_length_to_their_ceiling(void **state)
{
    char p[2000];
    size_t n = (size_t)snprintf(p, sizeof p, OK_LINE "\r\n");
    memset(p + n, 'x', MAX_BODY + 1);
    driven d = drive(p, n + MAX_BODY, MAX_BODY, true, 0, 0);
    assert_int_equal(d.step, GW_RESPONSE_DONE);
    assert_int_equal(d.r.body_n, MAX_BODY);
    free(d.buf);
    d = drive(p, n + MAX_BODY + 1, MAX_BODY, true, 0, 0);
    assert_int_equal(d.step, GW_RESPONSE_TOO_LARGE);
    free(d.buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_response__reads_what_is_plain_and_refuses_what_is_not),
        cmocka_unit_test(test_response__does_not_depend_on_how_bytes_are_cut),
        cmocka_unit_test(test_response__finds_the_headers_that_matter),
        cmocka_unit_test(test_response__holds_heads_to_their_ceiling),
        cmocka_unit_test(test_response__bounds_interim_answers_headers_and_chunk_extras),
        cmocka_unit_test(test_response__holds_bodies_without_length_to_their_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
