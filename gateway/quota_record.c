/* SPDX-License-Identifier: MIT */
/* The text of the state file: lines, and the frame with its sum around them. */
#include "gateway/quota_file.h"

#include <inttypes.h>
#include <string.h>

#include <openssl/evp.h>

#include "gateway/quota_bucket.h"

#define HEAD   "redactd quota 2\n"
#define HEAD_1 "redactd quota 1\n"
#define FOOT   "sha256 "

enum { NAME_MAX_BYTES = 150, NUMBERS_1 = 8, NUMBERS_2 = 9 };

static void sum_of(rd_slice text, char *out_hex)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    EVP_Digest(text.p, text.n, digest, NULL, EVP_sha256(), NULL);
    for (unsigned i = 0; i < GW_QUOTA_SUM_HEX / 2; i++) {
        out_hex[2 * i] = hex[digest[i] >> 4];
        out_hex[2 * i + 1] = hex[digest[i] & 15];
    }
}

/* ---- reading ---- */

/* One character and a decimal number of at most 18 digits. */
static bool take_digits(rd_slice *line, uint64_t *out)
{
    size_t i = 1;
    uint64_t v = 0;
    for (; i < line->n && i <= 18 && (uint8_t)(line->p[i] - '0') < 10; i++)
        v = v * 10 + (uint64_t)(line->p[i] - '0');
    if (i == 1)
        return false;
    *out = v;
    *line = (rd_slice){line->p + i, line->n - i};
    return true;
}

static bool take_number(rd_slice *line, uint64_t *out)
{
    return line->n >= 2 && line->p[0] == ' ' && take_digits(line, out);
}

/* A space and a word, up to a space, `until` or the end; the character after it stays. */
static bool take_word(rd_slice *line, char until, rd_slice *out)
{
    size_t n = 1;
    if (line->n < 2 || line->p[0] != ' ')
        return false;
    while (n < line->n && line->p[n] != ' ' && line->p[n] != (uint8_t)until)
        n++;
    *out = (rd_slice){line->p + 1, n - 1};
    *line = (rd_slice){line->p + n, line->n - n};
    return n > 1;
}

static bool take_limit(rd_slice *line, gw_limits *own)
{
    rd_slice word;
    uint64_t v;
    if (!take_word(line, '=', &word) || line->n == 0 || line->p[0] != '=')
        return false;
    gw_limit l = gw_limit_of((const char *)word.p, word.n);
    rd_slice number = {line->p, line->n};
    if (l == GW_LIMIT_COUNT || own->v[l] != 0 || !take_digits(&number, &v) || v == 0 || v > GW_BUCKET_MAX)
        return false;
    own->v[l] = v;
    *line = number;
    return true;
}

/* What an operator said. */
static bool take_override(rd_slice *line, gw_quota_record *out)
{
    rd_slice word;
    uint64_t until;
    if (!take_word(line, ' ', &word) || !rd_slice_eq(word, RD_SLICE_LIT("override")) ||
        !take_number(line, &until) || until == 0 || !take_word(line, ' ', &word))
        return false;
    out->override_until = (int64_t)until;
    out->own.mode = gw_quota_mode_of((const char *)word.p, word.n);
    if (out->own.mode == GW_QUOTA_DEFAULT && !rd_slice_eq(word, RD_SLICE_LIT("default")))
        return false;
    while (line->n > 0) {
        if (!take_limit(line, &out->own))
            return false;
    }
    return true;
}

/* As the configuration allows it: names stand in metrics, logs and the file itself. */
static bool is_name(rd_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool alnum = (uint8_t)((s.p[i] | 0x20) - 'a') < 26 || (uint8_t)(s.p[i] - '0') < 10;
        if (!alnum && (s.p[i] == 0 || strchr("!-_.*'()", s.p[i]) == NULL))
            return false;
    }
    return s.n > 0 && s.n <= NAME_MAX_BYTES;
}

static bool parse_line(rd_slice line, unsigned n_numbers, gw_quota_record *out)
{
    uint64_t n[NUMBERS_2] = {0};
    const uint8_t *space = memchr(line.p, ' ', line.n);
    if (space == NULL)
        return false;
    out->name = (rd_slice){line.p, (size_t)(space - line.p)};
    if (!is_name(out->name))
        return false;
    line = (rd_slice){space, line.n - out->name.n};
    for (unsigned i = 0; i < n_numbers; i++) {
        if (!take_number(&line, &n[i]))
            return false;
    }
    *out = (gw_quota_record){.name = out->name, .blocked_until = (int64_t)n[NUMBERS_1]};
    out->day_start = (int64_t)n[0];
    out->day_end = (int64_t)n[1];
    out->month_start = (int64_t)n[2];
    out->month_end = (int64_t)n[3];
    memcpy(out->used, n + 4, sizeof out->used);
    return line.n == 0 || (n_numbers == NUMBERS_2 && take_override(&line, out));
}

