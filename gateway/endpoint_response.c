/* SPDX-License-Identifier: MIT */
/*
 * See the header. Heads are parsed by picohttpparser, which libh2o exports without a header of its own. Its
 * chunk decoder is not used: it takes "5xyz" and "0x5" as sizes, bare LF, and trailers without end.
 *
 * Sources: RFC 9112 sections 2.2, 4, 5.2, 6, 7.1, 9.3; RFC 9110 sections 15.2, 15.3.5, 15.4.5.
 */
#include "gateway/endpoint_response.h"

#include <string.h>
#include <strings.h>

/* picohttpparser.h, as of libh2o 2.2.5 */
struct phr_header {
    const char *name; /* NULL: continuation of the line before (obs-fold) */
    size_t name_len;
    const char *value;
    size_t value_len;
};
int phr_parse_response(const char *buf, size_t len, int *minor_version, int *status, const char **msg,
                       size_t *msg_len, struct phr_header *headers, size_t *num_headers, size_t last_len);

/* What the framing headers of one head say. */
typedef struct framing {
    bool has_length, has_coding, close;
    uint64_t length;
} framing;

enum {
    CHUNK_SIZE,    /* first digit must come */
    CHUNK_DIGITS,  /* further digits */
    CHUNK_SPACE,   /* blanks some servers pad sizes with */
    CHUNK_EXT,     /* extension, ignored */
    CHUNK_SIZE_LF, /* after the CR of a size line */
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_LINE,    /* start of a trailer line, or the end */
    CHUNK_TRAILER, /* inside a trailer line, ignored */
    CHUNK_TRAILER_LF,
    CHUNK_END_LF,
    CHUNK_ENDED,
    CHUNK_BAD,
    CHUNK_TOO_LARGE
};

void gw_response_init(gw_response *r, uint64_t max_body)
{
    memset(r, 0, sizeof *r);
    r->max_body = max_body;
}

static bool name_is(const struct phr_header *h, const char *name, size_t n)
{
    return h->name_len == n && strncasecmp(h->name, name, n) == 0;
}
#define NAME_IS(h, lit) name_is(h, lit, sizeof(lit) - 1)

/* 1*DIGIT that fits; lists such as "5, 5" are a doubt, so no. */
static bool read_length(const char *p, size_t n, uint64_t *out)
{
    uint64_t v = 0;
    if (n == 0 || n > 19)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(p[i] - '0');
    }
    *out = v;
    return true;
}

static bool has_close(const char *p, size_t n)
{
    const char *end = p + n;
    while (p < end) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *stop = comma != NULL ? comma : end;
        while (p < stop && (*p == ' ' || *p == '\t'))
            p++;
        const char *last = stop;
        while (last > p && (last[-1] == ' ' || last[-1] == '\t'))
            last--;
        if (last - p == 5 && strncasecmp(p, "close", 5) == 0)
            return true;
        p = stop + 1;
    }
    return false;
}

/* One header line; false: the head is not to be trusted. */
static bool read_header(gw_response *r, const char *buf, const struct phr_header *h, framing *f)
{
    size_t n = h->value_len;
    uint64_t length;
    if (h->name == NULL)
        return false;
    while (n > 0 && (h->value[n - 1] == ' ' || h->value[n - 1] == '\t'))
        n--;
    gw_response_span value = {(size_t)(h->value - buf), n};
    if (NAME_IS(h, "content-length")) {
        if (!read_length(h->value, n, &length) || (f->has_length && f->length != length))
            return false;
        f->has_length = true;
        f->length = length;
    } else if (NAME_IS(h, "transfer-encoding")) {
        if (f->has_coding || n != 7 || strncasecmp(h->value, "chunked", 7) != 0)
            return false;
        f->has_coding = true;
    } else if (NAME_IS(h, "connection")) {
        f->close = f->close || has_close(h->value, n);
    } else if (NAME_IS(h, "content-type") && r->content_type.n == 0) {
        r->content_type = value;
    } else if (NAME_IS(h, "retry-after") && r->retry_after.n == 0) {
        r->retry_after = value;
    }
    return true;
}

static gw_response_step begin_body(gw_response *r, const framing *f, int minor_version)
{
    if (f->has_coding && (f->has_length || minor_version == 0))
        return GW_RESPONSE_BAD;
    r->reusable = minor_version > 0 && !f->close;
    if (r->status == 204 || r->status == 304) {
        /* No body whatever the head says; if it says something, the two sides may see it differently. */
        r->reusable = r->reusable && !f->has_coding && (!f->has_length || f->length == 0);
        r->phase = GW_RESPONSE_ENDED;
    } else if (f->has_coding) {
        r->phase = GW_RESPONSE_BODY_CHUNKED;
    } else if (f->has_length) {
        if (f->length > r->max_body)
            return GW_RESPONSE_TOO_LARGE;
        r->length = f->length;
        r->phase = GW_RESPONSE_BODY_LENGTH;
    } else {
        r->reusable = false;
        r->phase = GW_RESPONSE_BODY_CLOSE;
    }
    return GW_RESPONSE_MORE;
}

