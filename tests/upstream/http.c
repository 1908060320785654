/* SPDX-License-Identifier: MIT */
#include "tests/upstream/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static const char token_chars[] =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static bool fill(up_reader *r)
{
    ssize_t n;
    if (r->start == r->end)
        r->start = r->end = 0;
    if (r->end == sizeof r->buf) {
        memmove(r->buf, r->buf + r->start, r->end - r->start);
        r->end -= r->start;
        r->start = 0;
    }
    do
        n = recv(r->fd, r->buf + r->end, sizeof r->buf - r->end, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return false;
    r->end += (size_t)n;
    return true;
}

static bool read_exactly(up_reader *r, unsigned char *to, size_t n)
{
    while (n > 0) {
        if (r->start == r->end && !fill(r))
            return false;
        size_t take = r->end - r->start < n ? r->end - r->start : n;
        memcpy(to, r->buf + r->start, take);
        r->start += take;
        to += take;
        n -= take;
    }
    return true;
}

static bool read_byte(up_reader *r, unsigned char *out_byte)
{
    return read_exactly(r, out_byte, 1);
}

/* Up to and with the empty line. */
static up_read_result read_head(up_reader *r, up_request *req, const char **out_why)
{
    req->raw_head = malloc(UP_MAX_HEAD + 1);
    while (req->n_raw_head < UP_MAX_HEAD) {
        unsigned char c;
        if (!read_byte(r, &c)) {
            *out_why = "connection ended inside the head";
            return req->n_raw_head == 0 ? UP_READ_EOF : UP_READ_BAD;
        }
        char *head = req->raw_head;
        size_t n = req->n_raw_head;
        head[n] = (char)c;
        req->n_raw_head = ++n;
        head[n] = '\0';
        if (c == '\0' || (c == '\n' && (n < 2 || head[n - 2] != '\r')) ||
            (n >= 2 && head[n - 2] == '\r' && c != '\n')) {
            *out_why = "NUL, bare LF or bare CR in the head";
            return UP_READ_BAD;
        }
        if (n >= 4 && memcmp(head + n - 4, "\r\n\r\n", 4) == 0)
            return UP_READ_OK;
    }
    *out_why = "head too large";
    return UP_READ_BAD;
}

static const char *parse_request_line(up_request *req, char *line)
{
    char *target = strchr(line, ' ');
    if (target == NULL)
        return "no target";
    *target++ = '\0';
    char *version = strchr(target, ' ');
    if (version == NULL || strcmp(version + 1, "HTTP/1.1") != 0)
        return "not HTTP/1.1";
    *version = '\0';
    for (const char *c = target; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~')
            return "target is not printable ASCII";
    }
    if (*target != '/' || line[strspn(line, token_chars)] != '\0')
        return "bad method or target";
    req->method = line;
    req->target = target;
    return NULL;
}

static const char *parse_header(up_request *req, char *line)
{
    size_t n_name = strspn(line, token_chars);
    if (n_name == 0 || line[n_name] != ':')
        return "bad header name";
    if (req->n_headers == UP_MAX_HEADERS)
        return "too many headers";
    char *value = line + n_name + 1;
    line[n_name] = '\0';
    value += strspn(value, " \t");
    size_t n = strlen(value);
    while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        value[--n] = '\0';
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)value[i] < 0x20 && value[i] != '\t')
            return "control character in a header value";
    }
    req->headers[req->n_headers++] = (up_header){line, value};
    return NULL;
}

static const char *parse_head(up_request *req)
{
    req->head = strndup(req->raw_head, req->n_raw_head - 2);
    char *line = req->head;
    for (unsigned i = 0; *line != '\0'; i++) {
        char *end = strstr(line, "\r\n");
        *end = '\0';
        const char *why = i == 0 ? parse_request_line(req, line) : parse_header(req, line);
        if (why != NULL)
            return why;
        line = end + 2;
    }
    return req->method == NULL ? "empty request line" : NULL;
}

static unsigned count_headers(const up_request *req, const char *name)
{
    unsigned n = 0;
    for (size_t i = 0; i < req->n_headers; i++)
        n += strcasecmp(req->headers[i].name, name) == 0;
    return n;
}

