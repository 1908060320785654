/* SPDX-License-Identifier: MIT */
/* The walker on bodies made by hand: vectors, hostile input, pairs. */
#include "tests/unit/wire_util.h"

/* --- varints --- */

static void test_wire__varints_go_round(void **state)
{
    uint8_t b[10];
    uint64_t back;
    for (unsigned bit = 0; bit < 64; bit++) {
        for (int64_t d = -1; d <= 1; d++) {
            uint64_t v = (UINT64_C(1) << bit) + (uint64_t)d;
            size_t n = rd_varint_put(v, b);
            assert_int_equal(n, rd_varint_size(v));
            assert_int_equal(rd_varint_get(b, b + n, &back), n);
            assert_true(back == v);
            for (size_t cut = 0; cut < n; cut++)
                assert_int_equal(rd_varint_get(b, b + cut, &back), 0);
        }
    }
}

static void test_wire__varints_take_long_spellings_up_to_64_bits(void **state)
{
    uint64_t v;
    const uint8_t six[] = {0x86, 0x80, 0x00};
    assert_int_equal(rd_varint_get(six, six + 3, &v), 3);
    assert_int_equal(v, 6);
    const uint8_t max[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00};
    assert_int_equal(rd_varint_get(max, max + sizeof max, &v), 10);
    assert_true(v == UINT64_MAX);
    const uint8_t bits65[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    assert_int_equal(rd_varint_get(bits65, bits65 + sizeof bits65, &v), 0);
    const uint8_t eleven[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
    assert_int_equal(rd_varint_get(eleven, eleven + sizeof eleven, &v), 0);
}

/* --- vectors: places where text hides --- */

static const struct vector {
    const char *hex, *leaves, *masked;
} vectors[] = {
    /* a record as it should be */
    {"0a510a150a130a0c736572766963652e6e616d6512030a017312380a050a036c6962122f0900eb3af5faeb6f1510091a04494e4"
     "64f2a0d0a0b"
     "6d61696c206140622e636f320d0a016b12080a066140622e636f",
     "TEXT resource service.name\nTEXT resource s\nTEXT scope lib\nTEXT other INFO\n"
     "TEXT body mail a@b.co\nTEXT attribute k\nTEXT attribute a@b.co\n",
     NULL},
    /* KeyValue.value twice */
    {"0a1e121c121a2a040a026f6b32120a016b12030a017812080a066140622e636f",
     "TEXT body ok\nTEXT attribute k\nTEXT attribute x\nTEXT attribute a@b.co\n",
     "0a1b121912172a040a026f6b320f0a016b12030a017812050a032a2a2a"},
    /* array_value twice in one AnyValue */
    {"0a19121712152a132a0a0a080a066140622e636f2a050a030a017a", "TEXT body a@b.co\nTEXT body z\n",
     "0a16121412122a102a070a050a032a2a2a2a050a030a017a"},
    /* body twice */
    {"0a131211120f2a080a066140622e636f2a030a017a", "TEXT body a@b.co\nTEXT body z\n",
     "0a10120e120c2a050a032a2a2a2a030a017a"},
    /* field 1000: the scope list of old */
    {"0a0fc23e0c120a2a080a066140622e636f", "TEXT body a@b.co\n", "0a0cc23e0912072a050a032a2a2a"},
    /* LogRecord.4: the name of old */
    {"0a0c120a120822066140622e636f", "TEXT event_name a@b.co\n", "0a091207120522032a2a2a"},
    /* bytes_value */
    {"0a0e120c120a2a083a066140622e636f", "TEXT body a@b.co\n", "0a0b120912072a053a032a2a2a"},
    /* a length in three bytes */
    {"0a10120e120c2a0a0a8680006140622e636f", "TEXT body a@b.co\n", NULL},
    /* unknown group with a length-delimited field */
    {"0a14121212102a040a026f6b7b0a066140622e636f7c", "TEXT body ok\nFIXED unknown a@b.co\n", NULL},
};

static void test_wire__finds_text_where_it_hides(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        begin(f, vectors[i].hex);
        assert_int_equal(walk_logs(f), RD_OK);
        expect_leaves(f, vectors[i].leaves);
        if (vectors[i].masked == NULL)
            continue;
        for (uint32_t k = 0; k < f->doc.n_leaves; k++) {
            if (rd_slice_eq(rd_doc_leaf_bytes(&f->doc, &f->doc.leaves[k]), RD_SLICE_LIT("a@b.co")))
                edit(f, k, "***");
        }
        expect_spliced(f, vectors[i].masked);
    }
}

static void test_wire__counts_what_it_reads(void **state)
{
    fixture *f = *state;
    begin(f, vectors[0].hex);
    assert_int_equal(walk_logs(f), RD_OK);
    assert_int_equal(f->doc.n_items, 1);
    assert_int_equal(f->doc.n_groups, 1);
    assert_int_equal(f->doc.n_frames, 10);
}

static void test_wire__reads_loki_push(void **state)
{
    fixture *f = *state;
    begin(f,
          "0a3d 0a12 7b6a6f623d2278222c206170703d2279227d 1225 0a06 08be9183ed05 120b 66697a7a206140622e636f"
          "1a0e 0a04 75736572 1206 6140622e636f 182a");
    assert_int_equal(walk_as(f, &rd_schema_loki_push, &wire_limits), RD_OK);
    expect_leaves(f, "LABELS label {job=\"x\", app=\"y\"}\nTEXT body fizz a@b.co\nTEXT metadata user\n"
                     "TEXT metadata a@b.co\nHASH label \\18*\n");
    assert_int_equal(f->doc.n_items, 1);
    assert_int_equal(f->doc.n_groups, 1);
    edit(f, 0, "{}");
    edit(f, 4, "");
    expect_spliced(f, "0a2b 0a02 7b7d 1225 0a06 08be9183ed05 120b 66697a7a206140622e636f 1a0e 0a04 75736572 "
                      "1206 6140622e636f");
    begin(f, "0a02 0a00");
    assert_int_equal(walk_as(f, &rd_schema_loki_push, &wire_limits), RD_OK);
    expect_leaves(f, "LABELS label \n");
}

static void test_wire__shows_numbers_that_may_be_somebodys(void **state)
{
    fixture *f = *state;
    expect_record(f, "2a06 18 b9f08fc003", "INT body \\18\\b9\\f0\\8f\\c0\\03\n");
    edit(f, 0, "\x0a\x05[num]");
    expect_spliced(f, "0a0d 120b 1209 2a07 0a05 5b6e756d5d");
    /* a tag and a value in more bytes than they need */
    expect_record(f, "2a05 9800 858000", "INT body \\98\\00\\85\\80\\00\n");
}

/* --- hostile input --- */

static void expect_outcome(fixture *f, const char *record_hex, rd_outcome want)
{
    begin(f, record_hex);
    wire_wrap_record(&f->body);
    rd_outcome o = walk_logs(f);
    if (o != want)
        fail_msg("%s: %s, not %s", record_hex, rd_outcome_word(o), rd_outcome_word(want));
    if (o != RD_OK)
        assert_true(f->err.offset <= f->body.n);
}

static void test_wire__an_empty_body_is_an_empty_message(void **state)
{
    fixture *f = *state;
    rd_doc_reset(&f->doc, (rd_slice){NULL, 0});
    assert_int_equal(rd_wire_walk(&rd_schema_logs, &wire_limits, NULL, &f->doc, &f->err), RD_OK);
    assert_int_equal(f->doc.n_leaves + f->doc.n_frames, 0);
    assert_int_equal(rd_wire_splice(&f->doc, &f->out, &f->err), RD_OK);
    assert_int_equal(f->out.n, 0);
}

static void test_wire__refuses_a_body_cut_off_anywhere(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        begin(f, vectors[i].hex);
        for (size_t full = f->body.n; --f->body.n > 0;) {
            assert_true(f->body.n < full);
            assert_int_equal(walk_logs(f), RD_TRUNCATED);
        }
    }
}

