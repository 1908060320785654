/* SPDX-License-Identifier: MIT */
#include "tests/unit/wire_util.h"

#include <math.h>
#include <stdio.h>

#include "filters/wire/to_json.h"
#include "filters/wire/to_json_value.h"

static rd_outcome convert(const rd_message *root, const rd_buf *body, const rd_limits *lim, rd_buf *out)
{
    rd_error err = {0};
    rd_outcome o = rd_wire_to_json(root, rd_buf_slice(body), lim, out, &err);
    if (o != RD_OK) {
        assert_int_equal(err.outcome, o);
        assert_non_null(err.what);
    }
    return o;
}

static void expect_buf(const rd_message *root, const rd_buf *body, const char *json)
{
    rd_buf out;
    rd_buf_init(&out, 1 << 20);
    assert_int_equal(convert(root, body, &wire_limits, &out), RD_OK);
    rd_buf_append_byte(&out, '\0');
    assert_string_equal((char *)out.p, json);
    rd_buf_release(&out);
}

static void expect(const rd_message *root, const char *hex, const char *json)
{
    rd_buf body;
    rd_buf_init(&body, 1 << 20);
    wire_hex(&body, hex);
    expect_buf(root, &body, json);
    rd_buf_release(&body);
}

/* `hex`: the fields of one log record. */
static void expect_log_record(const char *hex, const char *json)
{
    char whole[1000];
    rd_buf body;
    rd_buf_init(&body, 1 << 20);
    wire_hex(&body, hex);
    wire_wrap_record(&body);
    snprintf(whole, sizeof whole, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[%s]}]}]}", json);
    expect_buf(&rd_schema_logs, &body, whole);
    rd_buf_release(&body);
}

/* `hex`: the fields of one metric. */
static void expect_metric(const char *hex, const char *json)
{
    char whole[1000];
    rd_buf body;
    rd_buf_init(&body, 1 << 20);
    wire_hex(&body, hex);
    wire_wrap(&body, 2);
    wire_wrap(&body, 2);
    wire_wrap(&body, 1);
    snprintf(whole, sizeof whole, "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[%s]}]}]}", json);
    expect_buf(&rd_schema_metrics, &body, whole);
    rd_buf_release(&body);
}

static void test_to_json__writes_an_ordinary_request(void **state)
{
    expect(&rd_schema_logs, "", "{}");
    expect(
        &rd_schema_logs,
        "0a510a150a130a0c736572766963652e6e616d6512030a017312380a050a036c6962122f0900eb3af5faeb6f1510091a0449"
        "4e"
        "464f2a0d0a0b6d61696c206140622e636f320d0a016b12080a066140622e636f",
        "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{"
        "\"stringValue\":\"s\"}}]},\"scopeLogs\":[{\"scope\":{\"name\":\"lib\"},\"logRecords\":[{"
        "\"timeUnixNano\":\"1544712660300000000\",\"severityNumber\":9,\"severityText\":\"INFO\",\"body\":{"
        "\"stringValue\":\"mail a@b.co\"},\"attributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":"
        "\"a@b.co\"}}]}]}]}]}");
    /* The removed scope list, field 1000. */
    expect(&rd_schema_logs, "0a0fc23e0c120a2a080a066140622e636f",
           "{\"resourceLogs\":[{\"instrumentationLibraryLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":"
           "\"a@b.co\"}}]}]}]}");
    /* A length that is not minimal. */
    expect(
        &rd_schema_logs, "0a10120e120c2a0a0a8680006140622e636f",
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"a@b.co\"}}]}]}]}");
}

