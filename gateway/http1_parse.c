/* SPDX-License-Identifier: MIT */
#include "gateway/http1_parse.h"

#include <stddef.h>
#include <sys/types.h>

/* picohttpparser as libh2o exports it, without its header. */
struct phr_header {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};
int phr_parse_request(const char *buf, size_t len, const char **method, size_t *method_len, const char **path,
                      size_t *path_len, int *minor_version, struct phr_header *headers, size_t *num_headers,
                      size_t last_len);

/* ---- head ---- */

typedef struct seen_headers {
    unsigned host, length, transfer, type, coding, authorization;
    bool close, keep_alive;
} seen_headers;

static rd_slice slice_of(const char *p, size_t n)
{
    return (rd_slice){(const uint8_t *)p, n};
}

static bool is(const struct phr_header *h, const char *name)
{
    return rd_slice_eq_nocase(slice_of(h->name, h->name_len), rd_slice_str(name));
}

/* The white space around it is not part of a value; picohttpparser leaves what is behind it. */
static rd_slice value_of(const struct phr_header *h)
{
    rd_slice v = slice_of(h->value, h->value_len);
    while (v.n > 0 && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t'))
        v.n--;
    return v;
}

/* Only digits, at most 19 of them. */
static bool parse_length(rd_slice v, uint64_t *out)
{
    uint64_t n = 0;
    if (v.n == 0 || v.n > 19)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(v.p[i] - '0');
    }
    *out = n;
    return true;
}

/* True when the comma list holds `token`, in any case. */
static bool list_has(rd_slice list, const char *token)
{
    rd_slice want = rd_slice_str(token);
    for (size_t at = 0; at <= list.n;) {
        size_t end = at;
        while (end < list.n && list.p[end] != ',')
            end++;
        size_t from = at, to = end;
        while (from < to && (list.p[from] == ' ' || list.p[from] == '\t'))
            from++;
        while (to > from && (list.p[to - 1] == ' ' || list.p[to - 1] == '\t'))
            to--;
        if (rd_slice_eq_nocase((rd_slice){list.p + from, to - from}, want))
            return true;
        at = end + 1;
    }
    return false;
}

/* uri-host and port as far as characters go (RFC 9110 section 7.2); empty is legal. */
static bool is_host(rd_slice v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        bool name = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (!name && (c == 0 || strchr("-._~%!$&'()*+;=:[]", c) == NULL))
            return false;
    }
    return true;
}

static bool take_framing(const struct phr_header *h, gw_http1_head *out, seen_headers *seen)
{
    rd_slice v = value_of(h);
    if (is(h, "host"))
        return seen->host++ == 0 && is_host(v);
    if (is(h, "content-length")) {
        out->head.has_length = true;
        return seen->length++ == 0 && parse_length(v, &out->head.content_length);
    }
    if (is(h, "transfer-encoding")) {
        out->chunked = true;
        return seen->transfer++ == 0 && rd_slice_eq_nocase(v, RD_SLICE_LIT("chunked"));
    }
    if (is(h, "connection")) {
        seen->close |= list_has(v, "close");
        seen->keep_alive |= list_has(v, "keep-alive");
    } else if (is(h, "expect")) {
        bool known = rd_slice_eq_nocase(v, RD_SLICE_LIT("100-continue"));
        out->expect_continue |= known;
        out->bad_expect |= !known;
    }
    return true;
}

/* A second one of these would mean that two readers may see two different requests. */
static bool take_content(const struct phr_header *h, gw_head *out, seen_headers *seen)
{
    rd_slice v = value_of(h);
    if (is(h, "content-type")) {
        out->content_type = v;
        return seen->type++ == 0;
    }
    if (is(h, "content-encoding")) {
        out->content_encoding = v;
        return seen->coding++ == 0;
    }
    if (is(h, "authorization")) {
        out->authorization = v;
        return seen->authorization++ == 0;
    }
    if (is(h, "origin"))
        out->origin = v;
    else if (is(h, "access-control-request-method"))
        out->request_method = v;
    else if (is(h, "access-control-request-headers"))
        out->request_headers = v;
    else if (is(h, "traceparent"))
        out->traceparent = v;
    else if (is(h, "tracestate"))
        out->tracestate = v;
    return true;
}

