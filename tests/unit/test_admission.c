/* SPDX-License-Identifier: MIT */
/* What the quota remembers of bodies that were refused once they were decoded. */
#include "tests/unit/unit.h"

#include "gateway/admission.h"
#include "gateway/quota_private.h"

#define BILLION UINT64_C(1000000000)

enum { ITEMS = 100000, BYTES = 1000 };

/* Is a body of the same size let in by its head seconds after one was refused because others had taken all
 * items meanwhile? */
static bool comes_in_after_a_refusal(bool shed)
{
    const gw_limits l = {.v = {[GW_LIMIT_ITEMS_RATE] = 1, [GW_LIMIT_ITEMS_BURST] = ITEMS}};
    const gw_quota_need all = {.n = {[GW_RATE_ITEMS] = ITEMS}};
    const rd_content content = {.shed = shed};
    const rd_walked walked = {.n_items = ITEMS, .n_left = ITEMS};
    gw_quota_time now = gw_quota_now();
    gw_quota_hold others = {0}, later = {0};
    gw_quota_verdict v;
    gw_quota *q = gw_quota_new("shop", 4, 0, 0);
    gw_quota_configure(q, now, 1, &l);
    now.mono_ns += 60 * BILLION; /* so nothing comes back while the test runs */
    gw_quota_take(q, now, &all, &others, &v);
    gw_admission a = {.quota = q, .content = &content, .wire_bytes = BYTES};
    assert_int_equal(gw_admission_decoded(&a, BYTES, &walked), 0);
    assert_int_equal(gw_admission_outcome(&a), GW_OUTCOME_QUOTA);
    now.mono_ns += 10 * BILLION;
    gw_quota_begin(q, now, &(gw_quota_head){.wire_bytes = BYTES, .held_bytes = BYTES}, &later, &v);
    gw_quota_free(q);
    return v.answer == GW_QUOTA_ADMITTED;
}

static void test_admission__what_is_shed_comes_in_as_soon_as_a_part_fits(void **state)
{
    assert_true(comes_in_after_a_refusal(true));
}

static void test_admission__what_goes_as_a_whole_is_refused_by_its_head_until_it_fits(void **state)
{
    assert_false(comes_in_after_a_refusal(false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_admission__what_is_shed_comes_in_as_soon_as_a_part_fits),
        cmocka_unit_test(test_admission__what_goes_as_a_whole_is_refused_by_its_head_until_it_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