static void test_to_json__writes_every_kind_of_value(void **state)
{
    expect_log_record("2a00", "{\"body\":{}}");
    expect_log_record("2a020a00", "{\"body\":{\"stringValue\":\"\"}}");
    expect_log_record("2a060a04220a5c01", "{\"body\":{\"stringValue\":\"\\\"\\n\\\\\\u0001\"}}");
    expect_log_record("2a050a03c3a4ff", "{\"body\":{\"stringValue\":\"\xc3\xa4\xef\xbf\xbd\"}}");
    expect_log_record("2a021001", "{\"body\":{\"boolValue\":true}}");
    expect_log_record("2a021000", "{\"body\":{\"boolValue\":false}}");
    expect_log_record("2a0b18ffffffffffffffffff01", "{\"body\":{\"intValue\":\"-1\"}}");
    expect_log_record("2a0921000000000000f83f", "{\"body\":{\"doubleValue\":1.5}}");
    expect_log_record("2a022a00", "{\"body\":{\"arrayValue\":{}}}");
    expect_log_record("2a062a040a000a00", "{\"body\":{\"arrayValue\":{\"values\":[{},{}]}}}");
    expect_log_record(
        "2a0d320b0a090a016b12040a027879",
        "{\"body\":{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"xy\"}}]}}}");
    expect_log_record("2a023a00", "{\"body\":{\"bytesValue\":\"\"}}");
    expect_log_record("2a033a01ff", "{\"body\":{\"bytesValue\":\"/w==\"}}");
    expect_log_record("2a043a02fffe", "{\"body\":{\"bytesValue\":\"//4=\"}}");
    expect_log_record("2a053a03fffe00", "{\"body\":{\"bytesValue\":\"//4A\"}}");
    expect_log_record("2a063a04fffe0041", "{\"body\":{\"bytesValue\":\"//4AQQ==\"}}");
    expect_log_record("2a024005", "{\"body\":{\"stringValueStrindex\":5}}");
    expect_log_record(
        "4a1000112233445566778899aabbccddeeff 52080123456789abcdef 4501010000 3803",
        "{\"droppedAttributesCount\":3,\"flags\":257,\"traceId\":\"00112233445566778899aabbccddeeff\","
        "\"spanId\":\"0123456789abcdef\"}");
    /* Present on the wire is present in the JSON. */
    expect_log_record("1000 1a00 090000000000000000 4a00",
                      "{\"timeUnixNano\":\"0\",\"severityNumber\":0,\"severityText\":\"\",\"traceId\":\"\"}");
}

static void test_to_json__joins_packed_and_single_numbers(void **state)
{
    /* One histogram point: bucket counts 1, [2, 3], 4, and an empty list of bounds; sum 0 is not absent. */
    expect_metric(
        "4a3a 0a38 310100000000000000 3210 0200000000000000 0300000000000000 3a00 310400000000000000"
        "290000000000000000 59000000000000f0bf",
        "{\"histogram\":{\"dataPoints\":[{\"sum\":0,\"bucketCounts\":[\"1\",\"2\",\"3\",\"4\"],"
        "\"explicitBounds\":[],\"min\":-1}]}}");
    /* Exponential buckets: offset -2 (zigzag), varint counts. */
    expect_metric("520d 0a0b 3003 4207 0803 1203 01ac02",
                  "{\"exponentialHistogram\":{\"dataPoints\":[{\"scale\":-2,\"positive\":{\"offset\":-2,"
                  "\"bucketCounts\":[\"1\",\"300\"]}}]}}");
}

