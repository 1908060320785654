/* SPDX-License-Identifier: MIT */
/*
 * Records are made from templates: `$x` stands for something drawn anew (see `draw`), capital letters for
 * personal data and credentials. Four writers put the same records into the four formats.
 */
#include "perf/bodies.h"

#include <stdio.h>
#include <stdlib.h>

#include "filters/json/json.h"
#include "filters/wire/wire.h"

enum { N_ATTRIBUTES = 8, MAX_TEXT = 512, RECORDS_PER_STREAM = 25 };

const char *const perf_kind_words[PERF_KIND_COUNT] = {
#define X(name, word, signal, json) [PERF_##name] = word,
    PERF_KINDS(X)
#undef X
};

typedef struct attribute {
    const char *key;
    char value[MAX_TEXT];
    bool is_int;
} attribute;

typedef struct record {
    uint64_t time_ns;
    const char *severity;
    char line[MAX_TEXT];
    attribute attributes[N_ATTRIBUTES];
    uint8_t trace[16], span[8];
} record;

/* ---- texts ---- */

static const char *const lines[] = {
    "GET /api/v2/$w/$n returned 200 in $n ms, $n bytes from $w-$n.prod.svc.cluster.local, upstream attempt 1 "
    "of 3, cache $w",
    "cache miss for key $w:$w:$h, loading from shard $n of 64, backlog $n entries, oldest waits for $n ms, "
    "evicting $n",
    "consumer group $w-$w rebalanced: generation $n, $n partitions assigned, lag $n, coordinator broker-$n "
    "rack $w-$n",
    "worker $n finished job $u in $n.$n s (queue $w.$w, attempt $n of 5, $n rows written, $n skipped)",
    "connection pool $w-$w: active=$n idle=$n waiting=$n timeouts=$n max_lifetime=1800s leak_detection=off",
    "TLS handshake with $w.$w.internal:8443 took $n us, cipher TLS_AES_128_GCM_SHA256, resumed=false, "
    "alpn=h2",
    "$t [$w-$n] slow query ($n ms): SELECT id, status FROM $w_$w WHERE shard = $n ORDER BY updated_at LIMIT "
    "100",
    "feature flag \"$w-$w\" evaluated to variant $w for cohort $n, rule $n, snapshot $h, stale by $n ms, "
    "source $w",
    "wrote segment $n.log ($n bytes, crc32 $h) to /var/lib/$w/$w/$n, fsync took $n ms, $n segments remain",
    "retrying call to $w-$w.internal after $n ms: connection reset by peer (attempt $n, budget left $n ms)",
};

static const char *const personal_lines[] = {
    "order $n confirmed for $E, receipt sent, items=$n, total=$n.$n EUR, warehouse $w-$n, carrier $w, route "
    "$h",
    "login failed for $E from $I after $n attempts, locking the account for $n s, policy $w-$w, realm $w",
    "payment with card $C declined by issuer, code $n, retry in $n s, gateway $w-$w, trace $h",
    "callback requested by $P, ticket $n, queue $w-$w, promised within $n minutes, priority $n, agent pool "
    "$w",
    "transfer to $B accepted, reference $h, amount $n.$n EUR, batch $n, settlement in $n h, provider $w",
    "proxying to https://$w.example.com/$w with Authorization: Bearer $K, timeout $n ms, retries $n",
};

static const char *const attributes[N_ATTRIBUTES][2] = {
    {"http.request.method", "GET"},       {"http.response.status_code", "20$d"},
    {"http.route", "/api/v2/$w/{id}/$w"}, {"service.instance.id", "$u"},
    {"k8s.pod.name", "$w-$w-$h"},         {"code.function.name", "com.example.$w.$w.$w.handle"},
    {"thread.name", "$w-executor-$d"},    {"deployment.environment", "production-$w-$w"},
};

/* In place of the last attribute of every second record with personal data. */
static const char *const personal_attributes[][2] = {
    {"client.address", "$I"},
    {"user.email", "$E"},
    {"message.recipient", "$E"},
};

