/* SPDX-License-Identifier: MIT */
/* Limits on records, and shedding, against models: random bodies, and what should come of them. */
#include "tests/unit/content_kit.h"
#include "tests/unit/random.h"

#include <time.h>

static const char *const texts[] = {"fine", "so evil", "a secret"};

/* Of the records that should have stayed only the texts may differ. */
static void expect_as_if_clean(const kit_result *k, rd_signal s, rd_format f, rd_slice want)
{
    const rd_content before = content;
    const uint32_t stay = asked.stay;
    (void)end(NULL);
    kit_result clean = kit_run(policy, s, f, want);
    assert_int_equal(clean.outcome, RD_OK);
    assert_true(rd_slice_eq(k->r.body, clean.r.body));
    kit_free(&clean);
    (void)begin(NULL);
    content = before;
    asked.stay = stay;
}

/* ---- OTLP logs with times, severities and rules ---- */

typedef struct record {
    int64_t time, observed; /* 0: not said */
    int severity;
    unsigned text; /* of `texts` */
    bool stays;
} record;

static void put_fixed(rd_buf *b, unsigned number, int64_t v)
{
    kit_tag(b, number, RD_WIRE_FIXED64);
    rd_buf_append(b, &v, sizeof v); /* little-endian, as this machine */
}

static void put_protobuf(rd_buf *b, const record *r, uint32_t n)
{
    rd_buf scope, one, body;
    rd_buf_init(&scope, 1 << 20);
    for (uint32_t i = 0; i < n; i++) {
        rd_buf_init(&one, 1 << 10);
        rd_buf_init(&body, 1 << 10);
        if (r[i].time != 0)
            put_fixed(&one, 1, r[i].time);
        kit_region(&body, 1, texts[r[i].text], strlen(texts[r[i].text]));
        kit_region(&one, 5, body.p, body.n);
        if (r[i].severity != 0) {
            uint8_t v[10];
            kit_tag(&one, 2, RD_WIRE_VARINT);
            rd_buf_append(&one, v, rd_varint_put((uint64_t)(int64_t)r[i].severity, v));
        }
        if (r[i].observed != 0)
            put_fixed(&one, 11, r[i].observed);
        kit_region(&scope, 2, one.p, one.n);
        rd_buf_release(&one);
        rd_buf_release(&body);
    }
    rd_buf group;
    rd_buf_init(&group, 1 << 20);
    kit_region(&group, 2, scope.p, scope.n);
    kit_region(b, 1, group.p, group.n);
    rd_buf_release(&scope);
    rd_buf_release(&group);
}