/* The lines between head and foot; empty: the frame is broken. */
static bool lines_of(rd_slice text, rd_slice *out, unsigned *out_numbers)
{
    const size_t head = sizeof HEAD - 1, foot = sizeof FOOT - 1 + GW_QUOTA_SUM_HEX + 1;
    char sum[GW_QUOTA_SUM_HEX];
    if (text.n < head + foot || text.p[text.n - 1] != '\n')
        return false;
    *out_numbers = memcmp(text.p, HEAD_1, head) == 0 ? NUMBERS_1 : NUMBERS_2;
    if (*out_numbers == NUMBERS_2 && memcmp(text.p, HEAD, head) != 0)
        return false;
    rd_slice summed = {text.p, text.n - foot};
    if (memcmp(text.p + summed.n, FOOT, sizeof FOOT - 1) != 0 || summed.p[summed.n - 1] != '\n')
        return false;
    sum_of(summed, sum);
    if (memcmp(text.p + summed.n + sizeof FOOT - 1, sum, GW_QUOTA_SUM_HEX) != 0)
        return false;
    *out = (rd_slice){text.p + head, summed.n - head};
    return true;
}

static bool each_line(rd_slice lines, unsigned n_numbers, void (*fn)(void *arg, const gw_quota_record *r),
                      void *arg)
{
    while (lines.n > 0) {
        const uint8_t *end = memchr(lines.p, '\n', lines.n);
        gw_quota_record r;
        if (end == NULL || !parse_line((rd_slice){lines.p, (size_t)(end - lines.p)}, n_numbers, &r))
            return false;
        if (fn != NULL)
            fn(arg, &r);
        lines = (rd_slice){end + 1, lines.n - (size_t)(end + 1 - lines.p)};
    }
    return true;
}

bool gw_quota_file_parse(rd_slice text, void (*fn)(void *arg, const gw_quota_record *r), void *arg)
{
    rd_slice lines;
    unsigned n;
    return lines_of(text, &lines, &n) && each_line(lines, n, NULL, NULL) && each_line(lines, n, fn, arg);
}

bool gw_quota_record_is_over(const gw_quota_record *r, int64_t now_s)
{
    return r->day_end <= now_s && r->month_end <= now_s && r->blocked_until <= now_s &&
           r->override_until <= now_s;
}

/* ---- writing ---- */

static void write_override(const gw_limits *own, int64_t until_s, rd_buf *out)
{
    rd_buf_printf(out, " override %" PRId64 " %s", until_s,
                  own->mode == GW_QUOTA_DEFAULT ? "default" : gw_quota_mode_word(own->mode));
    for (unsigned l = 0; l < GW_LIMIT_COUNT; l++) {
        if (own->v[l] != 0)
            rd_buf_printf(out, " %s=%" PRIu64, gw_limit_word((gw_limit)l), own->v[l]);
    }
}

void gw_quota_record_write(const gw_quota_record *r, rd_buf *out)
{
    rd_buf_append(out, r->name.p, r->name.n);
    rd_buf_printf(out, " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, r->day_start, r->day_end,
                  r->month_start, r->month_end);
    for (unsigned i = 0; i < GW_CALENDAR_COUNT; i++)
        rd_buf_printf(out, " %" PRIu64, r->used[i]);
    rd_buf_printf(out, " %" PRId64, r->blocked_until);
    if (r->override_until != 0)
        write_override(&r->own, r->override_until, out);
    rd_buf_append_byte(out, '\n');
}

void gw_quota_frame_begin(rd_buf *out)
{
    rd_buf_append_str(out, HEAD);
}

void gw_quota_frame_end(rd_buf *out)
{
    char sum[GW_QUOTA_SUM_HEX];
    if (out->failed != RD_OK)
        return;
    sum_of(rd_buf_slice(out), sum);
    rd_buf_append_str(out, FOOT);
    rd_buf_append(out, sum, GW_QUOTA_SUM_HEX);
    rd_buf_append_byte(out, '\n');
}
