/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "filters/schema/schema.h"

static const rd_field *field(const rd_message *m, const char *name)
{
    const rd_field *f = rd_message_field_by_json(m, rd_slice_str(name));
    if (f == NULL)
        fail_msg("%s.%s", m->name, name);
    return f;
}

static const rd_message *child(const rd_message *m, const char *path)
{
    char name[64];
    while (*path != '\0') {
        size_t n = strcspn(path, "/");
        assert_true(n < sizeof name);
        memcpy(name, path, n);
        name[n] = '\0';
        m = field(m, name)->child;
        assert_non_null(m);
        path += n + (path[n] == '/');
    }
    return m;
}

static void test_schema__finds_each_field_by_number_and_by_both_names(void **state)
{
    for (unsigned i = 0; i < rd_schema_all_count; i++) {
        const rd_message *m = rd_schema_all[i];
        for (unsigned k = 0; k < m->n_fields; k++) {
            const rd_field *f = &m->fields[k];
            assert_ptr_equal(rd_message_field(m, f->number), f);
            assert_ptr_equal(field(m, f->name), f);
            assert_ptr_equal(field(m, f->json_name), f);
            assert_int_equal(strlen(f->name), f->name_len);
            assert_int_equal(strlen(f->json_name), f->json_name_len);
            assert_int_equal(strlen(f->json_member), f->json_name_len + 3);
            assert_memory_equal(f->json_member + 1, f->json_name, f->json_name_len);
            assert_string_equal(f->json_member + 1 + f->json_name_len, "\":");
            assert_int_equal(f->json_member[0], '"');
            assert_int_equal(f->child != NULL, f->scalar == RD_SCALAR_MESSAGE);
        }
        for (unsigned tag = 0; tag < sizeof m->by_tag; tag++) {
            const rd_field *f = rd_message_field(m, tag >> 3);
            bool fits = f != NULL && f->wire == (tag & 7);
            assert_int_equal(m->by_tag[tag], fits ? (unsigned)(f - m->fields) + 1 : 0);
        }
        assert_null(rd_message_field(m, 0));
        assert_null(rd_message_field(m, 31));
        assert_null(rd_message_field(m, 1001));
        assert_null(rd_message_field_by_json(m, RD_SLICE_LIT("")));
        assert_null(rd_message_field_by_json(m, RD_SLICE_LIT("TraceId")));
    }
}

static void test_schema__ordinals_are_all_different(void **state)
{
    static bool taken[RD_SCHEMA_ORDINALS];
    for (unsigned i = 0; i < rd_schema_all_count; i++) {
        const rd_message *m = rd_schema_all[i];
        for (unsigned k = m->ordinal; k <= m->ordinal + m->n_fields; k++) {
            assert_true(k < RD_SCHEMA_ORDINALS);
            assert_false(taken[k]);
            taken[k] = true;
        }
    }
}

static void test_schema__names_are_otlp_json_names(void **state)
{
    const rd_message *record = child(&rd_schema_logs, "resourceLogs/scopeLogs/logRecords");
    assert_string_equal(record->name, "LogRecord");
    assert_string_equal(field(record, "time_unix_nano")->json_name, "timeUnixNano");
    assert_string_equal(field(record, "dropped_attributes_count")->json_name, "droppedAttributesCount");
    const rd_message *entry = child(&rd_schema_loki_push, "streams/entries");
    assert_string_equal(field(entry, "structuredMetadata")->json_name, "structuredMetadata");
    assert_int_equal(field(child(&rd_schema_logs, "resourceLogs"), "instrumentationLibraryLogs")->number,
                     1000);
}