static void test_to_json__merges_as_protobuf_does(void **state)
{
    /* A value, a body, a text twice: the last one. */
    expect(&rd_schema_logs, "0a1e121c121a2a040a026f6b32120a016b12030a017812080a066140622e636f",
           "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"ok\"},"
           "\"attributes\":"
           "[{\"key\":\"k\",\"value\":{\"stringValue\":\"a@b.co\"}}]}]}]}]}");
    expect_log_record("2a080a066140622e636f 2a030a017a", "{\"body\":{\"stringValue\":\"z\"}}");
    expect_log_record("1a0161 1000 1a0162", "{\"severityNumber\":0,\"severityText\":\"b\"}");
    /* The lists of two array values in one value become one ... */
    expect_log_record(
        "2a132a0a0a080a066140622e636f2a050a030a017a",
        "{\"body\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"a@b.co\"},{\"stringValue\":\"z\"}]}}}");
    /* ... also when they come in two bodies, ... */
    expect_log_record("2a072a050a030a0161 1000 2a072a050a030a0162",
                      "{\"severityNumber\":0,\"body\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"a\"},"
                      "{\"stringValue\":\"b\"}]}}}");
    /* ... but not when another member was set between. */
    expect_log_record("2a112a050a030a01610a01732a050a030a0162",
                      "{\"body\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"b\"}]}}}");
    expect_log_record("2a072a050a030a0161 2a030a0173", "{\"body\":{\"stringValue\":\"s\"}}");
    expect_log_record("2a030a0173 2a072a050a030a0161",
                      "{\"body\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"a\"}]}}}");
    expect_metric("2a00 0a016d 3a021001", "{\"name\":\"m\",\"sum\":{\"aggregationTemporality\":1}}");
    expect_metric("2a00 3a021001 2a00", "{\"gauge\":{}}");
    expect_metric("2a140a12 310100000000000000 21000000000000f03f",
                  "{\"gauge\":{\"dataPoints\":[{\"asDouble\":1}]}}");
    /* The parts of a resource stand around its logs: one resource, its lists joined. */
    expect(&rd_schema_logs, "0a15 0a05 0a03 0a0161 1a0175 0a02 1002 0a05 0a030a0162",
           "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"a\"},{\"key\":\"b\"}],"
           "\"droppedAttributesCount\":2},\"schemaUrl\":\"u\"}]}");
}

static void test_to_json__leaves_out_what_has_no_name(void **state)
{
    expect_log_record("7a0178 a00101 a9010000000000000000 ad0100000000 7b0a066140622e636f 7b7c 7c 2a030a0178",
                      "{\"body\":{\"stringValue\":\"x\"}}");
    expect(&rd_schema_logs, "1a0361626320012a00", "{}");
    expect(&rd_schema_logs, "7b7b7b7c7c12017c7c", "{}"); /* groups in a group */
}

static void test_to_json__refuses_what_is_not_protobuf(void **state)
{
    static const struct {
        const char *hex;
        rd_outcome outcome;
    } cases[] = {
        {"0affffffffffffffffff01", RD_MALFORMED}, /* length beyond everything */
        {"0affffffffffffffffff7f", RD_MALFORMED}, /* ... and beyond 64 bits */
        {"0a05", RD_MALFORMED},
        {"0a", RD_MALFORMED},
        {"80", RD_MALFORMED},
        {"0a02120112", RD_MALFORMED},
        {"0801", RD_MALFORMED},         /* wrong wire type */
        {"0a0212050a01", RD_MALFORMED}, /* inner length past the outer end */
        {"0001", RD_MALFORMED},         /* field 0 */
        {"808080801001", RD_MALFORMED}, /* field 2^29 */
        {"0e", RD_MALFORMED},
        {"0f", RD_MALFORMED},
        {"7b", RD_MALFORMED},     /* group without end */
        {"7c", RD_MALFORMED},     /* end without group */
        {"7b8401", RD_MALFORMED}, /* end of another group */
        {"7b0a05", RD_MALFORMED},
        {"7b0e", RD_MALFORMED},
        {"7800790000", RD_MALFORMED},
        {"7d000000", RD_MALFORMED},
    };
    rd_buf body, out;
    rd_buf_init(&body, 1 << 20);
    rd_buf_init(&out, 1 << 20);
    rd_buf_append_str(&out, "before");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rd_buf_clear(&body, 1 << 20);
        wire_hex(&body, cases[i].hex);
        assert_int_equal(convert(&rd_schema_logs, &body, &wire_limits, &out), cases[i].outcome);
        assert_int_equal(out.n, 6); /* nothing is left behind */
    }
    /* Packed numbers that are cut off: fixed and varint. */
    static const char *const packed[] = {"4a070a0532030102 03", "520a 0a08 4206 1204 01ffff80"};
    for (size_t i = 0; i < 2; i++) {
        rd_buf_clear(&body, 1 << 20);
        wire_hex(&body, packed[i]);
        wire_wrap(&body, 2);
        wire_wrap(&body, 2);
        wire_wrap(&body, 1);
        assert_int_equal(convert(&rd_schema_metrics, &body, &wire_limits, &out), RD_MALFORMED);
    }
    rd_buf_release(&body);
    rd_buf_release(&out);
}

