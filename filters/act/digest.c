/* SPDX-License-Identifier: MIT */
#include "filters/act/digest.h"

#include <stdio.h>
#include <stdlib.h>

enum { DIGEST_BYTES = 8, CHECK_BYTES = 4, HEX = 2 * (DIGEST_BYTES + CHECK_BYTES), MAX_EPOCH_DIGITS = 10 };

typedef struct key {
    char id[RD_DIGEST_MAX_ID + 1];
    uint8_t root[RD_HMAC_BYTES];  /* from which the keys of workspaces are expanded */
    uint8_t check[RD_HMAC_BYTES]; /* of checks */
} key;

struct rd_digest_keys {
    uint32_t n;
    key list[RD_DIGEST_MAX_KEYS];
};

/* ---- keys ---- */

static rd_slice bytes_of(const uint8_t sum[RD_HMAC_BYTES])
{
    return (rd_slice){sum, RD_HMAC_BYTES};
}

/* RFC 5869: one block of the expansion of `root`. */
static bool expand(rd_hmac *h, const uint8_t root[RD_HMAC_BYTES], const char *purpose, rd_slice scope,
                   uint8_t out[RD_HMAC_BYTES])
{
    const rd_slice info[] = {rd_slice_str(purpose), scope, RD_SLICE_LIT("\x01")};
    return rd_hmac_key(h, bytes_of(root)) && rd_hmac_sum(h, info, 3, out);
}

static bool id_valid(const char *id)
{
    size_t n = strlen(id);
    return n > 0 && n <= RD_DIGEST_MAX_ID && id[0] >= 'a' && id[0] <= 'z' &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789") == n;
}

/* A text of one repeated byte is what stands for a secret where it must not be shown. */
static const char *why_not(const rd_digest_key_spec *s)
{
    if (!id_valid(s->id))
        return "the id of a digest key has 1 to 8 lower-case letters and digits, a letter first";
    if (s->key.n < RD_DIGEST_MIN_KEY)
        return "a digest key needs 32 bytes or more";
    if (memcmp(s->key.p, s->key.p + 1, s->key.n - 1) == 0)
        return "a digest key must not be one byte over and over";
    return NULL;
}

static bool make_key(const rd_digest_key_spec *s, key *out)
{
    rd_hmac h = {0};
    memcpy(out->id, s->id, strlen(s->id) + 1);
    bool ok = rd_hmac_key(&h, RD_SLICE_LIT("redactd digest")) && rd_hmac_sum(&h, &s->key, 1, out->root) &&
              expand(&h, out->root, "check", (rd_slice){0}, out->check);
    rd_hmac_release(&h);
    return ok;
}

rd_outcome rd_digest_keys_build(const rd_digest_key_spec *specs, uint32_t n, rd_digest_keys **out_keys,
                                rd_error *err)
{
    if (n > RD_DIGEST_MAX_KEYS)
        return rd_fail(err, RD_TOO_MANY, "too many digest keys", SIZE_MAX);
    rd_digest_keys *k = calloc(1, sizeof *k);
    if (k == NULL)
        return rd_fail(err, RD_NO_MEMORY, "digest keys", SIZE_MAX);
    for (; k->n < n; k->n++) {
        const char *why = why_not(&specs[k->n]);
        for (uint32_t i = 0; why == NULL && i < k->n; i++)
            why = strcmp(k->list[i].id, specs[k->n].id) == 0 ? "two digest keys with one id" : NULL;
        rd_outcome o = why != NULL                               ? RD_INVALID
                       : !make_key(&specs[k->n], &k->list[k->n]) ? RD_NO_MEMORY
                                                                 : RD_OK;
        if (o != RD_OK) {
            rd_digest_keys_free(&k);
            return rd_fail(err, o, why != NULL ? why : "digest keys", SIZE_MAX);
        }
    }
    *out_keys = k;
    return RD_OK;
}

void rd_digest_keys_free(rd_digest_keys **k)
{
    if (*k != NULL)
        explicit_bzero(*k, sizeof **k);
    free(*k);
    *k = NULL;
}

/* ---- the spelling of tokens ---- */

static bool in_prefix(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

bool rd_digest_prefix_valid(rd_slice prefix)
{
    for (size_t i = 0; i < prefix.n; i++) {
        if (!in_prefix(prefix.p[i]))
            return false;
    }
    return prefix.n > 0 && prefix.n <= RD_DIGEST_MAX_PREFIX;
}

static void put_hex(const uint8_t *p, size_t n, rd_buf *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        rd_buf_append_byte(out, (uint8_t)digits[p[i] >> 4]);
        rd_buf_append_byte(out, (uint8_t)digits[p[i] & 15]);
    }
}

static bool check_of(rd_digester *d, const key *k, rd_slice before, uint8_t out[RD_HMAC_BYTES])
{
    return rd_hmac_key(&d->check, bytes_of(k->check)) && rd_hmac_sum(&d->check, &before, 1, out);
}

/* ---- making ---- */

void rd_digester_begin(rd_digester *d, const rd_digest_keys *keys, rd_slice workspace, uint32_t epoch)
{
    d->keys = keys;
    d->workspace = workspace;
    d->epoch = epoch;
    d->ready = false;
}

void rd_digester_release(rd_digester *d)
{
    rd_hmac_release(&d->value);
    rd_hmac_release(&d->check);
    *d = (rd_digester){0};
}

