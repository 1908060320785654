/* SPDX-License-Identifier: MIT */
#include "gateway/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#define FOOT ",\"sha256\":\""
#define END  "\"}"

enum {
    FOOT_BYTES = sizeof FOOT - 1,
    END_BYTES = sizeof END - 1,
    MAX_DIGITS = 18,
    MINUTE_S = 60,
    HOUR_S = 3600
};

static const char *const kinds[] = {
#define X(name, word) word,
    GW_LEDGER_KINDS(X)
#undef X
};

static const char *const fault_texts[] = {
#define X(name, text) text,
    GW_LEDGER_FAULTS(X)
#undef X
};

const char *gw_ledger_fault_text(gw_ledger_fault f)
{
    return fault_texts[f];
}

void gw_ledger_head_init(gw_ledger_head *h)
{
    h->seq = 0;
    memset(h->hash, '0', GW_LEDGER_HEX);
    h->hash[GW_LEDGER_HEX] = '\0';
}

static bool hash_of(rd_slice text, char *out_hex)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(text.p, text.n, digest, NULL, EVP_sha256(), NULL) != 1)
        return false;
    for (unsigned i = 0; i < GW_LEDGER_HEX / 2; i++) {
        out_hex[2 * i] = hex[digest[i] >> 4];
        out_hex[2 * i + 1] = hex[digest[i] & 15];
    }
    return true;
}

/* ---- writing ---- */

/* Names need no escapes by their form; this holds if that should ever change. */
static void write_name(rd_buf *out, const char *key, const char *name)
{
    rd_buf_printf(out, "\"%s\":\"", key);
    for (; *name != '\0'; name++) {
        bool plain = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                     (*name >= '0' && *name <= '9') || strchr("_.-", *name) != NULL;
        rd_buf_append_byte(out, plain ? (uint8_t)*name : '_');
    }
    rd_buf_append_byte(out, '"');
}

static void write_cell(rd_buf *out, const gw_ledger_cell *c)
{
    write_name(out, "workspace", c->workspace);
    rd_buf_append_byte(out, ',');
    write_name(out, "rule", c->rule);
    rd_buf_append_byte(out, ',');
    write_name(out, "field", c->field);
    rd_buf_append_byte(out, ',');
    write_name(out, "action", c->action);
    rd_buf_printf(out, ",\"n\":%" PRIu64 "}", c->n);
}

static void write_cells(rd_buf *out, const gw_ledger_entry *e)
{
    for (size_t i = 0; i < e->n_cells; i++) {
        rd_buf_append_str(out, i == 0 ? ",\"redactions\":[{" : ",{");
        write_cell(out, &e->cells[i]);
    }
    if (e->n_cells > 0)
        rd_buf_append_byte(out, ']');
}

static void write_number(rd_buf *out, const char *key, uint64_t n)
{
    if (n > 0)
        rd_buf_printf(out, ",\"%s\":%" PRIu64, key, n);
}

static bool write_time(rd_buf *out, int64_t time_s)
{
    char text[GW_LEDGER_TIME + 1];
    time_t t = (time_t)time_s;
    struct tm tm;
    if (gmtime_r(&t, &tm) == NULL || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) != GW_LEDGER_TIME)
        return false;
    rd_buf_append_str(out, text);
    return true;
}

bool gw_ledger_write(rd_buf *out, const gw_ledger_head *last, const gw_ledger_entry *e,
                     gw_ledger_head *out_head)
{
    gw_ledger_head head = {.seq = last->seq + 1};
    size_t start = out->n;
    rd_buf_printf(out, "{\"seq\":%" PRIu64 ",\"time\":\"", head.seq);
    if (!write_time(out, e->time_s))
        return false;
    rd_buf_printf(out, "\",\"kind\":\"%s\",\"previous\":\"%s\",", kinds[e->kind], last->hash);
    write_name(out, "config", e->config);
    write_number(out, "format", GW_LEDGER_FORMAT);
    if (e->version != NULL) {
        rd_buf_append_byte(out, ',');
        write_name(out, "version", e->version);
    }
    write_number(out, "cut", e->n_cut);
    write_number(out, "failed", e->n_failed);
    write_cells(out, e);
    if (out->failed != RD_OK || !hash_of((rd_slice){out->p + start, out->n - start}, head.hash))
        return false;
    rd_buf_printf(out, FOOT "%s" END "\n", head.hash);
    if (out->failed != RD_OK)
        return false;
    *out_head = head;
    return true;
}

/* ---- reading ---- */

static bool take(rd_slice *s, const char *literal)
{
    size_t n = strlen(literal);
    if (s->n < n || memcmp(s->p, literal, n) != 0)
        return false;
    *s = (rd_slice){s->p + n, s->n - n};
    return true;
}

