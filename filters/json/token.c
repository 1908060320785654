/* SPDX-License-Identifier: MIT */
/*
 * The tokenizer's slow paths: escapes, numbers, literals, skipping. Source: RFC 8259; well-formed
 * UTF-8 by RFC 3629. Accepted on purpose: lone surrogate escapes (JavaScript sends them).
 */
#include "filters/json/token.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "filters/base/utf8.h"

void rd_json_init(rd_json *j, rd_slice body, const rd_limits *lim)
{
    static const uint8_t nothing[1];
    const uint8_t *p = body.p != NULL ? body.p : nothing;

    *j = (rd_json){
        .p = p,
        .end = p + body.n,
        .base = p,
        .max_depth = lim->max_depth < RD_JSON_MAX_DEPTH ? lim->max_depth : RD_JSON_MAX_DEPTH,
        .max_values = lim->max_elements,
        .keep_invalid_utf8 = lim->keep_invalid_utf8,
    };
    if (body.n > RD_DOC_MAX_BODY) {
        j->end = p;
        rd_json_fail(j, RD_TOO_LARGE, "JSON body");
    } else if (body.n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        rd_json_fail(j, RD_MALFORMED, "byte order mark before JSON");
    }
}

bool rd_json_fail(rd_json *j, rd_outcome o, const char *what)
{
    if (j->failed == RD_OK) {
        j->failed = o;
        j->what = what;
    }
    return false;
}

bool rd_json_unexpected(rd_json *j, const char *what)
{
    return rd_json_fail(j, j->p >= j->end ? RD_TRUNCATED : RD_MALFORMED, what);
}

rd_outcome rd_json_finish(rd_json *j, rd_error *err)
{
    if (j->failed == RD_OK) {
        rd_json_peek(j);
        if (j->p < j->end)
            rd_json_fail(j, RD_MALFORMED, "text after the JSON value");
    }
    return j->failed == RD_OK ? RD_OK : rd_fail(err, j->failed, j->what, rd_json_off(j));
}

static bool is_hex(uint8_t c)
{
    return (uint8_t)(c - '0') < 10 || (uint8_t)((c | 0x20) - 'a') < 6;
}

/* Length of the escape at p (a backslash), 0 when it is none. */
static size_t escape_len(const uint8_t *p, const uint8_t *end)
{
    if (end - p < 2)
        return 0;
    switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return 2;
    case 'u':
        return end - p >= 6 && is_hex(p[2]) && is_hex(p[3]) && is_hex(p[4]) && is_hex(p[5]) ? 6 : 0;
    default:
        return 0;
    }
}

/* As rd_json_plain_end, but only as long as there are blocks of 32 bytes. */
#ifdef __x86_64__
static __attribute__((target("avx2"))) const uint8_t *plain_blocks(const uint8_t *p, const uint8_t *end,
                                                                   unsigned *high)
{
    const __m256i turn = _mm256_set1_epi8('"' ^ ' '), space = _mm256_set1_epi8(' ');
    const __m256i back = _mm256_set1_epi8('\\');
    __m256i upper = _mm256_setzero_si256();
    uint32_t stop = 0;
    for (; end - p >= 32; p += 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *)p), turned = _mm256_xor_si256(v, turn);
        __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(turned, space), turned);
        stop = (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(low, _mm256_cmpeq_epi8(v, back)));
        if (stop != 0) {
            *high |= (uint32_t)_mm256_movemask_epi8(v) & (stop ^ (stop - 1)) >> 1;
            p += __builtin_ctz(stop);
            break;
        }
        upper = _mm256_or_si256(upper, v);
    }
    *high |= (uint32_t)_mm256_movemask_epi8(upper);
    return p;
}
#endif

const uint8_t *rd_json_plain_rest(const uint8_t *p, const uint8_t *end, unsigned *high)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        p = plain_blocks(p, end, high);
    else
        while (end - p >= 16 && !rd_json_plain_block(&p, high))
            continue;
#endif
    while (p < end && *p != '"' && *p != '\\' && *p >= 0x20)
        *high |= *p++ & 0x80U;
    return p;
}