/* Every line must end in CRLF: picohttpparser takes a bare LF. */
static bool has_bare_lf(rd_slice head)
{
    const uint8_t *p = head.p, *end = head.p + head.n;
    while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        if (p == head.p || p[-1] != '\r')
            return true;
        p++;
    }
    return false;
}

/* Path and query of an origin-form or absolute-form target. */
static bool split_target(rd_slice target, gw_head *out)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (unsigned i = 0; i < 2; i++) {
        rd_slice s = rd_slice_str(schemes[i]);
        if (target.n <= s.n || !rd_slice_eq_nocase((rd_slice){target.p, s.n}, s))
            continue;
        size_t at = s.n;
        while (at < target.n && target.p[at] != '/' && target.p[at] != '?')
            at++;
        if (at == s.n)
            return false; /* no host */
        target = (rd_slice){target.p + at, target.n - at};
        if (target.n == 0 || target.p[0] == '?') {
            out->path = RD_SLICE_LIT("/");
            out->query = target.n == 0 ? target : (rd_slice){target.p + 1, target.n - 1};
            return true;
        }
        break;
    }
    if (target.n == 0 || target.p[0] != '/') {
        out->path = target; /* `*`, an authority: no route will match */
        return target.n == 1 && target.p[0] == '*';
    }
    size_t q = 0;
    while (q < target.n && target.p[q] != '?')
        q++;
    out->path = (rd_slice){target.p, q};
    out->query = q < target.n ? (rd_slice){target.p + q + 1, target.n - q - 1} : (rd_slice){0};
    return true;
}

static bool settle(gw_http1_head *h, int minor, const seen_headers *seen)
{
    /* `close` stands, whatever else is said (RFC 9112 section 9.3). */
    h->http11 = minor == 1;
    h->keep_alive = !seen->close && (minor == 1 || seen->keep_alive);
    if (minor == 0)
        h->expect_continue = h->bad_expect = false; /* RFC 9110 section 10.1.1 */
    if (minor == 1 && seen->host != 1)
        return false;
    if (h->chunked && (h->head.has_length || minor == 0))
        return false;
    return true;
}

gw_parse gw_http1_parse_head(rd_slice bytes, size_t max, size_t seen_bytes, gw_http1_head *out)
{
    struct phr_header headers[GW_HTTP1_MAX_HEADERS];
    size_t n_headers = GW_HTTP1_MAX_HEADERS, method_len, path_len;
    const char *method, *path;
    int minor;
    seen_headers seen = {0};
    rd_slice in = {bytes.p, bytes.n < max ? bytes.n : max};
    *out = (gw_http1_head){0};
    int n = phr_parse_request((const char *)in.p, in.n, &method, &method_len, &path, &path_len, &minor,
                              headers, &n_headers, seen_bytes < in.n ? seen_bytes : 0);
    if (n == -2)
        return in.n == max ? GW_PARSE_TOO_LARGE : GW_PARSE_INCOMPLETE;
    if (n < 0 || minor > 1 || has_bare_lf((rd_slice){in.p, (size_t)n}))
        return GW_PARSE_BAD;
    out->n_bytes = (size_t)n;
    out->head.method = slice_of(method, method_len);
    if (n_headers > 0)
        out->head.fields = slice_of(headers[0].name, (size_t)((const char *)in.p + n - headers[0].name));
    if (!split_target(slice_of(path, path_len), &out->head))
        return GW_PARSE_BAD;
    for (size_t i = 0; i < n_headers; i++) {
        /* No name: a folded line. */
        if (headers[i].name == NULL || headers[i].name_len == 0 || !take_framing(&headers[i], out, &seen) ||
            !take_content(&headers[i], &out->head, &seen))
            return GW_PARSE_BAD;
    }
    return settle(out, minor, &seen) ? GW_PARSE_OK : GW_PARSE_BAD;
}

