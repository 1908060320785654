/* SPDX-License-Identifier: MIT */
/* The protobuf splicer on bodies made by hand. */
#include "tests/unit/wire_util.h"

static void test_splice__without_edits_is_the_identity(void **state)
{
    fixture *f = *state;
    static const char *const bodies[] = {
        "",
        "0a1e 121c 121a 2a04 0a026f6b 3212 0a016b 1203 0a0178 1208 0a066140622e636f",
        "0a10 120e 120c 2a0a 0a868000 6140622e636f",            /* a length in three bytes */
        "0a14 1212 1210 2a04 0a026f6b 7b 0a06 6140622e636f 7c", /* a group */
        "0a8000 0a8300 1a8000",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        begin(f, bodies[i]);
        assert_int_equal(walk_logs(f), RD_OK);
        expect_spliced(f, bodies[i]);
    }
}

static void test_splice__prefixes_grow_and_shrink(void **state)
{
    fixture *f = *state;
    char text[301];
    for (unsigned from = 1; from <= 300; from += from == 5 ? 100 : 1) {
        for (unsigned to = 0; to <= 300; to++) {
            rd_buf_clear(&f->body, 1 << 20);
            for (unsigned i = 0; i < from; i++)
                rd_buf_append_byte(&f->body, 'v');
            wire_wrap(&f->body, 1);
            wire_wrap(&f->body, 5);
            wire_wrap_record(&f->body);
            assert_int_equal(walk_logs(f), RD_OK);
            memset(text, 'w', to);
            text[to] = '\0';
            edit(f, 0, text);
            rd_buf_clear(&f->out, 1 << 20);
            assert_int_equal(rd_wire_splice(&f->doc, &f->out, &f->err), RD_OK);
            rd_buf_clear(&f->body, 1 << 20);
            rd_buf_append(&f->body, text, to);
            wire_wrap(&f->body, 1);
            wire_wrap(&f->body, 5);
            wire_wrap_record(&f->body);
            assert_int_equal(f->out.n, f->body.n);
            assert_memory_equal(f->out.p, f->body.p, f->body.n);
        }
    }
}

static void test_splice__parts_of_a_string_change_its_prefix_once(void **state)
{
    fixture *f = *state;
    expect_record(f, "2a0d 0a8a00 31323334353637383930", "TEXT body 1234567890\n"); /* length in two bytes */
    const rd_leaf l = f->doc.leaves[0];
    const uint8_t *text = (const uint8_t *)"abcdef";
    *rd_doc_push_edit(&f->doc) =
        (rd_edit){.off = l.off, .len = 0, .frame = l.frame, .text = text, .text_len = 2};
    *rd_doc_push_edit(&f->doc) =
        (rd_edit){.off = l.off + 2, .len = 3, .frame = l.frame, .text = text, .text_len = 1};
    *rd_doc_push_edit(&f->doc) =
        (rd_edit){.off = l.off + 10, .len = 0, .frame = l.frame, .text = text, .text_len = 6};
    expect_spliced(f, "0a18 1216 1214 2a12 0a10 6162 3132 61 3637383930 616263646566");
    /* what keeps its length keeps its prefix */
    expect_record(f, "2a0d 0a8a00 31323334353637383930", "TEXT body 1234567890\n");
    *rd_doc_push_edit(&f->doc) =
        (rd_edit){.off = l.off, .len = 6, .frame = l.frame, .text = text, .text_len = 6};
    expect_spliced(f, "0a13 1211 120f 2a0d 0a8a00 616263646566 37383930");
}

static void test_splice__fields_can_be_put_in_at_the_start_of_a_frame(void **state)
{
    fixture *f = *state;
    begin(f, "0a0d 0a0b 0a09 0a016b 1204 0a026262");
    assert_int_equal(walk_logs(f), RD_OK);
    const uint8_t field[] = {0x10, 0x05};
    *rd_doc_push_edit(&f->doc) =
        (rd_edit){.off = f->doc.frames[1].content_off, .len = 0, .frame = 1, .text = field, .text_len = 2};
    expect_spliced(f, "0a0f 0a0d 1005 0a09 0a016b 1204 0a026262");
    /* at the end too, if no leaf of that frame ends there */
    assert_int_equal(walk_logs(f), RD_OK);
    const rd_frame *resource = &f->doc.frames[1];
    *rd_doc_push_edit(&f->doc) = (rd_edit){.off = resource->content_off + resource->content_len,
                                           .len = 0,
                                           .frame = 1,
                                           .text = field,
                                           .text_len = 2};
    expect_spliced(f, "0a11 0a0f 1005 0a09 0a016b 1204 0a026262 1005");
    /* an empty body */
    begin(f, "");
    assert_int_equal(walk_logs(f), RD_OK);
    *rd_doc_push_edit(&f->doc) = (rd_edit){.frame = RD_NO_FRAME, .text = field, .text_len = 2};
    expect_spliced(f, "1005");
}

static void test_splice__frames_in_a_replaced_region_go_with_it(void **state)
{
    fixture *f = *state;
    expect_record(f, "3209 0a0161 1204 0a026262 3209 0a0162 1204 0a026363",
                  "TEXT attribute a\nTEXT attribute bb\nTEXT attribute b\nTEXT attribute cc\n");
    const rd_frame *pair = &f->doc.frames[3]; /* the whole first attribute, with its frames and leaves */
    *rd_doc_push_edit(&f->doc) = (rd_edit){.off = pair->prefix_off - 1, .len = 11, .frame = pair->parent};
    edit(f, 3, "d");
    expect_spliced(f, "0a0e 120c 120a 3208 0a0162 1203 0a0164");
}