static void test_schema__marks_and_classes_of_known_places(void **state)
{
    static const struct {
        const rd_message *root;
        const char *path, *name;
        unsigned number;
        rd_mark mark;
        unsigned cls, id_len;
    } cases[] = {
        {&rd_schema_logs, "resourceLogs/scopeLogs/logRecords", "body", 5, RD_MARK_MESSAGE, RD_CLASS_BODY, 0},
        {&rd_schema_logs, "resourceLogs/scopeLogs/logRecords", "traceId", 9, RD_MARK_ID, RD_CLASS_INHERIT,
         16},
        {&rd_schema_logs, "resourceLogs/scopeLogs/logRecords", "spanId", 10, RD_MARK_ID, RD_CLASS_INHERIT, 8},
        {&rd_schema_logs, "resourceLogs/scopeLogs/logRecords", "name", 4, RD_MARK_TEXT, RD_CLASS_EVENT_NAME,
         0},
        {&rd_schema_logs, "resourceLogs/resource", "attributes", 1, RD_MARK_MESSAGE, RD_CLASS_RESOURCE, 0},
        {&rd_schema_logs, "resourceLogs/scopeLogs/logRecords/body", "intValue", 3, RD_MARK_NUMBER,
         RD_CLASS_INHERIT, 0},
        {&rd_schema_logs, "resourceLogs/scopeLogs/logRecords/body", "bytesValue", 7, RD_MARK_TEXT,
         RD_CLASS_INHERIT, 0},
        {&rd_schema_logs, "resourceLogs/scopeLogs/logRecords/attributes", "key", 1, RD_MARK_KEY,
         RD_CLASS_INHERIT, 0},
        {&rd_schema_logs, "resourceLogs/scopeLogs/logRecords/attributes", "value", 2, RD_MARK_VALUE,
         RD_CLASS_INHERIT, 0},
        {&rd_schema_traces, "resourceSpans/scopeSpans/spans", "name", 5, RD_MARK_TEXT, RD_CLASS_SPAN_NAME, 0},
        {&rd_schema_traces, "resourceSpans/scopeSpans/spans/status", "message", 2, RD_MARK_TEXT,
         RD_CLASS_STATUS, 0},
        {&rd_schema_traces, "resourceSpans/scopeSpans/spans/status", "deprecatedCode", 1, RD_MARK_NONE,
         RD_CLASS_INHERIT, 0},
        {&rd_schema_metrics, "resourceMetrics/scopeMetrics/metrics", "metadata", 12, RD_MARK_MESSAGE,
         RD_CLASS_METADATA, 0},
        {&rd_schema_metrics, "resourceMetrics/scopeMetrics/metrics/exponentialHistogram/dataPoints",
         "attributes", 1, RD_MARK_MESSAGE, RD_CLASS_ATTRIBUTE, 0},
        {&rd_schema_metrics, "resourceMetrics/scopeMetrics/metrics/intHistogram/dataPoints/exemplars",
         "filteredLabels", 1, RD_MARK_MESSAGE, RD_CLASS_EXEMPLAR, 0},
        {&rd_schema_metrics, "resourceMetrics/scopeMetrics/metrics/sum/dataPoints/exemplars", "spanId", 4,
         RD_MARK_ID, RD_CLASS_INHERIT, 8},
        {&rd_schema_loki_push, "streams", "labels", 1, RD_MARK_LABELS, RD_CLASS_LABEL, 0},
        {&rd_schema_loki_push, "streams", "hash", 3, RD_MARK_HASH, RD_CLASS_LABEL, 0},
        {&rd_schema_loki_push, "streams/entries", "line", 2, RD_MARK_TEXT, RD_CLASS_BODY, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const rd_field *f = field(child(cases[i].root, cases[i].path), cases[i].name);
        assert_int_equal(f->number, cases[i].number);
        assert_int_equal(f->mark, cases[i].mark);
        assert_int_equal(f->cls, cases[i].cls);
        assert_int_equal(f->id_len, cases[i].id_len);
    }
}

static void test_schema__presence_and_packing(void **state)
{
    const rd_message *point =
        child(&rd_schema_metrics, "resourceMetrics/scopeMetrics/metrics/histogram/dataPoints");
    assert_true(field(point, "min")->has_presence);
    assert_false(field(point, "count")->has_presence);
    assert_true(field(point, "bucketCounts")->packable);
    assert_int_equal(field(point, "bucketCounts")->wire, RD_WIRE_FIXED64);
    assert_false(field(point, "exemplars")->packable);
    const rd_message *number =
        child(&rd_schema_metrics, "resourceMetrics/scopeMetrics/metrics/gauge/dataPoints");
    assert_int_equal(field(number, "asInt")->scalar, RD_SCALAR_SFIXED64);
    assert_true(field(number, "asInt")->has_presence);
}

/* What holds in every table whatever the rows say. */
static void test_schema__no_string_goes_unmarked(void **state)
{
    unsigned key_values = 0;
    for (unsigned i = 0; i < rd_schema_all_count; i++) {
        const rd_message *m = rd_schema_all[i];
        unsigned keys = 0, values = 0;
        for (unsigned k = 0; k < m->n_fields; k++) {
            const rd_field *f = &m->fields[k];
            if (f->scalar == RD_SCALAR_STRING || f->scalar == RD_SCALAR_BYTES ||
                f->scalar == RD_SCALAR_MESSAGE)
                assert_int_not_equal(f->mark, RD_MARK_NONE);
            if (f->mark == RD_MARK_ID)
                assert_true(f->id_len == 16 || f->id_len == 8);
            keys += f->mark == RD_MARK_KEY;
            values += f->mark == RD_MARK_VALUE;
        }
        assert_int_equal(keys, m->kind == RD_KIND_PAIR);
        assert_int_equal(values, m->kind == RD_KIND_PAIR);
        key_values += m->key_value;
    }
    assert_int_equal(key_values, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema__finds_each_field_by_number_and_by_both_names),
        cmocka_unit_test(test_schema__ordinals_are_all_different),
        cmocka_unit_test(test_schema__names_are_otlp_json_names),
        cmocka_unit_test(test_schema__marks_and_classes_of_known_places),
        cmocka_unit_test(test_schema__presence_and_packing),
        cmocka_unit_test(test_schema__no_string_goes_unmarked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