static void test_wire__refuses_lengths_that_lie(void **state)
{
    fixture *f = *state;
    begin(f, "0affffffffffffffffff01"); /* 2^64-1 */
    assert_int_equal(walk_logs(f), RD_TRUNCATED);
    begin(f, "0affffffff0f 00");
    assert_int_equal(walk_logs(f), RD_TRUNCATED);
    expect_outcome(f, "2a0c 0a06 6140622e636f", RD_MALFORMED); /* longer than the record */
    expect_outcome(f, "2a08 0a07 6140622e636f 1002",
                   RD_MALFORMED); /* longer than its AnyValue, in the body */
    expect_outcome(f, "2a", RD_MALFORMED);
    expect_outcome(f, "2a808080808080808080807f", RD_MALFORMED);
    expect_outcome(f, "09 00112233445566", RD_MALFORMED); /* fixed64 with seven bytes */
    expect_outcome(f, "45 001122", RD_MALFORMED);
    expect_outcome(f, "10 ff", RD_MALFORMED);
    expect_outcome(f, "10 ffffffffffffffffff02", RD_MALFORMED);
    expect_outcome(f, "10 ffffffffffffffffff01", RD_OK);
}

static void test_wire__refuses_tags_that_do_not_exist(void **state)
{
    fixture *f = *state;
    expect_outcome(f, "00 00", RD_MALFORMED);
    expect_outcome(f, "02 00", RD_MALFORMED);
    expect_outcome(f, "a206 00", RD_OK);        /* field 100, empty */
    expect_outcome(f, "a606 00", RD_MALFORMED); /* wire type 6 */
    expect_outcome(f, "a706 00", RD_MALFORMED);
    expect_outcome(f, "2e 00", RD_MALFORMED);
    expect_outcome(f, "f8ffffff0f 00", RD_OK); /* field 2^29-1 */
    expect_outcome(f, "8080808010 00", RD_MALFORMED);
    expect_outcome(f, "a8808080808000 00", RD_MALFORMED); /* body as a varint, tag in seven bytes */
    expect_outcome(f, "aa808080808000 00", RD_OK);
}