static void put_json(rd_buf *b, const record *r, uint32_t n)
{
    static const char *const words[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    rd_buf_append_str(b, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[");
    for (uint32_t i = 0; i < n; i++) {
        int s = r[i].severity;
        rd_buf_printf(b, "%s{\"body\":{\"stringValue\":\"%s\"}", i == 0 ? "" : ",", texts[r[i].text]);
        if (r[i].time % 2 == 0)
            rd_buf_printf(b, ",\"timeUnixNano\":\"%lld\"", (long long)r[i].time);
        else
            rd_buf_printf(b, ",\"time_unix_nano\":%lld", (long long)r[i].time);
        if (s > 0 && s <= 24 && s % 3 == 0)
            rd_buf_printf(b, ",\"severityNumber\":\"SEVERITY_NUMBER_%s%.*s\"", words[(s - 1) / 4],
                          (s - 1) % 4 > 0, &"1234"[(s - 1) % 4]);
        else
            rd_buf_printf(b, s % 2 == 0 ? ",\"severityNumber\":%d" : ",\"severityNumber\":\"%d\"", s);
        if (r[i].observed != 0)
            rd_buf_printf(b, ",\"observedTimeUnixNano\":\"%lld\"", (long long)r[i].observed);
        rd_buf_append_str(b, "}");
    }
    rd_buf_append_str(b, "]}]}]}");
}

static int rank(const record *r)
{
    return r->severity <= 0 ? 9 : r->severity > 24 ? 24 : r->severity;
}

/* Takes out the least severe, the last one first, one at a time. */
static void model_shed(record *r, uint32_t n, uint32_t surplus)
{
    for (; surplus > 0; surplus--) {
        uint32_t least = UINT32_MAX;
        for (uint32_t i = 0; i < n; i++) {
            if (r[i].stays && (least == UINT32_MAX || rank(&r[i]) <= rank(&r[least])))
                least = i;
        }
        r[least].stays = false;
    }
}

static void one_round(rd_format f)
{
    record r[40];
    uint32_t n = 1 + (uint32_t)rnd(40), left = 0, stay;
    for (uint32_t i = 0; i < n; i++) {
        int64_t t = (NOW_S - 4000 + (int64_t)rnd(4100)) * SEC + (int64_t)rnd(3);
        r[i] = (record){.time = rnd(4) == 0 ? 0 : t, .severity = (int)rnd(30) - 2, .text = (unsigned)rnd(3)};
        r[i].observed = rnd(2) == 0 ? 0 : (NOW_S - 4000 + (int64_t)rnd(4100)) * SEC;
        int64_t counts = r[i].time != 0 ? r[i].time : r[i].observed;
        r[i].stays = counts == 0 || (counts >= content.oldest_ns && counts <= content.newest_ns);
        left += r[i].stays;
    }
    asked.stay = stay = (uint32_t)rnd(left + 2);
    rd_buf in, want;
    rd_buf_init(&in, 1 << 20);
    rd_buf_init(&want, 1 << 20);
    (f == PB ? put_protobuf : put_json)(&in, r, n);
    kit_result k = kit_run(policy, RD_SIGNAL_LOGS, f, rd_buf_slice(&in));
    assert_int_equal(asked.walked.n_left, left);
    if (left == 0 || stay == 0) {
        assert_int_equal(k.outcome, RD_LIMITED);
    } else {
        assert_int_equal(k.outcome, RD_OK);
        if (stay < left)
            model_shed(r, n, left - stay);
        uint32_t kept = 0, by_rule = 0;
        for (uint32_t i = 0; i < n; i++) {
            by_rule += r[i].stays && r[i].text == 1;
            if (r[i].stays && r[i].text != 1)
                r[kept++] = r[i];
        }
        assert_int_equal(k.r.n_refused, n - left);
        assert_int_equal(k.r.n_shed, stay < left ? left - stay : 0);
        assert_int_equal(k.r.n_taken, by_rule);
        assert_int_equal(k.r.n_items, n);
        (f == PB ? put_protobuf : put_json)(&want, r, kept);
        expect_as_if_clean(&k, RD_SIGNAL_LOGS, f, rd_buf_slice(&want));
    }
    kit_free(&k);
    rd_buf_release(&in);
    rd_buf_release(&want);
}

static void test_content__logs_against_a_model(void **state)
{
    for (unsigned i = 0; i < rounds(3000); i++) {
        content.max[RD_CONTENT_MAX_AGE] = MAX_AGE_S;
        content.max[RD_CONTENT_MAX_AHEAD] = MAX_AHEAD_S;
        content.shed = true;
        one_round(i % 2 == 0 ? PB : JSON);
    }
}

/* ---- Loki: streams with labels, entries with lines and times ---- */

enum { MAX_STREAMS = 5, MAX_ENTRIES = 6, MAX_LABELS = 5, MAX_NAME = 7, MAX_VALUE = 8, MAX_PAD = 12 };

typedef struct entry {
    int64_t time_ns;
    unsigned text, pad; /* of `texts`, and how many bytes behind it */
    bool stays;
} entry;

typedef struct stream {
    unsigned n_labels, name_n[MAX_LABELS], value_n[MAX_LABELS]; /* an empty value is no label */
    entry entries[MAX_ENTRIES];
    unsigned n_entries;
    bool as_text; /* JSON: `labels` and `entries`, else `stream` and `values` */
} stream;

/* The names of one stream differ in what they are made of. */
static void put_label_name(rd_buf *b, unsigned i, unsigned n)
{
    for (unsigned k = 0; k < n; k++)
        rd_buf_append_byte(b, (uint8_t)('a' + i));
}

/* {"a":"v","bb":"vv"} or {a="v",bb="vv"}; `quote` is how a quote is written. */
static void put_labels(rd_buf *b, const stream *s, const char *around_name, const char *between,
                       const char *quote)
{
    rd_buf_append_byte(b, '{');
    for (unsigned i = 0; i < s->n_labels; i++) {
        rd_buf_printf(b, "%s%s", i == 0 ? "" : ",", around_name);
        put_label_name(b, i, s->name_n[i]);
        rd_buf_printf(b, "%s%s%s", around_name, between, quote);
        for (unsigned k = 0; k < s->value_n[i]; k++)
            rd_buf_append_byte(b, 'v');
        rd_buf_append_str(b, quote);
    }
    rd_buf_append_byte(b, '}');
}

static void put_line(rd_buf *b, const entry *e)
{
    rd_buf_append_str(b, texts[e->text]);
    for (unsigned k = 0; k < e->pad; k++)
        rd_buf_append_byte(b, '.');
}

static void put_varint(rd_buf *b, unsigned number, uint64_t v)
{
    uint8_t bytes[10];
    kit_tag(b, number, RD_WIRE_VARINT);
    rd_buf_append(b, bytes, rd_varint_put(v, bytes));
}

static void put_loki_protobuf(rd_buf *b, const stream *s, unsigned n)
{
    rd_buf group, one, part;
    rd_buf_init(&group, 1 << 16);
    rd_buf_init(&one, 1 << 12);
    rd_buf_init(&part, 1 << 10);
    for (unsigned i = 0; i < n; i++, group.n = 0) {
        part.n = 0;
        put_labels(&part, &s[i], "", "=", "\"");
        kit_region(&group, 1, part.p, part.n);
        for (unsigned k = 0; k < s[i].n_entries; k++, one.n = 0) {
            const entry *e = &s[i].entries[k];
            part.n = 0;
            put_varint(&part, 1, (uint64_t)(e->time_ns / SEC));
            put_varint(&part, 2, (uint64_t)(e->time_ns % SEC));
            kit_region(&one, 1, part.p, part.n);
            part.n = 0;
            put_line(&part, e);
            kit_region(&one, 2, part.p, part.n);
            kit_region(&group, 2, one.p, one.n);
        }
        kit_region(b, 1, group.p, group.n);
    }
    rd_buf_release(&group);
    rd_buf_release(&one);
    rd_buf_release(&part);
}

static void put_json_entry(rd_buf *b, const entry *e, bool as_text)
{
    time_t at = (time_t)(e->time_ns / SEC);
    char day[32];
    struct tm tm;
    if (as_text) {
        assert_true(strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", gmtime_r(&at, &tm)) > 0);
        rd_buf_printf(b, "{\"ts\":\"%s.%09lldZ\",\"line\":\"", day, (long long)(e->time_ns % SEC));
    } else {
        rd_buf_printf(b, "[\"%lld\",\"", (long long)e->time_ns);
    }
    put_line(b, e);
    rd_buf_append_str(b, as_text ? "\"}" : "\"]");
}

static void put_loki_json(rd_buf *b, const stream *s, unsigned n)
{
    rd_buf_append_str(b, "{\"streams\":[");
    for (unsigned i = 0; i < n; i++) {
        bool as_text = s[i].as_text;
        rd_buf_printf(b, "%s{\"%s\":", i == 0 ? "" : ",", as_text ? "labels" : "stream");
        if (as_text) {
            rd_buf_append_byte(b, '"');
            put_labels(b, &s[i], "", "=", "\\\"");
            rd_buf_append_byte(b, '"');
        } else {
            put_labels(b, &s[i], "\"", ":", "\"");
        }
        rd_buf_printf(b, ",\"%s\":[", as_text ? "entries" : "values");
        for (unsigned k = 0; k < s[i].n_entries; k++) {
            if (k > 0)
                rd_buf_append_byte(b, ',');
            put_json_entry(b, &s[i].entries[k], as_text);
        }
        rd_buf_append_str(b, "]}");
    }
    rd_buf_append_str(b, "]}");
}

static uint32_t random_streams(stream *s, unsigned n)
{
    uint32_t n_entries = 0;
    for (unsigned i = 0; i < n; i++) {
        s[i] = (stream){.n_labels = 1 + (unsigned)rnd(MAX_LABELS), .as_text = rnd(2) == 0};
        for (unsigned k = 0; k < s[i].n_labels; k++) {
            s[i].name_n[k] = 1 + (unsigned)rnd(MAX_NAME);
            s[i].value_n[k] = k == 0 ? 1 + (unsigned)rnd(MAX_VALUE) : (unsigned)rnd(MAX_VALUE);
        }
        s[i].n_entries = (unsigned)rnd(MAX_ENTRIES + 1);
        n_entries += s[i].n_entries;
        for (unsigned k = 0; k < s[i].n_entries; k++)
            s[i].entries[k] = (entry){.time_ns = (NOW_S - 4000 + (int64_t)rnd(4100)) * SEC + (int64_t)rnd(3),
                                      .text = (unsigned)rnd(3),
                                      .pad = (unsigned)rnd(MAX_PAD)};
    }
    return n_entries;
}

static bool is_beyond(rd_content_limit l, uint64_t v)
{
    return content.max[l] != 0 && v > content.max[l];
}

/* The limit that this entry counts for, and how far it is. */
static rd_content_limit model_limit(const stream *s, const entry *e, int64_t *out_value)
{
    uint64_t v[RD_CONTENT_COUNT] = {[RD_CONTENT_LINE_BYTES] = strlen(texts[e->text]) + e->pad};
    for (unsigned i = 0; i < s->n_labels; i++) {
        if (s->value_n[i] == 0)
            continue;
        v[RD_CONTENT_LABEL_NAMES]++;
        if (s->name_n[i] > v[RD_CONTENT_LABEL_NAME_BYTES])
            v[RD_CONTENT_LABEL_NAME_BYTES] = s->name_n[i];
        if (s->value_n[i] > v[RD_CONTENT_LABEL_VALUE_BYTES])
            v[RD_CONTENT_LABEL_VALUE_BYTES] = s->value_n[i];
    }
    for (unsigned l = 0; l <= RD_CONTENT_LINE_BYTES; l++) {
        *out_value = (int64_t)v[l];
        if (is_beyond((rd_content_limit)l, v[l]))
            return (rd_content_limit)l;
    }
    *out_value = e->time_ns;
    if (content.max[RD_CONTENT_MAX_AGE] != 0 && e->time_ns < content.oldest_ns)
        return RD_CONTENT_MAX_AGE;
    if (content.max[RD_CONTENT_MAX_AHEAD] != 0 && e->time_ns > content.newest_ns)
        return RD_CONTENT_MAX_AHEAD;
    return RD_CONTENT_COUNT;
}

typedef struct verdict {
    rd_breach breach[RD_CONTENT_COUNT];
    uint32_t n_left, by_rule, n_streams;
} verdict;

static verdict model_judge(stream *s, unsigned n)
{
    verdict v = {.n_left = 0};
    for (unsigned i = 0; i < n; i++) {
        uint32_t before = v.n_left;
        for (unsigned k = 0; k < s[i].n_entries; k++) {
            entry *e = &s[i].entries[k];
            int64_t value = 0;
            rd_content_limit l = model_limit(&s[i], e, &value);
            rd_breach *b = l != RD_CONTENT_COUNT ? &v.breach[l] : NULL;
            if (b != NULL && (b->n++ == 0 || (l == RD_CONTENT_MAX_AGE ? value < b->worst : value > b->worst)))
                b->worst = value;
            e->stays = b == NULL || content.shadow;
            v.n_left += e->stays;
            v.by_rule += e->stays && e->text == 1;
            e->stays = e->stays && e->text != 1;
        }
        v.n_streams += v.n_left > before;
    }
    return v;
}

static void take_out(stream *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned kept = 0;
        for (unsigned k = 0; k < s[i].n_entries; k++) {
            if (s[i].entries[k].stays)
                s[i].entries[kept++] = s[i].entries[k];
        }
        s[i].n_entries = kept;
    }
}

static void check_told(const verdict *v)
{
    assert_int_equal(asked.walked.n_left, v->n_left);
    assert_int_equal(asked.walked.n_streams, v->n_streams);
    for (unsigned l = 0; l < RD_CONTENT_COUNT; l++) {
        assert_int_equal(asked.breach[l].n, v->breach[l].n);
        if (v->breach[l].n > 0)
            assert_int_equal(asked.breach[l].worst, v->breach[l].worst);
    }
}

static void loki_round(rd_format f)
{
    stream s[MAX_STREAMS];
    unsigned n = 1 + (unsigned)rnd(MAX_STREAMS);
    uint32_t n_entries = random_streams(s, n);
    rd_buf in, want;
    rd_buf_init(&in, 1 << 20);
    rd_buf_init(&want, 1 << 20);
    (f == PB ? put_loki_protobuf : put_loki_json)(&in, s, n);
    kit_result k = kit_run(policy, RD_SIGNAL_LOKI_PUSH, f, rd_buf_slice(&in));
    const verdict v = model_judge(s, n);
    check_told(&v);
    assert_int_equal(k.outcome, v.n_left == 0 && n_entries > 0 ? RD_LIMITED : RD_OK);
    if (k.outcome == RD_OK) {
        assert_int_equal(k.r.n_items, n_entries);
        assert_int_equal(k.r.n_refused, n_entries - v.n_left);
        assert_int_equal(k.r.n_taken, v.by_rule);
        take_out(s, n);
        (f == PB ? put_loki_protobuf : put_loki_json)(&want, s, n);
        expect_as_if_clean(&k, RD_SIGNAL_LOKI_PUSH, f, rd_buf_slice(&want));
    }
    kit_free(&k);
    rd_buf_release(&in);
    rd_buf_release(&want);
}

static void random_limits(void)
{
    static const uint8_t most[] = {[RD_CONTENT_LABEL_NAMES] = MAX_LABELS,
                                   [RD_CONTENT_LABEL_NAME_BYTES] = MAX_NAME,
                                   [RD_CONTENT_LABEL_VALUE_BYTES] = MAX_VALUE,
                                   [RD_CONTENT_LINE_BYTES] = 8 + MAX_PAD};
    for (unsigned l = 0; l < RD_CONTENT_COUNT; l++) {
        uint64_t max = l <= RD_CONTENT_LINE_BYTES ? 1 + rnd(most[l]) : MAX_AGE_S;
        content.max[l] = rnd(3) == 0 ? 0 : max;
    }
    content.shadow = rnd(8) == 0;
    content.streams = true;
}

static void test_content__loki_against_a_model(void **state)
{
    for (unsigned i = 0; i < rounds(6000); i++) {
        random_limits();
        loki_round(i % 2 == 0 ? PB : JSON);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_content__logs_against_a_model),
        TEST(test_content__loki_against_a_model),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