/* Decimal, from 1, without a zero in front, so that a number is written in one way only. */
static bool take_seq(rd_slice *s, uint64_t *out)
{
    uint64_t v = 0;
    size_t i = 0;
    for (; i < s->n && i < MAX_DIGITS && (uint8_t)(s->p[i] - '0') < 10; i++)
        v = v * 10 + (uint64_t)(s->p[i] - '0');
    if (i == 0 || s->p[0] == '0')
        return false;
    *out = v;
    *s = (rd_slice){s->p + i, s->n - i};
    return true;
}

/* `9` stands for any digit. */
static bool take_time(rd_slice *s, rd_slice *out)
{
    static const char form[] = "9999-99-99T99:99:99Z";
    if (s->n < GW_LEDGER_TIME)
        return false;
    for (unsigned i = 0; i < GW_LEDGER_TIME; i++) {
        bool digit = (uint8_t)(s->p[i] - '0') < 10;
        if (form[i] == '9' ? !digit : s->p[i] != form[i])
            return false;
    }
    *out = (rd_slice){s->p, GW_LEDGER_TIME};
    *s = (rd_slice){s->p + GW_LEDGER_TIME, s->n - GW_LEDGER_TIME};
    return true;
}

static bool take_hash(rd_slice *s, rd_slice *out)
{
    if (s->n < GW_LEDGER_HEX)
        return false;
    for (unsigned i = 0; i < GW_LEDGER_HEX; i++) {
        if ((uint8_t)(s->p[i] - '0') >= 10 && (uint8_t)(s->p[i] - 'a') >= 6)
            return false;
    }
    *out = (rd_slice){s->p, GW_LEDGER_HEX};
    *s = (rd_slice){s->p + GW_LEDGER_HEX, s->n - GW_LEDGER_HEX};
    return true;
}

static bool take_kind(rd_slice *s, rd_slice *out)
{
    for (unsigned i = 0; i < GW_LEDGER_KIND_COUNT; i++) {
        const uint8_t *p = s->p;
        if (!take(s, kinds[i]))
            continue;
        *out = (rd_slice){p, strlen(kinds[i])};
        return true;
    }
    return false;
}

/* What stands between head and foot is what the hash says; here only that it can be shown on a terminal. */
static bool is_printable(rd_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 || s.p[i] > 0x7e)
            return false;
    }
    return true;
}

gw_ledger_fault gw_ledger_parse(rd_slice line, gw_ledger_record *out_record)
{
    const size_t foot = FOOT_BYTES + GW_LEDGER_HEX + END_BYTES;
    gw_ledger_record r;
    char hash[GW_LEDGER_HEX];
    if (line.n < foot || line.n >= GW_LEDGER_LINE_MAX)
        return GW_LEDGER_FAULT_FORM;
    rd_slice hashed = {line.p, line.n - foot}, s = hashed, end = {line.p + hashed.n, foot};
    if (!take(&s, "{\"seq\":") || !take_seq(&s, &r.seq) || !take(&s, ",\"time\":\"") ||
        !take_time(&s, &r.time) || !take(&s, "\",\"kind\":\"") || !take_kind(&s, &r.kind) ||
        !take(&s, "\",\"previous\":\"") || !take_hash(&s, &r.previous) || !take(&s, "\",\"config\":\"") ||
        !is_printable(s))
        return GW_LEDGER_FAULT_FORM;
    if (!take(&end, FOOT) || !take_hash(&end, &r.hash) || !take(&end, END))
        return GW_LEDGER_FAULT_FORM;
    if (!hash_of(hashed, hash) || memcmp(hash, r.hash.p, GW_LEDGER_HEX) != 0)
        return GW_LEDGER_FAULT_HASH;
    *out_record = r;
    return GW_LEDGER_FAULT_OK;
}

gw_ledger_fault gw_ledger_follow(gw_ledger_head *head, rd_slice line, gw_ledger_record *out_record)
{
    gw_ledger_record r;
    gw_ledger_fault f = gw_ledger_parse(line, &r);
    if (f != GW_LEDGER_FAULT_OK)
        return f;
    if (r.seq != head->seq + 1)
        return GW_LEDGER_FAULT_SEQUENCE;
    if (memcmp(r.previous.p, head->hash, GW_LEDGER_HEX) != 0)
        return GW_LEDGER_FAULT_PREVIOUS;
    head->seq = r.seq;
    memcpy(head->hash, r.hash.p, GW_LEDGER_HEX);
    *out_record = r;
    return GW_LEDGER_FAULT_OK;
}

/* ---- when ---- */

static int64_t minute_of(int64_t s)
{
    return s / MINUTE_S - (s % MINUTE_S < 0);
}

void gw_ledger_schedule_init(gw_ledger_schedule *s, int64_t now_s)
{
    *s = (gw_ledger_schedule){.minute = minute_of(now_s), .written_s = now_s};
}

bool gw_ledger_minute_began(gw_ledger_schedule *s, int64_t now_s)
{
    bool began = minute_of(now_s) != s->minute;
    s->minute = minute_of(now_s);
    return began;
}

bool gw_ledger_heartbeat_due(const gw_ledger_schedule *s, int64_t now_s)
{
    return now_s < s->written_s || now_s - s->written_s >= HOUR_S;
}