static void test_wire__refuses_known_fields_of_another_wire_type(void **state)
{
    fixture *f = *state;
    static const char *const bad[] = {
        "0a01 00",  "28 00", "2d 00000000", "2b 2c",       "29 0000000000000000",
        "12 01 00", "48 00", "32 02 08 00", "2a 02 20 00", "2a 03 1a01 61"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_outcome(f, bad[i], RD_MALFORMED);
}

static void test_wire__groups_must_match(void **state)
{
    fixture *f = *state;
    expect_record(f, "7b 83 01 0a 01 61 84 01 7c", "FIXED unknown a\n");
    expect_record(f, "7b 08 05 0d 01020304 11 0102030405060708 0a 00 7c 2a 03 0a 01 62", "TEXT body b\n");
    expect_outcome(f, "7b 83 01 7c 84 01", RD_MALFORMED); /* crossed */
    expect_outcome(f, "7b", RD_MALFORMED);
    expect_outcome(f, "7b 84 01", RD_MALFORMED);
    expect_outcome(f, "7c", RD_MALFORMED);
    expect_outcome(f, "7b 0a 05 61 7c", RD_MALFORMED);
    expect_outcome(f, "32 04 7b 0a 01 61", RD_MALFORMED); /* ends with its pair */
    begin(f, "7b 0a 01 61");
    assert_int_equal(walk_logs(f), RD_MALFORMED);
}

static void test_wire__unknown_fields_are_shown_or_refused(void **state)
{
    fixture *f = *state;
    expect_record(f, "a206 03 61ff62 a806 05 a506 01020304 a106 0102030405060708", "FIXED unknown a\\ffb\n");
    rd_limits strict = wire_limits;
    strict.unknown = RD_UNKNOWN_REFUSE;
    static const struct {
        const char *hex;
        rd_outcome want;
    } cases[] = {
        {"a206 03 616263", RD_REFUSED}, {"a206 00", RD_REFUSED}, {"7b 7c", RD_REFUSED}, {"a806 05", RD_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(f, cases[i].hex);
        wire_wrap_record(&f->body);
        assert_int_equal(walk_as(f, &rd_schema_logs, &strict), cases[i].want);
    }
}

static void test_wire__ids_have_their_length_or_none(void **state)
{
    fixture *f = *state;
    expect_record(f, "4a 10 00112233445566778899aabbccddeeff 52 08 0011223344556677 4a 00 52 00", "");
    expect_outcome(f, "4a 06 6140622e636f", RD_INVALID);
    expect_outcome(f, "52 10 00112233445566778899aabbccddeeff", RD_INVALID);
    expect_outcome(f, "4a 08 0011223344556677", RD_INVALID);
}

static void test_wire__strings_are_utf8(void **state)
{
    fixture *f = *state;
    expect_outcome(f, "2a 06 0a 04 61ff6263", RD_MALFORMED);
    expect_outcome(f, "2a 06 3a 04 61ff6263", RD_OK);                       /* bytes_value */
    expect_outcome(f, "32 0b 0a 02 6bff 12 05 0a 03 616263", RD_MALFORMED); /* key */
    expect_outcome(f, "32 0b 0a 02 6b6b 12 05 0a 03 61ff63", RD_MALFORMED);
    expect_record(f, "2a 04 0a 02 c3a4", "TEXT body \\c3\\a4\n");
    rd_limits lax = wire_limits;
    lax.keep_invalid_utf8 = true;
    begin(f, "2a 06 0a 04 61ff6263");
    wire_wrap_record(&f->body);
    assert_int_equal(walk_as(f, &rd_schema_logs, &lax), RD_OK);
    expect_leaves(f, "TEXT body a\\ffbc\n");
}

/* A histogram point's fields. */
static rd_outcome walk_histogram_point(fixture *f, const char *hex)
{
    begin(f, hex);
    wire_wrap(&f->body, 1);
    wire_wrap(&f->body, 9);
    wire_wrap_record(&f->body);
    return walk_as(f, &rd_schema_metrics, &wire_limits);
}

static void test_wire__packed_and_unpacked_numbers_mix(void **state)
{
    fixture *f = *state;
    assert_int_equal(
        walk_histogram_point(f, "32 10 0102030405060708 0102030405060708 31 0102030405060708 32 00"), RD_OK);
    assert_int_equal(f->doc.n_leaves, 0);
    assert_int_equal(walk_histogram_point(f, "32 09 0102030405060708 01"), RD_MALFORMED);
    assert_int_equal(walk_histogram_point(f, "22 08 0102030405060708"),
                     RD_MALFORMED); /* count is not repeated */
    static const struct {
        const char *hex;
        rd_outcome want;
    } buckets[] = {{"12 05 01 8001 8200 10 07", RD_OK},
                   {"12 02 01 80", RD_MALFORMED},
                   {"12 0a ffffffffffffffffff02", RD_MALFORMED},
                   {"12 03 01 02", RD_MALFORMED}};
    for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++) {
        begin(f, buckets[i].hex);
        wire_wrap(&f->body, 8);
        wire_wrap(&f->body, 1);
        wire_wrap(&f->body, 10);
        wire_wrap_record(&f->body);
        assert_int_equal(walk_as(f, &rd_schema_metrics, &wire_limits), buckets[i].want);
    }
}

/* `levels` of AnyValue, each but the last an array of one. */
static void nest_arrays(fixture *f, unsigned levels)
{
    begin(f, "0a0161");
    for (unsigned i = 1; i < levels; i++) {
        wire_wrap(&f->body, 1);
        wire_wrap(&f->body, 5);
    }
    wire_wrap(&f->body, 5);
    wire_wrap_record(&f->body);
}

static void test_wire__nesting_has_a_ceiling(void **state)
{
    fixture *f = *state;
    for (uint32_t max = 0; max < 40; max++) {
        rd_limits lim = wire_limits;
        lim.max_depth = max;
        nest_arrays(f, max + 1);
        assert_int_equal(walk_as(f, &rd_schema_logs, &lim), RD_OK);
        nest_arrays(f, max + 2);
        assert_int_equal(walk_as(f, &rd_schema_logs, &lim), RD_TOO_DEEP);
    }
    rd_limits flat = wire_limits;
    flat.max_depth = 0; /* body, kvlist, attribute in its ordinary form */
    begin(f, "2a0d 320b 0a09 0a016b 1204 0a026262");
    wire_wrap_record(&f->body);
    assert_int_equal(walk_as(f, &rd_schema_logs, &flat), RD_TOO_DEEP);
    flat.max_depth = 1;
    assert_int_equal(walk_as(f, &rd_schema_logs, &flat), RD_OK);
    rd_limits none = wire_limits;
    none.max_depth = UINT32_MAX;
    nest_arrays(f, 1000);
    assert_int_equal(walk_as(f, &rd_schema_logs, &none), RD_TOO_DEEP);
}

static void test_wire__endless_nesting_ends(void **state)
{
    enum { LEVELS = 200000 };
    fixture *f = *state;
    begin(f, "");
    for (unsigned i = 0; i < LEVELS; i++)
        rd_buf_append_byte(&f->body, 0x7b); /* group 15 starts */
    assert_int_equal(walk_logs(f), RD_TOO_DEEP);
    /* every message says that it fills the rest; lengths are written from the inside */
    uint8_t *at = malloc(LEVELS * 8), *p = at + LEVELS * 8;
    assert_non_null(at);
    size_t n = 0;
    for (unsigned i = 0; i < LEVELS; i++) {
        uint8_t head[11] = {i + 3 >= LEVELS   ? (i + 1 == LEVELS ? 0x0a : 0x12)
                            : i + 4 == LEVELS ? 0x2a
                            : i % 2           ? 0x2a
                                              : 0x0a};
        size_t k = 1 + rd_varint_put(n, head + 1);
        if (p < at + k)
            break;
        p -= k;
        memcpy(p, head, k);
        n += k;
    }
    rd_doc_reset(&f->doc, rd_slice_of(p, n));
    assert_int_equal(rd_wire_walk(&rd_schema_logs, &wire_limits, &wire_visitor, &f->doc, &f->err),
                     RD_TOO_DEEP);
    free(at);
}

static void test_wire__elements_have_a_ceiling(void **state)
{
    fixture *f = *state;
    rd_limits lim = wire_limits;
    lim.max_elements = 1000;
    static const struct {
        const rd_message *root;
        const char *hex;
        unsigned fields;
    } elements[] = {
        {&rd_schema_logs, "0a00", 1},  {&rd_schema_logs, "0a02 0a00", 2}, {&rd_schema_logs, "a206 00", 1},
        {&rd_schema_logs, "7b 7c", 2}, {&rd_schema_loki_push, "1801", 1},
    };
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        begin(f, "");
        for (unsigned k = 0; k < 1000 / elements[i].fields; k++)
            wire_hex(&f->body, elements[i].hex);
        assert_int_equal(walk_as(f, elements[i].root, &lim), RD_OK);
        wire_hex(&f->body, elements[i].hex);
        assert_int_equal(walk_as(f, elements[i].root, &lim), RD_TOO_MANY);
    }
    /* the short cut for attributes counts the same: four for each of these, three around them */
    for (uint32_t max = 0; max < 20; max++) {
        lim.max_elements = max;
        begin(f, "3209 0a0161 1204 0a026262 3209 0a0161 1204 0a026262 3209 0a0161 1204 0a026262");
        wire_wrap_record(&f->body);
        assert_int_equal(walk_as(f, &rd_schema_logs, &lim), max < 15 ? RD_TOO_MANY : RD_OK);
    }
}

