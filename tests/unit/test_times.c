/* SPDX-License-Identifier: MIT */
/* What rules cost: whose time is whose, on clocks that the test turns itself. */
#include "tests/unit/redact_kit.h"

#include "filters/detect/times.h"
#include "gateway/clock_cpu.h"
#include "gateway/scrub_time.h"

/* ---- the engine ---- */

static uint64_t ticks; /* ns */

static uint64_t ticks_now(void *ctx)
{
    uint64_t *per_reading = ctx;
    ticks += *per_reading;
    return ticks;
}

/* Asked inside the exact work for each find: that takes as long as we say. */
static bool takes_500(void *ctx, const rd_match *m)
{
    ticks += 500;
    return true;
}

static const rd_sieve slow_sieve = {.keeps = takes_500};

/* Time of `text` in all of which something is found, by matchers and by patterns. */
static void time_text(const char *text, uint64_t mask, const rd_pattern_spec *patterns, uint32_t n,
                      uint64_t per_reading, rd_times *out)
{
    uint8_t base[256 + RD_BUF_TAIL] = {0};
    rd_text t = {.len = (uint32_t)strlen(text)};
    rd_detect_scratch *scratch = rd_detect_scratch_new();
    rd_detect_set *set = NULL;
    rd_matches found;
    const rd_clock clock = {.now = ticks_now, .ctx = &per_reading};
    assert_true(t.len <= 256);
    memcpy(base, text, t.len);
    assert_int_equal(rd_detect_set_build(mask, patterns, n, &set, NULL), RD_OK);
    rd_times_begin(out, &clock);
    rd_detect_scratch_time(scratch, out);
    rd_detect_scratch_sieve(scratch, &slow_sieve);
    assert_int_equal(rd_detect(set, scratch, base, t.len, &t, 1, &found), RD_OK);
    rd_detect_set_free(&set);
    rd_detect_scratch_free(&scratch);
}

/* Of all matchers that can find the detector. */
static uint64_t time_of(const rd_times *t, rd_detector_id detector)
{
    uint64_t ns = 0;
    for (uint32_t i = 0; i < RD_MAX_MATCHERS; i++)
        ns += (rd_times_detectors(i) >> detector & 1) != 0 ? t->matcher[i] : 0;
    return ns;
}

static void test_times__are_of_the_matcher_that_worked(void **state)
{
    rd_times t;
    for (uint64_t per_reading = 0; per_reading <= 40; per_reading += 20) {
        time_text("a@example.com and 10.1.2.3 and b@example.org", UINT64_MAX >> 2, NULL, 0, per_reading, &t);
        assert_int_equal(t.reading, per_reading);
        assert_int_equal(time_of(&t, RD_DETECTOR_EMAIL), 1000); /* what a reading takes is no part of it */
        assert_int_equal(time_of(&t, RD_DETECTOR_IPV4), 500);
        assert_int_equal(time_of(&t, RD_DETECTOR_IBAN), 0);
        assert_true(t.n_readings >= 6 && t.n_readings % 2 == 0);
    }
}

static void test_times__of_each_pattern(void **state)
{
    static const rd_pattern_spec patterns[] = {
        {.pattern = "staff-[0-9]+"}, {.pattern = "other"}, {.pattern = "[a-z]+-[0-9]+"}};
    rd_times t;
    time_text("staff-12 and staff-13", 0, patterns, 3, 10, &t);
    assert_int_equal(t.pattern[0], 1000);
    assert_int_equal(t.pattern[1], 0);
    assert_int_equal(t.pattern[2], 1000);
}

/* ---- rules ---- */

/* Calibration finds that a reading takes nothing; after that every stretch takes one. */
static uint64_t n_read;

static uint64_t counting_now(void *ctx)
{
    return ++n_read <= RD_TIMES_TRIALS ? 0 : n_read - RD_TIMES_TRIALS;
}

static const rd_clock counting = {.now = counting_now};