/* A body value of `n` nested arrays. */
static void nest(rd_buf *b, unsigned n)
{
    rd_buf_clear(b, 1 << 20);
    for (unsigned i = 0; i < n; i++) {
        wire_wrap(b, 1);
        wire_wrap(b, 5);
    }
    wire_wrap(b, 5);
    wire_wrap_record(b);
}

static void test_to_json__goes_as_deep_as_the_walker(void **state)
{
    rd_buf body, out;
    rd_doc doc;
    rd_error err;
    rd_buf_init(&body, 1 << 20);
    rd_buf_init(&out, 1 << 20);
    rd_doc_init(&doc);
    static const unsigned limits[] = {0, 1, 32, 100, 10000};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        const rd_limits lim = {.max_depth = limits[i], .max_elements = 100000};
        unsigned deepest = 0;
        for (unsigned n = 0; n < 300; n++) {
            nest(&body, n);
            rd_doc_reset(&doc, rd_buf_slice(&body));
            rd_outcome walked = rd_wire_walk(&rd_schema_logs, &lim, NULL, &doc, &err);
            rd_buf_clear(&out, 1 << 20);
            assert_int_equal(convert(&rd_schema_logs, &body, &lim, &out), walked);
            if (walked == RD_OK)
                deepest = n;
            else
                assert_int_equal(walked, RD_TOO_DEEP);
        }
        assert_int_equal(deepest, limits[i] < 150 ? limits[i] : deepest);
        assert_true(deepest < 299);
    }
    /* Groups nest as well. */
    rd_buf_clear(&body, 1 << 20);
    for (int i = 0; i < 100000; i++)
        rd_buf_append_byte(&body, 0x7b);
    assert_int_equal(convert(&rd_schema_logs, &body, &wire_limits, &out), RD_TOO_DEEP);
    rd_doc_release(&doc);
    rd_buf_release(&body);
    rd_buf_release(&out);
}

static void test_to_json__keeps_to_its_ceilings(void **state)
{
    rd_buf body, out;
    rd_limits lim = wire_limits;
    rd_buf_init(&body, 1 << 20);
    for (int i = 0; i < 1000; i++)
        rd_buf_append(&body, "\x0a\x00", 2);
    rd_buf_init(&out, 3018); /* {"resourceLogs":[{},{}...]} */
    lim.max_elements = 1000;
    assert_int_equal(convert(&rd_schema_logs, &body, &lim, &out), RD_OK);
    assert_int_equal(out.n, 3018);
    rd_buf_clear(&out, 0);
    lim.max_elements = 999;
    assert_int_equal(convert(&rd_schema_logs, &body, &lim, &out), RD_TOO_MANY);
    rd_buf_release(&out);
    rd_buf_init(&out, 3017);
    lim.max_elements = 1000;
    assert_int_equal(convert(&rd_schema_logs, &body, &lim, &out), RD_TOO_LARGE);
    assert_int_equal(out.n, 0);
    rd_buf_release(&out);
    rd_buf_release(&body);
}

/* ---- scalars ---- */

static void expect_number(rd_scalar scalar, uint64_t number, const char *json)
{
    rd_buf out;
    const rd_field f = {.scalar = (uint8_t)scalar};
    rd_buf_init(&out, 1000);
    rd_json_put_number(&f, number, &out);
    rd_buf_append_byte(&out, '\0');
    assert_string_equal((char *)out.p, json);
    rd_buf_release(&out);
}

static void expect_real(double v, const char *json)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    expect_number(RD_SCALAR_DOUBLE, bits, json);
}

static void expect_single(float v, const char *json)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    expect_number(RD_SCALAR_FLOAT, bits, json);
}