/* A line of hexadecimal digits and nothing else; chunk extensions are not wanted from a gateway. */
static const char *read_chunk_size(up_reader *r, size_t *out_size)
{
    size_t size = 0;
    for (unsigned digits = 0;; digits++) {
        unsigned char c;
        if (!read_byte(r, &c))
            return "connection ended inside a chunk size";
        if (c == '\r' && digits > 0)
            break;
        const char *hex = "0123456789abcdef", *at = c == '\0' ? NULL : strchr(hex, c | 0x20);
        if (at == NULL || digits >= 8)
            return "bad chunk size";
        size = size * 16 + (size_t)(at - hex);
    }
    unsigned char lf;
    if (!read_byte(r, &lf) || lf != '\n')
        return "bad end of a chunk size";
    *out_size = size;
    return NULL;
}

static const char *read_chunked(up_reader *r, up_request *req)
{
    for (;;) {
        size_t size = 0;
        const char *why = read_chunk_size(r, &size);
        if (why != NULL)
            return why;
        if (size > UP_MAX_BODY - req->n_body)
            return "body too large";
        req->body = realloc(req->body, req->n_body + size + 1);
        unsigned char crlf[2];
        if (!read_exactly(r, req->body + req->n_body, size) || !read_exactly(r, crlf, 2))
            return "connection ended inside a chunk";
        if (memcmp(crlf, "\r\n", 2) != 0)
            return size == 0 ? "trailers" : "bad end of a chunk";
        req->n_body += size;
        if (size == 0)
            return NULL;
    }
}

static const char *read_sized(up_reader *r, up_request *req, const char *length)
{
    size_t n = strlen(length);
    if (n == 0 || n > 9 || strspn(length, "0123456789") != n)
        return "bad Content-Length";
    size_t size = strtoul(length, NULL, 10);
    if (size > UP_MAX_BODY)
        return "body too large";
    req->body = malloc(size + 1);
    if (!read_exactly(r, req->body, size))
        return "connection ended inside the body";
    req->n_body = size;
    return NULL;
}

static const char *read_body(up_reader *r, up_request *req)
{
    unsigned lengths = count_headers(req, "content-length"),
             codings = count_headers(req, "transfer-encoding");
    if (count_headers(req, "host") != 1 || *up_request_header(req, "host") == '\0')
        return "not exactly one Host";
    if (lengths + codings > 1)
        return "more than one framing of the body";
    if (*up_request_header(req, "expect") != '\0' && !up_write(r->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25))
        return "connection ended before 100 Continue";
    if (lengths == 1)
        return read_sized(r, req, up_request_header(req, "content-length"));
    if (codings == 1 && strcmp(up_request_header(req, "transfer-encoding"), "chunked") != 0)
        return "unknown transfer coding";
    return codings == 1 ? read_chunked(r, req) : NULL;
}

up_read_result up_request_read(up_reader *r, up_request *out_req, const char **out_why)
{
    memset(out_req, 0, sizeof *out_req);
    up_read_result result = read_head(r, out_req, out_why);
    if (result != UP_READ_OK)
        return result;
    *out_why = parse_head(out_req);
    if (*out_why == NULL)
        *out_why = read_body(r, out_req);
    if (*out_why != NULL)
        return UP_READ_BAD;
    out_req->close = strcasecmp(up_request_header(out_req, "connection"), "close") == 0;
    return UP_READ_OK;
}

void up_request_release(up_request *req)
{
    free(req->raw_head);
    free(req->head);
    free(req->body);
    memset(req, 0, sizeof *req);
}

const char *up_request_header(const up_request *req, const char *name)
{
    for (size_t i = 0; i < req->n_headers; i++) {
        if (strcasecmp(req->headers[i].name, name) == 0)
            return req->headers[i].value;
    }
    return "";
}

bool up_write(int fd, const void *p, size_t n)
{
    for (const char *at = p; n > 0;) {
        ssize_t w = send(fd, at, n, MSG_NOSIGNAL);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return false;
        at += w;
        n -= (size_t)w;
    }
    return true;
}