static uint64_t next(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static const char *pick(uint64_t *state, const char *const *list, size_t n)
{
    return list[next(state) % n];
}

static const char *word(uint64_t *state)
{
    static const char *const words[] = {"checkout", "billing",  "search",  "catalog", "ingest",
                                        "router",   "primary",  "replica", "europe",  "delta",
                                        "orders",   "session",  "metric",  "status",  "default",
                                        "shadow",   "frontend", "gateway", "ledger",  "payments"};
    return pick(state, words, sizeof words / sizeof words[0]);
}

/* A number that passes the check of payment cards, from a range that is never issued. */
static void card(uint64_t *state, rd_buf *out)
{
    char digits[17];
    unsigned sum = 0;
    snprintf(digits, sizeof digits, "400000%09u0", (unsigned)(next(state) % 1000000000));
    for (unsigned i = 0; i < 15; i++) {
        unsigned d = (unsigned)(digits[i] - '0') << (i % 2 == 0);
        sum += d > 9 ? d - 9 : d;
    }
    digits[15] = (char)('0' + (10 - sum % 10) % 10);
    rd_buf_append_str(out, digits);
}

static void draw(uint64_t *state, char what, rd_buf *out)
{
    static const char *const ibans[] = {"DE89370400440532013000", "GB82WEST12345698765432",
                                        "FR1420041010050500013M02606"};
    uint64_t r = next(state);
    unsigned small = (unsigned)(r >> 32);
    switch (what) {
    case 'd':
        rd_buf_append_u64(out, r % 10);
        break;
    case 'n':
        rd_buf_append_u64(out, small % 3 == 0 ? r % 100 : r % 100000);
        break;
    case 'h':
        rd_buf_printf(out, "%08x", small);
        break;
    case 'u':
        rd_buf_printf(out, "%08x-%04x-4%03x-a%03x-%012llx", small, small & 0xffff, small & 0xfff,
                      small >> 20 & 0xfff, (unsigned long long)(r & 0xffffffffffff));
        break;
    case 't':
        rd_buf_printf(out, "2026-03-%02uT%02u:%02u:%02u.%03uZ", 1 + small % 28, small % 24, small % 60,
                      small / 60 % 60, small % 1000);
        break;
    case 'E':
        rd_buf_printf(out, "%s.%s%u@example.com", word(state), word(state), small % 1000);
        break;
    case 'I':
        rd_buf_printf(out, "203.0.113.%u", small % 256);
        break;
    case 'C':
        card(state, out);
        break;
    case 'P':
        rd_buf_printf(out, "+49 30 23125 %03u", small % 1000);
        break;
    case 'B':
        rd_buf_append_str(out, pick(state, ibans, sizeof ibans / sizeof ibans[0]));
        break;
    case 'K':
        rd_buf_printf(out, "%016llx%016llx", (unsigned long long)r, (unsigned long long)next(state));
        break;
    default:
        rd_buf_append_str(out, word(state));
        break;
    }
}

static void expand(uint64_t *state, const char *template, char out[MAX_TEXT])
{
    rd_buf b;
    rd_buf_init(&b, MAX_TEXT - 1);
    for (const char *p = template; *p != '\0'; p++) {
        if (*p == '$')
            draw(state, *++p, &b);
        else
            rd_buf_append_byte(&b, (uint8_t)*p);
    }
    memcpy(out, b.p, b.n);
    out[b.n] = '\0';
    rd_buf_release(&b);
}

static void make_record(uint64_t *state, uint32_t i, bool personal, record *r)
{
    static const char *const severities[] = {"INFO", "WARN", "DEBUG", "ERROR"};
    r->time_ns = UINT64_C(1774000000000000000) + i * UINT64_C(1000003) + next(state) % 1000000;
    r->severity = pick(state, severities, 4);
    expand(state,
           personal ? pick(state, personal_lines, sizeof personal_lines / sizeof personal_lines[0])
                    : pick(state, lines, sizeof lines / sizeof lines[0]),
           r->line);
    for (unsigned k = 0; k < N_ATTRIBUTES; k++) {
        const char *const *a = attributes[k];
        if (personal && k == N_ATTRIBUTES - 1 && next(state) % 2 == 0)
            a = personal_attributes[next(state) % 3];
        r->attributes[k].key = a[0];
        r->attributes[k].is_int = k == 1;
        expand(state, a[1], r->attributes[k].value);
    }
    for (unsigned k = 0; k < sizeof r->trace; k++)
        r->trace[k] = (uint8_t)(1 + next(state) % 255);
    for (unsigned k = 0; k < sizeof r->span; k++)
        r->span[k] = (uint8_t)(1 + next(state) % 255);
}

/* ---- protobuf ---- */

static void put_varint(rd_buf *b, uint64_t v)
{
    uint8_t bytes[10];
    rd_buf_append(b, bytes, rd_varint_put(v, bytes));
}

static void put_bytes(rd_buf *b, unsigned field, const void *p, size_t n)
{
    put_varint(b, field << 3 | 2);
    put_varint(b, n);
    rd_buf_append(b, p, n);
}

static void put_str(rd_buf *b, unsigned field, const char *s)
{
    put_bytes(b, field, s, strlen(s));
}

static void put_number(rd_buf *b, unsigned field, uint64_t v)
{
    put_varint(b, field << 3);
    put_varint(b, v);
}

static void put_fixed64(rd_buf *b, unsigned field, uint64_t v)
{
    put_varint(b, field << 3 | 1);
    rd_buf_append(b, &v, 8);
}

/* Ends `child` as a field of `b`. */
static void put_message(rd_buf *b, unsigned field, rd_buf *child)
{
    put_bytes(b, field, child->p, child->n);
    rd_buf_release(child);
}

static void put_key_value(rd_buf *b, unsigned field, const attribute *a)
{
    rd_buf pair = {.max = SIZE_MAX}, value = {.max = SIZE_MAX};
    put_str(&pair, 1, a->key);
    if (a->is_int)
        put_number(&value, 3, strtoull(a->value, NULL, 10));
    else
        put_str(&value, 1, a->value);
    put_message(&pair, 2, &value);
    put_message(b, field, &pair);
}

static void put_log_record(rd_buf *b, const record *r)
{
    rd_buf log = {.max = SIZE_MAX}, body = {.max = SIZE_MAX};
    put_fixed64(&log, 1, r->time_ns);
    put_fixed64(&log, 11, r->time_ns + 1000);
    put_number(&log, 2, 9);
    put_str(&log, 3, r->severity);
    put_str(&body, 1, r->line);
    put_message(&log, 5, &body);
    for (unsigned k = 0; k < N_ATTRIBUTES; k++)
        put_key_value(&log, 6, &r->attributes[k]);
    put_bytes(&log, 9, r->trace, sizeof r->trace);
    put_bytes(&log, 10, r->span, sizeof r->span);
    put_message(b, 2, &log);
}

static void otlp_protobuf(const perf_shape *shape, const record *r, rd_buf *out)
{
    static const attribute resource_attribute = {"service.name", "checkout", false};
    rd_buf resource = {.max = SIZE_MAX}, group = {.max = SIZE_MAX}, scoped = {.max = SIZE_MAX},
           scope = {.max = SIZE_MAX};
    put_key_value(&resource, 1, &resource_attribute);
    put_message(&group, 1, &resource);
    put_str(&scope, 1, "com.example.checkout");
    put_message(&scoped, 1, &scope);
    for (uint32_t i = 0; i < shape->n_records; i++)
        put_log_record(&scoped, &r[i]);
    put_message(&group, 2, &scoped);
    put_message(out, 1, &group);
}

/* ---- JSON ---- */

static void put_json_string(rd_buf *b, const char *s)
{
    rd_buf_append_byte(b, '"');
    rd_json_escape(rd_slice_str(s), b);
    rd_buf_append_byte(b, '"');
}

static void put_hex(rd_buf *b, const char *name, const uint8_t *p, size_t n)
{
    rd_buf_printf(b, ",\"%s\":\"", name);
    for (size_t i = 0; i < n; i++)
        rd_buf_printf(b, "%02x", p[i]);
    rd_buf_append_byte(b, '"');
}

static void put_json_attribute(rd_buf *b, const attribute *a)
{
    rd_buf_append_str(b, "{\"key\":");
    put_json_string(b, a->key);
    rd_buf_append_str(b, a->is_int ? ",\"value\":{\"intValue\":" : ",\"value\":{\"stringValue\":");
    put_json_string(b, a->value);
    rd_buf_append_str(b, "}}");
}

static void put_json_record(rd_buf *b, const record *r)
{
    rd_buf_printf(b,
                  "{\"timeUnixNano\":\"%llu\",\"observedTimeUnixNano\":\"%llu\",\"severityNumber\":9,"
                  "\"severityText\":\"%s\"",
                  (unsigned long long)r->time_ns, (unsigned long long)r->time_ns + 1000, r->severity);
    rd_buf_append_str(b, ",\"body\":{\"stringValue\":");
    put_json_string(b, r->line);
    rd_buf_append_str(b, "},\"attributes\":[");
    for (unsigned k = 0; k < N_ATTRIBUTES; k++) {
        rd_buf_append_str(b, k == 0 ? "" : ",");
        put_json_attribute(b, &r->attributes[k]);
    }
    rd_buf_append_byte(b, ']');
    put_hex(b, "traceId", r->trace, sizeof r->trace);
    put_hex(b, "spanId", r->span, sizeof r->span);
    rd_buf_append_byte(b, '}');
}

static void otlp_json(const perf_shape *shape, const record *r, rd_buf *out)
{
    rd_buf_append_str(
        out,
        "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
        "{\"stringValue\":\"checkout\"}}]},\"scopeLogs\":[{\"scope\":{\"name\":\"com.example.checkout\"},"
        "\"logRecords\":[");
    for (uint32_t i = 0; i < shape->n_records; i++) {
        rd_buf_append_str(out, i == 0 ? "" : ",");
        put_json_record(out, &r[i]);
    }
    rd_buf_append_str(out, "]}]}]}");
}

/* ---- Loki: attributes stand in the line, as an agent that reads log files sends them ---- */

static void loki_line(const record *r, rd_buf *out)
{
    rd_buf_append_str(out, r->line);
    for (unsigned k = 0; k < N_ATTRIBUTES; k++)
        rd_buf_printf(out, " %s=%s", r->attributes[k].key, r->attributes[k].value);
    rd_buf_append_byte(out, '\0');
}

static void loki_json(const perf_shape *shape, const record *r, rd_buf *out)
{
    rd_buf_append_str(out, "{\"streams\":[");
    for (uint32_t i = 0; i < shape->n_records; i++) {
        rd_buf line = {.max = SIZE_MAX};
        if (i % RECORDS_PER_STREAM == 0)
            rd_buf_printf(out,
                          "%s{\"stream\":{\"app\":\"checkout\",\"namespace\":\"shop\",\"pod\":\"checkout-%"
                          "u\"},\"values\":[",
                          i == 0 ? "" : "]},", i);
        else
            rd_buf_append_byte(out, ',');
        loki_line(&r[i], &line);
        rd_buf_printf(out, "[\"%llu\",", (unsigned long long)r[i].time_ns);
        put_json_string(out, (const char *)line.p);
        rd_buf_append_byte(out, ']');
        rd_buf_release(&line);
    }
    rd_buf_append_str(out, "]}]}");
}

static void put_entry(rd_buf *b, const record *r)
{
    rd_buf entry = {.max = SIZE_MAX}, time = {.max = SIZE_MAX}, line = {.max = SIZE_MAX};
    put_number(&time, 1, r->time_ns / 1000000000);
    put_number(&time, 2, r->time_ns % 1000000000);
    put_message(&entry, 1, &time);
    loki_line(r, &line);
    put_str(&entry, 2, (const char *)line.p);
    rd_buf_release(&line);
    put_message(b, 2, &entry);
}

static void loki_protobuf(const perf_shape *shape, const record *r, rd_buf *out)
{
    for (uint32_t i = 0; i < shape->n_records;) {
        rd_buf stream = {.max = SIZE_MAX}, labels = {.max = SIZE_MAX};
        rd_buf_printf(&labels, "{app=\"checkout\", namespace=\"shop\", pod=\"checkout-%u\"}", i);
        put_message(&stream, 1, &labels);
        do
            put_entry(&stream, &r[i++]);
        while (i < shape->n_records && i % RECORDS_PER_STREAM != 0);
        put_message(out, 1, &stream);
    }
}

void perf_body(perf_kind kind, const perf_shape *shape, rd_buf *out)
{
    uint64_t state = shape->seed;
    record *r = calloc(shape->n_records + 1, sizeof *r);
    if (r == NULL)
        abort();
    for (uint32_t i = 0; i < shape->n_records; i++)
        make_record(&state, i,
                    shape->personal_every != 0 && i % shape->personal_every == shape->personal_every / 2,
                    &r[i]);
    switch (kind) {
    case PERF_OTLP_PROTOBUF:
        otlp_protobuf(shape, r, out);
        break;
    case PERF_OTLP_JSON:
        otlp_json(shape, r, out);
        break;
    case PERF_LOKI_JSON:
        loki_json(shape, r, out);
        break;
    default:
        loki_protobuf(shape, r, out);
        break;
    }
    free(r);
    if (out->failed != RD_OK)
        abort();
}