static bool make_ready(rd_digester *d)
{
    uint8_t sum[RD_HMAC_BYTES];
    char purpose[32];
    if (d->ready)
        return true;
    if (d->keys == NULL || d->keys->n == 0)
        return false;
    snprintf(purpose, sizeof purpose, "value %lu ", (unsigned long)d->epoch);
    d->ready = expand(&d->value, d->keys->list[0].root, purpose, d->workspace, sum) &&
               rd_hmac_key(&d->value, bytes_of(sum));
    explicit_bzero(sum, sizeof sum);
    return d->ready;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int hex_digit(uint8_t c)
{
    uint8_t low = c | 0x20;
    return is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* The byte at *i, or the one that a percent-encoding there stands for. */
static uint8_t next_byte(rd_slice v, size_t *i)
{
    size_t at = (*i)++;
    if (v.p[at] != '%' || v.n - at < 3)
        return v.p[at];
    int high = hex_digit(v.p[at + 1]), low = hex_digit(v.p[at + 2]);
    if (high < 0 || low < 0)
        return v.p[at];
    *i = at + 3;
    return (uint8_t)(high << 4 | low);
}

/* The folded value is written behind what `room` holds, and does not stay. */
static bool sum_folded(rd_hmac *h, rd_slice v, uint8_t sum[RD_HMAC_BYTES], rd_buf *room)
{
    size_t from = room->n;
    while (v.n > 0 && is_space(v.p[v.n - 1]))
        v.n--;
    while (v.n > 0 && is_space(*v.p)) {
        v.p++;
        v.n--;
    }
    uint8_t *to = rd_buf_reserve(room, v.n);
    if (to == NULL)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < v.n; n++) {
        uint8_t c = next_byte(v, &i);
        to[n] = (uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c;
    }
    const rd_slice folded = {room->p + from, n};
    return rd_hmac_sum(h, &folded, 1, sum);
}

void rd_digest_append(rd_digester *d, rd_slice prefix, rd_slice value, rd_buf *out)
{
    uint8_t sum[RD_HMAC_BYTES];
    size_t from = out->n;
    if (!make_ready(d) || !sum_folded(&d->value, value, sum, out)) {
        if (out->failed == RD_OK)
            out->failed = RD_NO_MEMORY;
        return;
    }
    rd_buf_append(out, prefix.p, prefix.n);
    rd_buf_printf(out, "-%se%lu-", d->keys->list[0].id, (unsigned long)d->epoch);
    put_hex(sum, DIGEST_BYTES, out);
    if (out->failed != RD_OK)
        return;
    if (!check_of(d, &d->keys->list[0], (rd_slice){out->p + from, out->n - from}, sum))
        out->failed = RD_NO_MEMORY;
    put_hex(sum, CHECK_BYTES, out);
}

/* ---- knowing again ---- */

/* Reads back from `end`, over at most `max` bytes that `is` accepts. */
static size_t back(rd_slice t, size_t end, size_t max, bool (*is)(uint8_t))
{
    size_t i = end;
    while (i > 0 && end - i < max && is(t.p[i - 1]))
        i--;
    return i;
}

/* The start of what is spelled like a token whose hexadecimal digits start at `hex`; SIZE_MAX: nothing is. */
static size_t token_start(rd_slice t, size_t hex, rd_slice *out_id)
{
    size_t dash = hex - 1;
    size_t digits = back(t, dash, MAX_EPOCH_DIGITS, is_digit);
    if (digits == dash || digits == 0 || t.p[digits - 1] != 'e')
        return SIZE_MAX;
    size_t id = back(t, digits - 1, RD_DIGEST_MAX_ID, in_prefix);
    if (id == digits - 1 || id == 0 || t.p[id - 1] != '-')
        return SIZE_MAX;
    size_t prefix = back(t, id - 1, RD_DIGEST_MAX_PREFIX, in_prefix);
    *out_id = (rd_slice){t.p + id, digits - 1 - id};
    return prefix == id - 1 ? SIZE_MAX : prefix;
}

static bool check_holds(rd_digester *d, rd_slice token, rd_slice id)
{
    uint8_t sum[RD_HMAC_BYTES];
    rd_slice before = {token.p, token.n - (size_t)2 * CHECK_BYTES};
    uint8_t hex[2 * CHECK_BYTES + 1];
    for (uint32_t i = 0; i < d->keys->n; i++) {
        const key *k = &d->keys->list[i];
        if (!rd_slice_eq(id, rd_slice_str(k->id)) || !check_of(d, k, before, sum))
            continue;
        snprintf((char *)hex, sizeof hex, "%02x%02x%02x%02x", sum[0], sum[1], sum[2], sum[3]);
        unsigned differ = 0;
        for (size_t c = 0; c < 2 * CHECK_BYTES; c++)
            differ |= hex[c] ^ before.p[before.n + c];
        return differ == 0;
    }
    return false;
}

bool rd_digest_covers(rd_digester *d, rd_slice text, size_t off, size_t len)
{
    if (d->keys == NULL || d->keys->n == 0 || len == 0 || len > RD_DIGEST_MAX_TOKEN)
        return false;
    /* The dash before the digits stands in the token, which holds the whole stretch. */
    size_t from = off + len > RD_DIGEST_MAX_TOKEN ? off + len - RD_DIGEST_MAX_TOKEN : 0;
    size_t to = off + RD_DIGEST_MAX_TOKEN < text.n ? off + RD_DIGEST_MAX_TOKEN : text.n;
    for (size_t hex = from + 1; hex + HEX <= to; hex++) {
        size_t n = 0;
        rd_slice id = {0};
        if (text.p[hex - 1] != '-')
            continue;
        while (n < HEX && is_hex(text.p[hex + n]))
            n++;
        size_t start = n == HEX && hex + HEX >= off + len ? token_start(text, hex, &id) : SIZE_MAX;
        if (start <= off && check_holds(d, (rd_slice){text.p + start, hex + HEX - start}, id))
            return true;
    }
    return false;
}