/* phr_parse_response without what we do not use. `scanned` > 0 makes it look for the end of the head first,
 * from there, so that a head that drips in is not parsed anew for every byte. */
static int parse_head(const char *buf, size_t n, size_t scanned, int *out_minor, int *out_status,
                      struct phr_header *headers, size_t *out_n_headers)
{
    const char *reason;
    size_t reason_n;
    *out_n_headers = GW_RESPONSE_MAX_HEADERS;
    return phr_parse_response(buf, n, out_minor, out_status, &reason, &reason_n, headers, out_n_headers,
                              scanned);
}

/* An unfinished head of `n` bytes is either the beginning of a good one or never will be. */
static bool could_be_head(const char *buf, size_t n)
{
    struct phr_header headers[GW_RESPONSE_MAX_HEADERS];
    size_t n_headers;
    int minor, status;
    static const char start[] = "HTTP/1.";
    size_t n_start = n < sizeof start - 1 ? n : sizeof start - 1;
    return memcmp(buf, start, n_start) == 0 &&
           parse_head(buf, n, 0, &minor, &status, headers, &n_headers) != -1;
}

/* Reads one head at the start of buf: MORE with r->phase still HEAD means that it is not all there; interim
 * answers are reported by *out_interim_n > 0, their length. */
static gw_response_step read_head(gw_response *r, const char *buf, size_t n, size_t *out_interim_n)
{
    struct phr_header headers[GW_RESPONSE_MAX_HEADERS];
    size_t n_headers, seen = n < GW_RESPONSE_MAX_HEAD ? n : GW_RESPONSE_MAX_HEAD;
    int minor, status;
    framing f = {0};

    int used =
        parse_head(buf, seen, r->scanned < 4096 ? 0 : r->scanned, &minor, &status, headers, &n_headers);
    if (used == -1)
        return GW_RESPONSE_BAD;
    if (used == -2) {
        r->scanned = seen;
        if (n <= GW_RESPONSE_MAX_HEAD)
            return GW_RESPONSE_MORE;
        return could_be_head(buf, seen) ? GW_RESPONSE_TOO_LARGE : GW_RESPONSE_BAD;
    }
    if (status < 100 || status > 599 || status == 101)
        return GW_RESPONSE_BAD;
    r->content_type = r->retry_after = (gw_response_span){0};
    for (size_t i = 0; i < n_headers; i++) {
        if (!read_header(r, buf, &headers[i], &f))
            return GW_RESPONSE_BAD;
    }
    if (status < 200) {
        if (f.has_coding || f.length > 0 || ++r->n_interim > GW_RESPONSE_MAX_INTERIM)
            return GW_RESPONSE_BAD;
        *out_interim_n = (size_t)used;
        return GW_RESPONSE_MORE;
    }
    r->status = status;
    r->head_n = (size_t)used;
    return begin_body(r, &f, minor);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* After the digits of a size: what may stand there. */
static uint8_t after_size(char c)
{
    if (c == '\r')
        return CHUNK_SIZE_LF;
    if (c == ';')
        return CHUNK_EXT;
    return c == ' ' || c == '\t' ? CHUNK_SPACE : CHUNK_BAD;
}

static uint8_t read_size_digit(gw_response *r, char c)
{
    int v = hex_value(c);
    if (v < 0)
        return r->chunk.state == CHUNK_SIZE ? CHUNK_BAD : after_size(c);
    if (++r->chunk.n_digits > 16)
        return CHUNK_BAD;
    r->chunk.left = r->chunk.left << 4 | (uint64_t)v;
    return CHUNK_DIGITS;
}

/* A byte that we skip: extension or trailer. Controls other than TAB never belong there. */
static uint8_t skip_byte(gw_response *r, char c, uint8_t same, uint8_t after_cr)
{
    if (c == '\r')
        return after_cr;
    if (((unsigned char)c < 0x20 && c != '\t') || c == 0x7f)
        return CHUNK_BAD;
    return ++r->chunk.n_extra > GW_RESPONSE_MAX_HEAD ? CHUNK_TOO_LARGE : same;
}

static uint8_t end_size_line(gw_response *r)
{
    r->chunk.n_digits = 0;
    if (r->chunk.left == 0)
        return CHUNK_LINE;
    return r->chunk.left > r->max_body - r->body_n ? CHUNK_TOO_LARGE : CHUNK_DATA;
}

/* The state after one byte of chunk framing. */
static uint8_t chunk_next(gw_response *r, char c)
{
    switch (r->chunk.state) {
    case CHUNK_SIZE:
    case CHUNK_DIGITS:
        return read_size_digit(r, c);
    case CHUNK_SPACE:
        return ++r->chunk.n_extra > GW_RESPONSE_MAX_HEAD ? CHUNK_TOO_LARGE : after_size(c);
    case CHUNK_EXT:
        return skip_byte(r, c, CHUNK_EXT, CHUNK_SIZE_LF);
    case CHUNK_SIZE_LF:
        return c == '\n' ? end_size_line(r) : CHUNK_BAD;
    case CHUNK_DATA_CR:
        return c == '\r' ? CHUNK_DATA_LF : CHUNK_BAD;
    case CHUNK_DATA_LF:
        return c == '\n' ? CHUNK_SIZE : CHUNK_BAD;
    case CHUNK_LINE:
        return skip_byte(r, c, CHUNK_TRAILER, CHUNK_END_LF);
    case CHUNK_TRAILER:
        return skip_byte(r, c, CHUNK_TRAILER, CHUNK_TRAILER_LF);
    case CHUNK_TRAILER_LF:
        return c == '\n' ? CHUNK_LINE : CHUNK_BAD;
    case CHUNK_END_LF:
        return c == '\n' ? CHUNK_ENDED : CHUNK_BAD;
    default:
        return CHUNK_BAD;
    }
}

/* Everything up to head_n + body_n was decoded by earlier feeds; what follows is new and still framed. */
static gw_response_step read_chunks(gw_response *r, char *buf, size_t *n)
{
    size_t to = r->head_n + (size_t)r->body_n, from = to;
    while (from < *n && r->chunk.state < CHUNK_ENDED) {
        if (r->chunk.state != CHUNK_DATA) {
            r->chunk.state = chunk_next(r, buf[from++]);
            continue;
        }
        size_t part = *n - from < r->chunk.left ? *n - from : (size_t)r->chunk.left;
        memmove(buf + to, buf + from, part);
        to += part;
        from += part;
        r->body_n += part;
        r->chunk.left -= part;
        if (r->chunk.left == 0)
            r->chunk.state = CHUNK_DATA_CR;
    }
    memmove(buf + to, buf + from, *n - from);
    *n = to + (*n - from);
    switch (r->chunk.state) {
    case CHUNK_ENDED:
        r->phase = GW_RESPONSE_ENDED;
        return GW_RESPONSE_DONE;
    case CHUNK_BAD:
        return GW_RESPONSE_BAD;
    case CHUNK_TOO_LARGE:
        return GW_RESPONSE_TOO_LARGE;
    default:
        return GW_RESPONSE_MORE;
    }
}

static gw_response_step read_body(gw_response *r, char *buf, size_t *n)
{
    uint64_t here = *n - r->head_n;
    switch (r->phase) {
    case GW_RESPONSE_BODY_LENGTH:
        r->body_n = here < r->length ? here : r->length;
        if (r->body_n < r->length)
            return GW_RESPONSE_MORE;
        r->phase = GW_RESPONSE_ENDED;
        return GW_RESPONSE_DONE;
    case GW_RESPONSE_BODY_CHUNKED:
        return read_chunks(r, buf, n);
    case GW_RESPONSE_BODY_CLOSE:
        r->body_n = here;
        return here > r->max_body ? GW_RESPONSE_TOO_LARGE : GW_RESPONSE_MORE;
    default:
        return GW_RESPONSE_DONE;
    }
}

gw_response_step gw_response_feed(gw_response *r, char *buf, size_t *n)
{
    while (r->phase == GW_RESPONSE_HEAD) {
        size_t interim_n = 0;
        gw_response_step step = read_head(r, buf, *n, &interim_n);
        if (step != GW_RESPONSE_MORE)
            return step;
        if (interim_n > 0) {
            memmove(buf, buf + interim_n, *n - interim_n);
            *n -= interim_n;
            r->scanned = 0;
        } else if (r->phase == GW_RESPONSE_HEAD) {
            return GW_RESPONSE_MORE;
        }
    }
    return read_body(r, buf, n);
}

gw_response_step gw_response_close(gw_response *r, const char *buf, size_t n)
{
    if (r->phase == GW_RESPONSE_HEAD)
        return n == 0 || could_be_head(buf, n) ? GW_RESPONSE_MORE : GW_RESPONSE_BAD;
    if (r->phase == GW_RESPONSE_BODY_CLOSE)
        r->phase = GW_RESPONSE_ENDED;
    return r->phase == GW_RESPONSE_ENDED ? GW_RESPONSE_DONE : GW_RESPONSE_MORE;
}