static void expect_refused(fixture *f, const rd_edit *edits, unsigned n)
{
    expect_record(f, "3209 0a0161 1204 0a026262 2a05 0a03 787878",
                  "TEXT attribute a\nTEXT attribute bb\nTEXT body xxx\n");
    for (unsigned i = 0; i < n; i++)
        *rd_doc_push_edit(&f->doc) = edits[i];
    rd_buf_clear(&f->out, 1 << 20);
    rd_buf_append_str(&f->out, "before");
    assert_int_equal(rd_wire_splice(&f->doc, &f->out, &f->err), RD_INVALID);
    assert_int_equal(f->out.n, 6);
}

static void test_splice__refuses_edits_that_overlap_or_stray(void **state)
{
    fixture *f = *state;
    /* 0a14 1212 1210 | 6: 3209 0a01 10:'a' 1204 0a02 15:'bb' | 17: 2a05 0a03 21:'xxx'; frames: record 2, pair
     * 3, any 4, body 5 */
    const uint8_t *t = (const uint8_t *)"012345678901234567890123";
    expect_refused(f, (rd_edit[]){{15, 2, 4, 1, t}, {16, 1, 4, 1, t}}, 2);
    expect_refused(f, (rd_edit[]){{15, 2, 4, 2, t}, {15, 2, 4, 2, t}}, 2);
    expect_refused(f, (rd_edit[]){{21, 3, 5, 3, t}, {15, 2, 4, 2, t}}, 2); /* not sorted */
    expect_refused(f, (rd_edit[]){{6, 11, 2, 0, t}, {15, 2, 4, 3, t}}, 2); /* one inside the other */
    expect_refused(f, (rd_edit[]){{6, 11, 2, 0, t}, {15, 2, 4, 0, t}}, 2);
    expect_refused(f, (rd_edit[]){{0, 24, RD_NO_FRAME, 24, t}, {0, 24, RD_NO_FRAME, 0, t}}, 2);
    expect_refused(f, (rd_edit[]){{15, 2, 5, 2, t}}, 1);  /* another frame */
    expect_refused(f, (rd_edit[]){{15, 2, 99, 2, t}}, 1); /* no frame */
    expect_refused(f, (rd_edit[]){{15, 1, 3, 0, t}}, 1);  /* not the leaf's */
    expect_refused(f, (rd_edit[]){{16, 2, 2, 0, t}}, 1);  /* from a string into the next field */
    expect_refused(f, (rd_edit[]){{7, 0, 2, 2, t}}, 1);   /* between a tag and its length */
    expect_refused(f, (rd_edit[]){{7, 0, 2, 2, t}, {15, 2, 4, 3, t}}, 2);
    expect_refused(f, (rd_edit[]){{20, 10, RD_NO_FRAME, 0, t}}, 1);
    expect_refused(f, (rd_edit[]){{UINT32_MAX, UINT32_MAX, RD_NO_FRAME, 0, t}}, 1);
    expect_refused(f, (rd_edit[]){{15, UINT32_MAX, 4, 0, t}}, 1);
}

static void test_splice__unknown_fields_keep_their_length(void **state)
{
    fixture *f = *state;
    expect_record(f, "a206 03 616263", "FIXED unknown abc\n");
    edit(f, 0, "***");
    expect_spliced(f, "0a0a 1208 1206 a206 03 2a2a2a");
    expect_record(f, "a206 03 616263", "FIXED unknown abc\n");
    edit(f, 0, "****");
    assert_int_equal(rd_wire_splice(&f->doc, &f->out, &f->err), RD_INVALID);
}

static void test_splice__the_output_has_a_ceiling(void **state)
{
    fixture *f = *state;
    expect_record(f, "2a05 0a03 787878", "TEXT body xxx\n");
    edit(f, 0, "0123456789");
    rd_buf small;
    rd_buf_init(&small, 19);
    assert_int_equal(rd_wire_splice(&f->doc, &small, &f->err), RD_TOO_LARGE);
    assert_int_equal(small.n, 0);
    rd_buf_release(&small);
    rd_buf_init(&small, 20);
    assert_int_equal(rd_wire_splice(&f->doc, &small, &f->err), RD_OK);
    assert_int_equal(small.n, 20);
    rd_buf_release(&small);
    f->doc.edits[0].text_len = UINT32_MAX;
    assert_int_equal(rd_wire_splice(&f->doc, &f->out, &f->err), RD_TOO_LARGE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_splice__without_edits_is_the_identity),
        CASE(test_splice__prefixes_grow_and_shrink),
        CASE(test_splice__parts_of_a_string_change_its_prefix_once),
        CASE(test_splice__fields_can_be_put_in_at_the_start_of_a_frame),
        CASE(test_splice__frames_in_a_replaced_region_go_with_it),
        CASE(test_splice__refuses_edits_that_overlap_or_stray),
        CASE(test_splice__unknown_fields_keep_their_length),
        CASE(test_splice__the_output_has_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