static void test_to_json__writes_numbers_of_every_scalar(void **state)
{
    expect_number(RD_SCALAR_BOOL, 1, "true");
    expect_number(RD_SCALAR_BOOL, UINT64_C(1) << 40, "true");
    expect_number(RD_SCALAR_BOOL, 0, "false");
    expect_number(RD_SCALAR_ENUM, 17, "17");
    expect_number(RD_SCALAR_ENUM, UINT64_MAX, "-1");
    expect_number(RD_SCALAR_INT32, UINT64_C(0xffffffff80000000), "-2147483648");
    expect_number(RD_SCALAR_INT32, INT32_MAX, "2147483647");
    expect_number(RD_SCALAR_SFIXED32, 0xffffffff, "-1");
    expect_number(RD_SCALAR_SINT32, 1, "-1");
    expect_number(RD_SCALAR_SINT32, 0xffffffff, "-2147483648");
    expect_number(RD_SCALAR_SINT32, 0xfffffffe, "2147483647");
    expect_number(RD_SCALAR_SINT32, UINT64_C(0x100000001), "-1");
    expect_number(RD_SCALAR_UINT32, 0xffffffff, "4294967295");
    expect_number(RD_SCALAR_FIXED32, 7, "7");
    expect_number(RD_SCALAR_INT64, UINT64_C(1) << 63, "\"-9223372036854775808\"");
    expect_number(RD_SCALAR_SFIXED64, 5, "\"5\"");
    expect_number(RD_SCALAR_SINT64, UINT64_MAX, "\"-9223372036854775808\"");
    expect_number(RD_SCALAR_UINT64, UINT64_MAX, "\"18446744073709551615\"");
    expect_number(RD_SCALAR_FIXED64, 0, "\"0\"");
    expect_real(NAN, "\"NaN\"");
    expect_real(INFINITY, "\"Infinity\"");
    expect_real(-INFINITY, "\"-Infinity\"");
    expect_real(0.0, "0");
    expect_real(-0.0, "-0");
    expect_real(0.1, "0.1");
    expect_real(0.1 + 0.2, "0.30000000000000004");
    expect_real(-123456.0, "-123456");
    expect_real(999999999999999.0, "999999999999999");
    expect_real(1e15, "1e+15");
    expect_real(1e21, "1e+21");
    expect_real(5e-324, "4.94065645841247e-324");
    expect_real(1.7976931348623157e308, "1.7976931348623157e+308");
    expect_real(9007199254740993.0, "9007199254740992");
    expect_single(0.1F, "0.1");
    expect_single(16777217.5F, "16777218");
    expect_single(3.4028235e38F, "3.4028235e+38");
    expect_single(-INFINITY, "\"-Infinity\"");
}

static void test_to_json__doubles_come_back_exactly(void **state)
{
    uint64_t bits = UINT64_C(0x9e3779b97f4a7c15);
    const rd_field f = {.scalar = RD_SCALAR_DOUBLE};
    for (int i = 0; i < 20000; i++) {
        rd_buf out;
        double v, back;
        char *end;
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memcpy(&v, &bits, sizeof v);
        if (isnan(v) || isinf(v))
            continue;
        rd_buf_init(&out, 100);
        rd_json_put_number(&f, bits, &out);
        rd_buf_append_byte(&out, '\0');
        back = strtod((char *)out.p, &end);
        assert_int_equal(*end, '\0');
        assert_memory_equal(&v, &back, sizeof v);
        rd_buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_json__writes_an_ordinary_request),
        cmocka_unit_test(test_to_json__writes_every_kind_of_value),
        cmocka_unit_test(test_to_json__joins_packed_and_single_numbers),
        cmocka_unit_test(test_to_json__merges_as_protobuf_does),
        cmocka_unit_test(test_to_json__leaves_out_what_has_no_name),
        cmocka_unit_test(test_to_json__refuses_what_is_not_protobuf),
        cmocka_unit_test(test_to_json__goes_as_deep_as_the_walker),
        cmocka_unit_test(test_to_json__keeps_to_its_ceilings),
        cmocka_unit_test(test_to_json__writes_numbers_of_every_scalar),
        cmocka_unit_test(test_to_json__doubles_come_back_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
