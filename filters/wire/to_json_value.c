/* SPDX-License-Identifier: MIT */
/*
 * Scalars in the OTLP JSON mapping: 64-bit integers are strings, enums are numbers, ids are hex, other bytes
 * are base64, what a JSON number cannot say is a string. Floating point numbers are written with as few
 * digits (15 to 17, or 6 to 9 for single precision) as give the same number back.
 */
#include "filters/wire/to_json_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "filters/json/json.h"

static uint64_t unzigzag(uint64_t v)
{
    return (v >> 1) ^ (0 - (v & 1));
}

static void put_string_i64(int64_t v, rd_buf *out)
{
    rd_buf_append_byte(out, '"');
    rd_buf_append_i64(out, v);
    rd_buf_append_byte(out, '"');
}

static void put_string_u64(uint64_t v, rd_buf *out)
{
    rd_buf_append_byte(out, '"');
    rd_buf_append_u64(out, v);
    rd_buf_append_byte(out, '"');
}

static void put_real(double v, bool single, rd_buf *out)
{
    char text[32];
    if (isnan(v)) {
        rd_buf_append_str(out, "\"NaN\"");
        return;
    }
    if (isinf(v)) {
        rd_buf_append_str(out, v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        return;
    }
    if (v > -1e15 && v < 1e15 && v == (double)(int64_t)v && !(v == 0 && signbit(v))) {
        rd_buf_append_i64(out, (int64_t)v);
        return;
    }
    int digits = single ? 6 : 15, most = single ? 9 : 17;
    for (; digits <= most; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (single ? strtof(text, NULL) == (float)v : strtod(text, NULL) == v)
            break;
    }
    char *comma = strchr(text, ','); /* of a host program's locale */
    if (comma != NULL)
        *comma = '.';
    rd_buf_append_str(out, text);
}

static double bits_to_double(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static float bits_to_float(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

void rd_json_put_number(const rd_field *f, uint64_t number, rd_buf *out)
{
    switch ((rd_scalar)f->scalar) {
    case RD_SCALAR_BOOL:
        rd_buf_append_str(out, number != 0 ? "true" : "false");
        break;
    case RD_SCALAR_ENUM:
    case RD_SCALAR_INT32:
    case RD_SCALAR_SFIXED32:
        rd_buf_append_i64(out, (int32_t)(uint32_t)number);
        break;
    case RD_SCALAR_SINT32:
        rd_buf_append_i64(out, (int32_t)(uint32_t)unzigzag((uint32_t)number));
        break;
    case RD_SCALAR_UINT32:
    case RD_SCALAR_FIXED32:
        rd_buf_append_u64(out, (uint32_t)number);
        break;
    case RD_SCALAR_INT64:
    case RD_SCALAR_SFIXED64:
        put_string_i64((int64_t)number, out);
        break;
    case RD_SCALAR_SINT64:
        put_string_i64((int64_t)unzigzag(number), out);
        break;
    case RD_SCALAR_UINT64:
    case RD_SCALAR_FIXED64:
        put_string_u64(number, out);
        break;
    case RD_SCALAR_DOUBLE:
        put_real(bits_to_double(number), false, out);
        break;
    case RD_SCALAR_FLOAT:
        put_real((double)bits_to_float((uint32_t)number), true, out);
        break;
    case RD_SCALAR_MESSAGE:
    case RD_SCALAR_STRING:
    case RD_SCALAR_BYTES:
        break; /* not numbers: the wire type was checked against the field */
    }
}

static void put_hex(rd_slice s, rd_buf *out)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *to = rd_buf_reserve(out, s.n * 2);
    if (to == NULL)
        return;
    for (size_t i = 0; i < s.n; i++) {
        *to++ = (uint8_t)digits[s.p[i] >> 4];
        *to++ = (uint8_t)digits[s.p[i] & 15];
    }
    out->n += s.n * 2;
}

/* Standard alphabet with padding: what every reader of OTLP/JSON takes. */
static void put_base64(rd_slice s, rd_buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = (s.n + 2) / 3 * 4;
    uint8_t *to = rd_buf_reserve(out, n);
    if (to == NULL)
        return;
    for (size_t i = 0; i < s.n; i += 3) {
        size_t left = s.n - i;
        uint32_t v = (uint32_t)s.p[i] << 16;
        if (left > 1)
            v |= (uint32_t)s.p[i + 1] << 8;
        if (left > 2)
            v |= s.p[i + 2];
        *to++ = (uint8_t)digits[v >> 18];
        *to++ = (uint8_t)digits[v >> 12 & 63];
        *to++ = left > 1 ? (uint8_t)digits[v >> 6 & 63] : '=';
        *to++ = left > 2 ? (uint8_t)digits[v & 63] : '=';
    }
    out->n += n;
}

void rd_json_put_bytes(const rd_field *f, rd_slice bytes, rd_buf *out)
{
    rd_buf_append_byte(out, '"');
    if (f->scalar == RD_SCALAR_STRING)
        rd_json_escape(bytes, out);
    else if (f->mark == RD_MARK_ID)
        put_hex(bytes, out);
    else
        put_base64(bytes, out);
    rd_buf_append_byte(out, '"');
}