/* --- pairs --- */

static void test_wire__keys_judge_their_values(void **state)
{
    fixture *f = *state;
    expect_record(f, "3209 0a016b 1204 0a026262", "TEXT attribute k\nTEXT attribute bb\n");
    expect_record(f, "3209 0a0163 1204 0a026262", "TEXT attribute c\nTEXT attribute 5 bb\n");
    expect_record(f, "3209 0a016d 1204 0a026262", "TEXT attribute m\nPAIR_VALUE attribute 7 \\0a\\02bb\n");
    expect_record(f, "3209 0a0164 1204 0a026262", "PAIR_DROP attribute 9 2\\09\\0a\\01d\\12\\04\\0a\\02bb\n");
}

static void test_wire__keys_may_come_last_or_twice(void **state)
{
    fixture *f = *state;
    /* last */
    expect_record(f, "3209 1204 0a026262 0a016d", "PAIR_VALUE attribute 7 \\0a\\02bb\nTEXT attribute m\n");
    expect_record(f, "3209 1204 0a026262 0a0163", "TEXT attribute 5 bb\nTEXT attribute c\n");
    /* twice: the stronger verdict holds, wherever it stands */
    expect_record(f, "320c 0a016d 1204 0a026262 0a016b",
                  "TEXT attribute m\nPAIR_VALUE attribute 7 \\0a\\02bb\nTEXT attribute k\n");
    expect_record(f, "320c 0a016b 1204 0a026262 0a016d",
                  "TEXT attribute k\nPAIR_VALUE attribute 7 \\0a\\02bb\nTEXT attribute m\n");
    expect_record(f, "320c 0a0164 1204 0a026262 0a016d",
                  "PAIR_DROP attribute 9 2\\0c\\0a\\01d\\12\\04\\0a\\02bb\\0a\\01m\n");
    expect_record(f, "320c 0a0163 1204 0a026262 0a016b",
                  "TEXT attribute c\nTEXT attribute 5 bb\nTEXT attribute k\n");
    /* none, or an empty one */
    expect_record(f, "3206 1204 0a026262", "TEXT attribute bb\n");
    expect_record(f, "3208 0a00 1204 0a026262", "TEXT attribute bb\n");
    expect_record(f, "3203 0a016d", "TEXT attribute m\n");
}