bool rd_json_string_rest(rd_json *j, const uint8_t *start, const uint8_t *p, unsigned high, rd_json_text *out)
{
    bool escaped = false;

    while (p < j->end && *p == '\\') {
        size_t n = escape_len(p, j->end);
        if (n == 0) {
            j->p = p;
            return rd_json_fail(j, j->end - p < 6 ? RD_TRUNCATED : RD_MALFORMED,
                                "bad escape in a JSON string");
        }
        escaped = true;
        p = rd_json_plain_end(p + n, j->end, &high);
    }
    j->p = p;
    if (p == j->end)
        return rd_json_fail(j, RD_TRUNCATED, "JSON string without end");
    if (*p != '"')
        return rd_json_fail(j, RD_MALFORMED, "control character in a JSON string");
    if (high != 0 && !j->keep_invalid_utf8 && !rd_utf8_valid((rd_slice){start, (size_t)(p - start)}))
        return rd_json_fail(j, RD_MALFORMED, "JSON string is not UTF-8");
    j->p = p + 1;
    *out = (rd_json_text){(uint32_t)(start - j->base), (uint32_t)(p - start), escaped};
    return true;
}

static const uint8_t *digits(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (uint8_t)(*p - '0') < 10)
        p++;
    return p;
}

/* End of the number at p; NULL when there is none. *out_at: where it went wrong. */
static const uint8_t *number_end(const uint8_t *p, const uint8_t *end, const uint8_t **out_at)
{
    if (p < end && *p == '-')
        p++;
    const uint8_t *from = p;
    p = p < end && *p == '0' ? p + 1 : digits(p, end);
    *out_at = p;
    if (p == from)
        return NULL;
    if (p < end && *p == '.') {
        from = ++p;
        *out_at = p = digits(p, end);
        if (p == from)
            return NULL;
    }
    if (p < end && (*p | 0x20) == 'e') {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        from = p;
        *out_at = p = digits(p, end);
        if (p == from)
            return NULL;
    }
    return p;
}

bool rd_json_number(rd_json *j, rd_json_text *out)
{
    const uint8_t *at = j->p, *start = j->p;
    const uint8_t *p = number_end(j->p, j->end, &at);

    j->p = at;
    if (p == NULL)
        return rd_json_unexpected(j, "bad JSON number");
    *out = (rd_json_text){(uint32_t)(start - j->base), (uint32_t)(p - start), false};
    return true;
}

bool rd_json_is_number(rd_slice s)
{
    const uint8_t *at;
    return s.n > 0 && number_end(s.p, s.p + s.n, &at) == s.p + s.n;
}

bool rd_json_literal(rd_json *j, rd_json_text *out)
{
    static const rd_slice words[] = {
        {(const uint8_t *)"true", 4}, {(const uint8_t *)"false", 5}, {(const uint8_t *)"null", 4}};
    size_t left = (size_t)(j->end - j->p);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (left >= words[i].n && memcmp(j->p, words[i].p, words[i].n) == 0) {
            *out = (rd_json_text){rd_json_off(j), (uint32_t)words[i].n, false};
            j->p += words[i].n;
            return true;
        }
        if (left > 0 && left < words[i].n && memcmp(j->p, words[i].p, left) == 0)
            return rd_json_fail(j, RD_TRUNCATED, "JSON value without end");
    }
    return rd_json_unexpected(j, "a JSON value is expected");
}

/* A scalar. */
static bool skip_scalar(rd_json *j, uint8_t c)
{
    rd_json_text t;

    if (c == '"')
        return rd_json_string(j, &t);
    if (c == '-' || (uint8_t)(c - '0') < 10)
        return rd_json_number(j, &t);
    return rd_json_literal(j, &t);
}

/* Nesting is kept in one bit a level (set: object), so that depth costs no C stack. */
bool rd_json_skip(rd_json *j)
{
    uint64_t is_object[RD_JSON_MAX_DEPTH / 64 + 1] = {0};
    const uint32_t from = j->depth;

    for (;;) {
        uint8_t c = rd_json_peek(j);
        rd_json_list it = {0};
        if (c == '{' || c == '[') {
            uint64_t bit = UINT64_C(1) << (j->depth % 64), *word = &is_object[j->depth / 64];
            if (!rd_json_deeper(j))
                return false;
            *word = c == '{' ? *word | bit : *word & ~bit;
            j->p++;
            it.first = true;
        } else if (!skip_scalar(j, c)) {
            return false;
        }
        for (;; j->depth--, it.first = false) {
            if (j->depth == from)
                return true;
            uint32_t level = j->depth - 1;
            rd_json_text name;
            bool more = is_object[level / 64] >> (level % 64) & 1 ? rd_json_member(j, &it, &name)
                                                                  : rd_json_element(j, &it);
            if (more)
                break;
            if (j->failed != RD_OK)
                return false;
        }
    }
}