static rd_cost cost_of(const rd_policy *p, const char *text, rd_rule_cost *out_rules)
{
    kit_clock = &counting;
    n_read = 0;
    rd_buf body = kit_body(RD_FORMAT_PROTOBUF, text);
    kit_result k = kit_run(p, RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF, rd_buf_slice(&body));
    kit_clock = NULL;
    assert_int_equal(k.outcome, RD_OK);
    assert_true(k.r.timed);
    memcpy(out_rules, k.r.cost.rules, rd_policy_rules(p) * sizeof *out_rules);
    assert_true(k.r.cost.search_ns >= k.r.cost.exact_ns);
    kit_free(&k);
    rd_buf_release(&body);
    return k.r.cost;
}

#define LOG(text) "1{2{2{5{1'" text "'}}}}"

static void test_times__of_rules_alone_and_shared(void **state)
{
    const rd_rule_spec rules[] = {{.name = "ipv4", KIT_DETECTOR(IPV4)},
                                  {.name = "card", KIT_DETECTOR(CREDIT_CARD)},
                                  {.name = "ssn", KIT_DETECTOR(US_SSN)},
                                  {.name = "staff", KIT_PATTERN("P-[0-9]+")},
                                  {.name = "shadow", KIT_DETECTOR(MAC), .mode = RD_MODE_SHADOW},
                                  {.name = "keys", KIT_KEYS("user_id")},
                                  {.name = "off", KIT_DETECTOR(IBAN), .mode = RD_MODE_OFF}};
    rd_policy *p = kit_policy(rules, 7);
    rd_rule_cost c[7];
    rd_cost all = cost_of(p, LOG("10.1.2.3 4111111111111111 P-7 00:1b:44:11:3a:b7 user_id=42"), c);
    assert_true(c[0].own_ns > 0 && c[0].shared_ns == 0);
    assert_true(c[1].own_ns == 0 && c[1].shared_ns > 0); /* digits may be either */
    assert_int_equal(c[2].shared_ns, c[1].shared_ns);
    assert_true(c[3].own_ns == 1 && c[3].shared_ns == 0);
    assert_true(c[4].own_ns > 0);
    assert_true(c[5].own_ns > 0);
    assert_int_equal(c[6].own_ns + c[6].shared_ns, 0);
    /* Shared time is there once. */
    assert_int_equal(all.exact_ns,
                     c[0].own_ns + c[1].shared_ns + c[2].own_ns + c[3].own_ns + c[4].own_ns + c[5].own_ns);
    rd_policy_free(&p);
}

/* The search of what was decoded counts for the rule as well, the decoding for none. */
static void test_times__of_what_was_percent_encoded(void **state)
{
    const rd_rule_spec rules[] = {{.name = "ipv4", KIT_DETECTOR(IPV4)}};
    rd_policy *p = kit_policy(rules, 1);
    rd_rule_cost c[1];
    rd_cost all = cost_of(p, LOG("q=192%2E168%2E7%2E9"), c);
    assert_true(c[0].own_ns > 0);
    assert_int_equal(all.exact_ns, c[0].own_ns);
    assert_true(all.search_ns > all.exact_ns);
    rd_policy_free(&p);
}

static void test_times__begin_anew_with_each_body(void **state)
{
    const rd_rule_spec rules[] = {{.name = "ipv4", KIT_DETECTOR(IPV4)},
                                  {.name = "a", KIT_KEYS("user_id")},
                                  {.name = "b", KIT_KEYS("owner_id")}};
    rd_policy *p = kit_policy(rules, 3);
    rd_rule_cost first[3], second[3], none[3];
    cost_of(p, LOG("10.1.2.3 user_id=1"), first);
    cost_of(p, LOG("10.1.2.3 user_id=1"), second);
    assert_memory_equal(first, second, sizeof first);
    assert_true(first[1].own_ns == 0 && first[1].shared_ns > 0);
    assert_int_equal(first[1].shared_ns, first[2].shared_ns);
    cost_of(p, LOG("nothing here"), none);
    assert_int_equal(none[0].own_ns, 0);
    rd_policy_free(&p);
}

static void test_times__nobody_asked(void **state)
{
    const rd_rule_spec rules[] = {{.name = "ipv4", KIT_DETECTOR(IPV4)}};
    rd_policy *p = kit_policy(rules, 1);
    rd_buf body = kit_body(RD_FORMAT_PROTOBUF, LOG("10.1.2.3"));
    kit_result k = kit_run(p, RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF, rd_buf_slice(&body));
    assert_false(k.r.timed);
    assert_true(k.r.changed);
    kit_free(&k);
    rd_buf_release(&body);
    rd_policy_free(&p);
}