static void test_wire__masks_each_value_of_every_kind(void **state)
{
    fixture *f = *state;
    expect_record(f, "320f 0a016d 1204 0a026262 1204 0a026363",
                  "TEXT attribute m\nPAIR_VALUE attribute 7 \\0a\\02bb\nPAIR_VALUE attribute 7 \\0a\\02cc\n");
    expect_record(f, "3207 0a016d 1202 1801",
                  "TEXT attribute m\nPAIR_VALUE attribute 7 \\18\\01\n"); /* int */
    expect_record(f, "3207 0a016d 1202 1001",
                  "TEXT attribute m\nPAIR_VALUE attribute 7 \\10\\01\n"); /* bool */
    expect_record(f, "3205 0a016d 1200", "TEXT attribute m\n");           /* no value at all */
    /* frames inside the value are gone, the value's own stays and takes the replacement's length */
    expect_record(f, "3210 0a016d 120b 2a09 0a03 0a0161 0a02 1805",
                  "TEXT attribute m\nPAIR_VALUE attribute 7 *\\09\\0a\\03\\0a\\01a\\0a\\02\\18\\05\n");
    assert_int_equal(f->doc.n_frames, 5);
    assert_int_equal(f->doc.leaves[1].frame, 4);
    edit(f, 1, "\x0a\x03***");
    expect_spliced(f, "0a10 120e 120c 320a 0a016d 1205 0a032a2a2a");
}