void gw_http1_move_head(gw_http1_head *h, const uint8_t *from, const uint8_t *to)
{
    rd_slice *const slices[] = {
        &h->head.method,           &h->head.path,       &h->head.query,          &h->head.content_type,
        &h->head.content_encoding, &h->head.origin,     &h->head.request_method, &h->head.request_headers,
        &h->head.traceparent,      &h->head.tracestate, &h->head.authorization,  &h->head.fields};
    _Static_assert(sizeof slices / sizeof slices[0] * sizeof(rd_slice) == offsetof(gw_head, peer),
                   "all that a head has");
    for (size_t i = 0; i < sizeof slices / sizeof slices[0]; i++) {
        const uint8_t *p = slices[i]->p; /* or a literal, or NULL */
        if (p >= from && p <= from + h->n_bytes)
            slices[i]->p = to + (p - from);
    }
}

/* ---- chunked ---- */

enum { SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER, TRAILER_LF, END_LF };
enum { MAX_LINE = 4096, MAX_OVERHEAD = 64 << 10, MAX_SIZE_DIGITS = 15 };

static int hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool size_byte(gw_chunked *c, uint8_t b)
{
    int v = hex(b);
    if (v >= 0) {
        c->left = c->left << 4 | (uint64_t)v;
        return ++c->digits <= MAX_SIZE_DIGITS;
    }
    if (c->digits == 0)
        return false;
    if (b == '\r')
        c->state = SIZE_LF;
    else if (b == ';')
        c->state = EXTENSION;
    else
        return false;
    return true;
}

/* One byte outside chunk data; false: not chunked coding. Field text may not hold bare LF, NUL or other
 * controls. */
static bool line_byte(gw_chunked *c, uint8_t b, bool *out_done)
{
    if (++c->overhead > MAX_OVERHEAD || ++c->line > MAX_LINE)
        return false;
    switch (c->state) {
    case SIZE:
        return size_byte(c, b);
    case EXTENSION:
        if (b == '\r')
            c->state = SIZE_LF;
        return b == '\r' || b == '\t' || (b >= 0x20 && b != 0x7f);
    case SIZE_LF:
        c->state = c->left > 0 ? DATA : TRAILER;
        c->line = 0;
        c->digits = 0;
        return b == '\n';
    case DATA_CR:
        c->state = DATA_LF;
        return b == '\r';
    case DATA_LF:
        c->state = SIZE;
        c->line = 0;
        return b == '\n';
    case TRAILER:
        if (b == '\r')
            c->state = c->line == 1 ? END_LF : TRAILER_LF;
        return b == '\r' || b == '\t' || (b >= 0x20 && b != 0x7f);
    case TRAILER_LF:
        c->state = TRAILER;
        c->line = 0;
        return b == '\n';
    default: /* END_LF */
        *out_done = b == '\n';
        return b == '\n';
    }
}

gw_parse gw_chunked_feed(gw_chunked *c, rd_slice in, rd_buf *out, size_t *out_used)
{
    size_t at = 0;
    bool done = false;
    while (at < in.n && !done) {
        if (c->state != DATA) {
            if (!line_byte(c, in.p[at++], &done))
                return GW_PARSE_BAD;
            continue;
        }
        size_t n = in.n - at < c->left ? in.n - at : (size_t)c->left;
        if (n > out->max - out->n)
            return GW_PARSE_TOO_LARGE;
        rd_buf_append(out, in.p + at, n);
        if (out->failed != RD_OK)
            return GW_PARSE_TOO_LARGE;
        at += n;
        c->left -= n;
        /* Many tiny chunks are allowed; their framing may not grow without data. */
        c->overhead = c->overhead > n ? c->overhead - (uint32_t)n : 0;
        if (c->left == 0)
            c->state = DATA_CR;
    }
    *out_used = at;
    return done ? GW_PARSE_OK : GW_PARSE_INCOMPLETE;
}
