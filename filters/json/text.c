/* SPDX-License-Identifier: MIT */
/*
 * The string forms of JSON: escaped to plain and back, and which escape a place in the plain text
 * came from. Callers: the walkers (names and keys), redact (values), the store (one line a value).
 */
#include "filters/base/utf8.h"
#include "filters/json/json.h"
#include "filters/json/token.h"

enum { REPLACEMENT = 0xFFFD };

static unsigned hex_value(uint8_t c)
{
    return c <= '9' ? c - (unsigned)'0' : (c | 0x20U) - 'a' + 10U;
}

static uint32_t hex4(const uint8_t *p)
{
    return hex_value(p[0]) << 12 | hex_value(p[1]) << 8 | hex_value(p[2]) << 4 | hex_value(p[3]);
}

/* One escape of a string that passed the tokenizer: its length, and the text it stands for. */
typedef struct unit {
    size_t raw_len, text_len;
    uint8_t text[4];
} unit;

static uint8_t short_escape(uint8_t c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

/* p[0] is a backslash, n bytes are left. What is not an escape (it never passed the tokenizer)
 * stands for itself, so that nothing is read out of bounds. */
static unit read_escape(const uint8_t *p, size_t n)
{
    unit u = {.raw_len = 1, .text_len = 1, .text = {'\\'}};
    if (n < 2)
        return u;
    if (p[1] != 'u') {
        u.raw_len = 2;
        u.text[0] = short_escape(p[1]);
        return u;
    }
    if (n < 6)
        return u;
    uint32_t cp = hex4(p + 2);
    u.raw_len = 6;
    if (cp >= 0xD800 && cp < 0xDC00 && n >= 12 && p[6] == '\\' && p[7] == 'u') {
        uint32_t low = hex4(p + 8);
        if (low >= 0xDC00 && low < 0xE000) {
            cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
            u.raw_len = 12;
        }
    }
    if (cp >= 0xD800 && cp < 0xE000)
        cp = REPLACEMENT;
    u.text_len = rd_utf8_put(cp, u.text);
    return u;
}

void rd_json_unescape(rd_slice raw, rd_buf *out)
{
    size_t at = 0;

    while (at < raw.n) {
        const uint8_t *back = memchr(raw.p + at, '\\', raw.n - at);
        size_t plain = back != NULL ? (size_t)(back - raw.p) - at : raw.n - at;
        rd_buf_append(out, raw.p + at, plain);
        at += plain;
        if (back == NULL)
            return;
        unit u = read_escape(back, raw.n - at);
        rd_buf_append(out, u.text, u.text_len);
        at += u.raw_len;
    }
}

size_t rd_json_raw_advance(rd_slice raw, rd_json_place *place, size_t text_off)
{
    while (place->raw_off < raw.n) {
        const uint8_t *from = raw.p + place->raw_off;
        const uint8_t *back = memchr(from, '\\', raw.n - place->raw_off);
        size_t plain = back != NULL ? (size_t)(back - from) : raw.n - place->raw_off;
        if (text_off - place->text_off < plain) {
            place->raw_off += text_off - place->text_off;
            place->text_off = text_off;
            break;
        }
        place->raw_off += plain;
        place->text_off += plain;
        if (back == NULL)
            break;
        unit u = read_escape(back, raw.n - place->raw_off);
        if (text_off - place->text_off < u.text_len)
            break;
        place->raw_off += u.raw_len;
        place->text_off += u.text_len;
    }
    return place->raw_off;
}

size_t rd_json_raw_offset(rd_slice raw, size_t text_off)
{
    rd_json_place place = {0};
    return rd_json_raw_advance(raw, &place, text_off);
}

/* Appends the escape of a quote, backslash or control character. */
static void put_escape(uint8_t c, rd_buf *out)
{
    static const char hex[] = "0123456789abcdef";
    static const char names[] = "btn\0fr"; /* from 0x08; vertical tab has none */
    uint8_t text[6] = {'\\', c, '0', '0', 0, 0};

    if (c == '"' || c == '\\') {
        rd_buf_append(out, text, 2);
    } else if (c >= 0x08 && c <= 0x0D && c != 0x0B) {
        text[1] = (uint8_t)names[c - 0x08];
        rd_buf_append(out, text, 2);
    } else {
        text[1] = 'u';
        text[4] = (uint8_t)hex[c >> 4];
        text[5] = (uint8_t)hex[c & 15];
        rd_buf_append(out, text, 6);
    }
}

/* Appends bytes without quotes, backslashes or control characters; bad UTF-8 becomes U+FFFD. */
static void put_plain(rd_slice s, rd_buf *out)
{
    if (rd_utf8_valid(s)) {
        rd_buf_append(out, s.p, s.n);
        return;
    }
    for (size_t i = 0; i < s.n;) {
        uint8_t c = s.p[i];
        size_t len = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        if (len <= s.n - i && rd_utf8_valid((rd_slice){s.p + i, len})) {
            rd_buf_append(out, s.p + i, len);
            i += len;
        } else {
            rd_buf_append_str(out, "\xEF\xBF\xBD");
            i++;
        }
    }
}

void rd_json_escape(rd_slice text, rd_buf *out)
{
    if (text.n == 0)
        return;
    const uint8_t *p = text.p, *end = text.p + text.n;
    for (;;) {
        unsigned high = 0;
        const uint8_t *stop = rd_json_plain_end(p, end, &high);
        if (high == 0)
            rd_buf_append(out, p, (size_t)(stop - p));
        else
            put_plain((rd_slice){p, (size_t)(stop - p)}, out);
        if (stop == end)
            return;
        put_escape(*stop, out);
        p = stop + 1;
    }
}

/* End of the stretch at p that has no white space outside strings. */
static const uint8_t *dense_end(const uint8_t *p, const uint8_t *end)
{
    while (p<end && * p> ' ') {
        if (*p++ != '"')
            continue;
        unsigned high = 0;
        while ((p = rd_json_plain_end(p, end, &high)) < end && *p != '"')
            p += *p == '\\' ? 2 : 1;
        p++;
    }
    return p;
}

rd_outcome rd_json_minify(rd_slice json, rd_buf *out, rd_error *err)
{
    static const rd_limits any = {
        .max_depth = RD_JSON_MAX_DEPTH, .max_elements = UINT32_MAX, .keep_invalid_utf8 = true};
    rd_json j;

    rd_json_init(&j, json, &any);
    if (j.failed == RD_OK)
        (void)rd_json_skip(&j);
    rd_outcome o = rd_json_finish(&j, err);
    if (o != RD_OK)
        return o;
    const uint8_t *end = json.p + json.n;
    for (const uint8_t *p = json.p; p < end;) {
        const uint8_t *stop = dense_end(p, end);
        rd_buf_append(out, p, (size_t)(stop - p));
        p = stop;
        while (p < end && *p <= ' ')
            p++;
    }
    return out->failed == RD_OK ? RD_OK : rd_fail(err, out->failed, "output buffer", SIZE_MAX);
}