static void test_wire__unknown_fields_in_a_masked_pair_stay_visible(void **state)
{
    fixture *f = *state;
    expect_record(f, "3218 1204 0a026262 a2060178 0a016d 7b 0a0179 7c 1204 0a026363",
                  "PAIR_VALUE attribute 7 \\0a\\02bb\nFIXED unknown x\nTEXT attribute m\nFIXED unknown y\n"
                  "PAIR_VALUE attribute 7 \\0a\\02cc\n");
}

static void test_wire__pairs_in_pairs(void **state)
{
    fixture *f = *state;
    /* c: {m: bb, d: cc, k: ff, e: gg, z: hh} */
    begin(f, "0a09 0a016d 1204 0a026262 0a09 0a0164 1204 0a026363 0a09 0a016b 1204 0a026666 0a09 0a0165 1204 "
             "0a026767"
             "0a09 0a017a 1204 0a026868");
    wire_wrap(&f->body, 6);
    wire_wrap(&f->body, 2);
    wire_hex(&f->body, "0a0163"); /* the outer key comes last */
    wire_wrap(&f->body, 6);
    wire_wrap_record(&f->body);
    assert_int_equal(walk_logs(f), RD_OK);
    /* the outer key's context reaches what has no nearer rule */
    expect_leaves(f, "TEXT attribute 5 m\nPAIR_VALUE attribute 7 \\0a\\02bb\n"
                     "PAIR_DROP attribute 9 \\0a\\09\\0a\\01d\\12\\04\\0a\\02cc\n"
                     "TEXT attribute 5 k\nTEXT attribute 5 ff\nTEXT attribute 5 e\nTEXT attribute 6 gg\n"
                     "TEXT attribute 5 z\nPAIR_VALUE attribute \\0a\\02hh\nTEXT attribute c\n");
    assert_int_equal(f->doc.n_frames, 14); /* none for what is dropped */
    edit(f, 1, "\x0a\x01*");
    edit(f, 2, "");
    expect_spliced(f, "0a38 1236 1234 3232 122d 322b 0a08 0a016d 1203 0a012a 0a09 0a016b 1204 0a026666"
                      "0a09 0a0165 1204 0a026767 0a09 0a017a 1204 0a026868 0a0163");
}