/* ---- the clock of a thread ---- */

static uint64_t wall, cpu;
static unsigned n_asked;

static uint64_t test_wall(void)
{
    return wall;
}

static uint64_t test_cpu(void)
{
    n_asked++;
    return cpu;
}

static void test_clock__asks_the_kernel_after_a_gap_only(void **state)
{
    gw_clock_cpu c;
    wall = 1000000;
    cpu = 5000;
    n_asked = 0;
    gw_clock_cpu_on(&c, test_wall, test_cpu);
    rd_clock k = gw_clock_cpu_clock(&c);
    assert_int_equal(k.now(k.ctx), 5000);
    for (unsigned i = 1; i <= 100; i++) { /* busy */
        wall += GW_CLOCK_CPU_GAP_NS;
        cpu += GW_CLOCK_CPU_GAP_NS;
        assert_int_equal(k.now(k.ctx), 5000 + i * (uint64_t)GW_CLOCK_CPU_GAP_NS);
    }
    assert_int_equal(n_asked, 1);
    uint64_t before = k.now(k.ctx);
    wall += 10000000; /* another thread ran */
    cpu += 300;
    assert_int_equal(k.now(k.ctx), before + 300);
    assert_int_equal(n_asked, 2);
}

static void test_clock__never_goes_back(void **state)
{
    gw_clock_cpu c;
    wall = cpu = 0;
    gw_clock_cpu_on(&c, test_wall, test_cpu);
    rd_clock k = gw_clock_cpu_clock(&c);
    wall += GW_CLOCK_CPU_GAP_NS; /* off the CPU, but too short to be noticed */
    uint64_t said = k.now(k.ctx);
    wall += GW_CLOCK_CPU_GAP_NS + 1;
    cpu += 10;
    assert_int_equal(k.now(k.ctx), said);
    wall += 2 * GW_CLOCK_CPU_GAP_NS;
    cpu += 2 * GW_CLOCK_CPU_GAP_NS;
    assert_int_equal(k.now(k.ctx), 2 * GW_CLOCK_CPU_GAP_NS + 10);
}

static void test_clock__real_ones(void **state)
{
    gw_clock_cpu c;
    gw_clock_cpu_init(&c);
    rd_clock k = gw_clock_cpu_clock(&c);
    uint64_t last = k.now(k.ctx), first = last;
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t now = k.now(k.ctx);
        assert_true(now >= last);
        last = now;
    }
    assert_true(last > first);
}

/* ---- which bodies ---- */

static void test_sampling__one_in_so_many(void **state)
{
    gw_scrub_time t;
    gw_scrub_time_init(&t);
    assert_non_null(gw_scrub_time_next(&t, 100)); /* the first */
    unsigned n = 0, gap = 0, longest = 0, shortest = UINT32_MAX;
    for (unsigned i = 0; i < 100000; i++) {
        gap++;
        if (gw_scrub_time_next(&t, 100) == NULL)
            continue;
        n++;
        longest = gap > longest ? gap : longest;
        shortest = gap < shortest ? gap : shortest;
        gap = 0;
    }
    assert_in_range(n, 900, 1100);
    assert_in_range(longest, 150, 199);
    assert_in_range(shortest, 1, 10);
    for (unsigned i = 0; i < 300; i++)
        assert_null(gw_scrub_time_next(&t, 0));
    assert_true(gw_scrub_time_next(&t, 1) != NULL); /* however long the distance was */
    for (unsigned i = 0; i < 300; i++)
        assert_non_null(gw_scrub_time_next(&t, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times__are_of_the_matcher_that_worked),
        cmocka_unit_test(test_times__of_what_was_percent_encoded),
        cmocka_unit_test(test_times__of_each_pattern),
        cmocka_unit_test(test_times__of_rules_alone_and_shared),
        cmocka_unit_test(test_times__begin_anew_with_each_body),
        cmocka_unit_test(test_times__nobody_asked),
        cmocka_unit_test(test_clock__asks_the_kernel_after_a_gap_only),
        cmocka_unit_test(test_clock__never_goes_back),
        cmocka_unit_test(test_clock__real_ones),
        cmocka_unit_test(test_sampling__one_in_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