/* What looks like the short cut's shape and is not. */
static void test_wire__attributes_that_are_nearly_ordinary(void **state)
{
    fixture *f = *state;
    expect_record(f, "320a 0a016b 1205 0a0161 1001",
                  "TEXT attribute k\nTEXT attribute a\n"); /* bool after string */
    expect_record(f, "320a 0a016b 1203 0a0161 1800",
                  "TEXT attribute k\nTEXT attribute a\n");        /* field 3 after value */
    expect_outcome(f, "3209 0a016b 1204 0a036262", RD_MALFORMED); /* string too long */
    expect_outcome(f, "3209 0a016b 1205 0a026262", RD_MALFORMED); /* value too long */
    expect_outcome(f, "3209 0a066b 1204 0a026262", RD_MALFORMED); /* key too long */
    expect_outcome(f, "3209 0a016b 1a04 0a026262", RD_MALFORMED); /* key_strindex is a number */
    expect_record(f, "3209 0a016b 2204 0a026262", "TEXT attribute k\nFIXED unknown \\0a\\02bb\n");
    expect_record(f, "3209 0a016b 1204 3a02c328", "TEXT attribute k\nTEXT attribute \\c3(\n");
}

static void test_wire__string_pairs_of_loki(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *hex, *leaves;
    } cases[] = {
        {"0a016d 12026262", "TEXT metadata m\nPAIR_TEXT metadata 7 bb\n"},
        {"12026262 0a016d 12026363", "PAIR_TEXT metadata 7 bb\nTEXT metadata m\nPAIR_TEXT metadata 7 cc\n"},
        {"0a016d 1200", "TEXT metadata m\n"},
        {"0a016b 12026262", "TEXT metadata k\nTEXT metadata bb\n"},
        {"0a0163 12026262", "TEXT metadata c\nTEXT metadata 5 bb\n"},
        {"12026262 0a0163", "TEXT metadata 5 bb\nTEXT metadata c\n"},
        {"12026262 0a0164", "PAIR_DROP metadata 9 \\1a\\07\\12\\02bb\\0a\\01d\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(f, cases[i].hex);
        wire_wrap(&f->body, 3);
        wire_wrap(&f->body, 2);
        wire_wrap(&f->body, 1);
        assert_int_equal(walk_as(f, &rd_schema_loki_push, &wire_limits), RD_OK);
        expect_leaves(f, cases[i].leaves);
    }
}

/* Attributes around the short cut's edges: key and text of 0 to 130 bytes, in all spellings of their lengths.
 */
static void test_wire__attributes_of_every_length(void **state)
{
    fixture *f = *state;
    for (unsigned k = 0; k <= 130; k += k == 3 ? 117 : 1) {
        for (unsigned t = 0; t <= 130; t += t == 3 ? 117 : 1) {
            rd_buf_clear(&f->out, 1 << 20);
            begin(f, "");
            for (unsigned i = 0; i < t; i++)
                rd_buf_append_byte(&f->body, 'v');
            wire_wrap(&f->body, 1);
            wire_wrap(&f->body, 2);
            for (unsigned i = 0; i < k; i++)
                rd_buf_append_byte(&f->out, 'k');
            wire_wrap(&f->out, 1);
            rd_buf_append(&f->out, f->body.p, f->body.n);
            rd_buf_clear(&f->body, 1 << 20);
            rd_buf_append(&f->body, f->out.p, f->out.n);
            wire_wrap(&f->body, 6);
            wire_wrap_record(&f->body);
            assert_int_equal(walk_logs(f), RD_OK);
            assert_int_equal(f->doc.n_leaves, (k > 0) + (t > 0));
            assert_int_equal(f->doc.n_frames, 5);
            if (k > 0)
                assert_int_equal(f->doc.leaves[0].len, k);
            if (t > 0) {
                const rd_leaf *l = &f->doc.leaves[f->doc.n_leaves - 1];
                assert_int_equal(l->len, t);
                assert_int_equal(l->off + l->len, f->body.n);
                assert_int_equal(l->frame, 4);
            }
        }
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_wire__varints_go_round),
        CASE(test_wire__varints_take_long_spellings_up_to_64_bits),
        CASE(test_wire__finds_text_where_it_hides),
        CASE(test_wire__counts_what_it_reads),
        CASE(test_wire__reads_loki_push),
        CASE(test_wire__shows_numbers_that_may_be_somebodys),
        CASE(test_wire__an_empty_body_is_an_empty_message),
        CASE(test_wire__refuses_a_body_cut_off_anywhere),
        CASE(test_wire__refuses_lengths_that_lie),
        CASE(test_wire__refuses_tags_that_do_not_exist),
        CASE(test_wire__refuses_known_fields_of_another_wire_type),
        CASE(test_wire__groups_must_match),
        CASE(test_wire__unknown_fields_are_shown_or_refused),
        CASE(test_wire__ids_have_their_length_or_none),
        CASE(test_wire__strings_are_utf8),
        CASE(test_wire__packed_and_unpacked_numbers_mix),
        CASE(test_wire__nesting_has_a_ceiling),
        CASE(test_wire__endless_nesting_ends),
        CASE(test_wire__elements_have_a_ceiling),
        CASE(test_wire__keys_judge_their_values),
        CASE(test_wire__keys_may_come_last_or_twice),
        CASE(test_wire__masks_each_value_of_every_kind),
        CASE(test_wire__unknown_fields_in_a_masked_pair_stay_visible),
        CASE(test_wire__pairs_in_pairs),
        CASE(test_wire__attributes_that_are_nearly_ordinary),
        CASE(test_wire__string_pairs_of_loki),
        CASE(test_wire__attributes_of_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
