/* SPDX-License-Identifier: MIT */
/* Counts by workspace, rule, class and deed, against a naive counter: sums stay exact beyond every bound. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/metrics_redactions.h"
#include "tests/unit/random.h"

enum { WORKSPACES = 12, RULES = 60, THREADS = 4 };

static unsigned workspaces[WORKSPACES], rules[RULES];
static gw_counters *counters[THREADS];

static int setup(void **state)
{
    char name[32];
    for (unsigned i = 0; i < WORKSPACES; i++) {
        snprintf(name, sizeof name, "ws-%u", i);
        workspaces[i] = gw_metrics_slot(GW_SLOTS_WORKSPACE, name);
    }
    for (unsigned i = 0; i < RULES; i++) {
        snprintf(name, sizeof name, "rule-%u", i);
        rules[i] = gw_metrics_slot(GW_SLOTS_RULE, name);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        counters[t] = gw_counters_new();
        if (counters[t] == NULL)
            return -1;
    }
    return 0;
}

/* ---- the naive counter ---- */

typedef struct naive {
    int64_t n[GW_RULE_SLOTS][RD_CLASS_COUNT][RD_DONE_COUNT];
    unsigned n_series;
} naive;

static naive model[WORKSPACES];

static void count(unsigned t, unsigned w, unsigned rule, rd_class cls, rd_done done, int64_t n)
{
    int64_t *cell = &model[w].n[rules[rule]][cls][done];
    model[w].n_series += *cell == 0;
    *cell += n;
    gw_count_redactions(counters[t], workspaces[w], rules[rule], cls, done, n);
}

/* What one workspace's series say. */
typedef struct seen {
    const naive *want;
    int64_t of_rule[GW_RULE_SLOTS];
    unsigned n_whole, n_other;
    bool cell[GW_REDACTION_CELLS];
} seen;

static void see(void *arg, const gw_redactions *r)
{
    seen *s = arg;
    assert_true(r->n > 0);
    assert_true(r->cell < GW_REDACTION_CELLS && !s->cell[r->cell]);
    s->cell[r->cell] = true;
    s->of_rule[r->rule] += r->n;
    if (r->cls == RD_CLASS_COUNT) {
        assert_int_equal(r->done, RD_DONE_COUNT);
        assert_string_equal(gw_redactions_field(r), "__other__");
        assert_string_equal(gw_redactions_action(r), "__other__");
        s->n_other++;
        return;
    }
    assert_string_equal(gw_redactions_field(r), rd_class_word(r->cls));
    assert_string_equal(gw_redactions_action(r), rd_done_word(r->done));
    assert_int_equal(r->n, s->want->n[r->rule][r->cls][r->done]); /* all of it, or it is not here */
    s->n_whole++;
}

/* What a whole series says is exact; the rest is under its rule. */
static void check(unsigned w)
{
    seen s = {.want = &model[w]};
    gw_redactions_each(workspaces[w], see, &s);
    for (unsigned rule = 0; rule < GW_RULE_SLOTS; rule++) {
        int64_t want = 0;
        for (unsigned cls = 0; cls < RD_CLASS_COUNT; cls++) {
            for (unsigned done = 0; done < RD_DONE_COUNT; done++)
                want += model[w].n[rule][cls][done];
        }
        assert_int_equal(s.of_rule[rule], want);
    }
    bool beyond = model[w].n_series > GW_REDACTION_SERIES;
    assert_int_equal(s.n_whole, beyond ? GW_REDACTION_SERIES : model[w].n_series);
    assert_int_equal(s.n_other > 0, beyond);
}

/* Some workspaces stay far below the bound, some end just around it, some go far beyond. */
static void test_redactions__are_what_a_naive_counter_says(void **state)
{
    unsigned n = rounds(300000);
    for (unsigned i = 0; i < n; i++) {
        unsigned w = (unsigned)rnd(WORKSPACES - 1), few = w % 3 == 0 ? 4 : w % 3 == 1 ? 37 : RULES;
        unsigned classes = w % 3 == 0 ? 3 : w % 3 == 1 ? 7 : RD_CLASS_COUNT;
        count((unsigned)rnd(THREADS), w, (unsigned)rnd(few), (rd_class)rnd(classes),
              (rd_done)rnd(w % 3 == 1 ? 1 : RD_DONE_COUNT), 1 + (int64_t)rnd(3));
        if (i % 50000 == 0)
            check(w);
    }
    for (unsigned w = 0; w < WORKSPACES; w++)
        check(w);
    seen none = {.want = &model[WORKSPACES - 1]};
    gw_redactions_each(workspaces[WORKSPACES - 1], see, &none);
    assert_int_equal(none.n_whole + none.n_other, 0); /* its neighbours took nothing from it */
    count(0, WORKSPACES - 1, 0, RD_CLASS_BODY, RD_ACTION_MASK, 1);
    check(WORKSPACES - 1);
}

/* ---- several threads find the same new series at once ---- */

enum { TIMES = 2000 };

static void *count_many(void *arg)
{
    unsigned t = (unsigned)(uintptr_t)arg;
    for (unsigned i = 0; i < TIMES * RULES; i++)
        gw_count_redactions(counters[t], 0, rules[i % RULES], (rd_class)(i / RULES % 8),
                            (rd_done)(i / RULES % 5), 1);
    return NULL;
}

static void add_up(void *arg, const gw_redactions *r)
{
    ((int64_t *)arg)[r->rule] += r->n;
}

static void test_redactions__threads_lose_none(void **state)
{
    pthread_t threads[THREADS];
    int64_t sums[GW_RULE_SLOTS] = {0}, live[GW_RULE_SLOTS];
    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, count_many, (void *)(uintptr_t)t), 0);
    for (unsigned i = 0; i < 100; i++) { /* a scrape meanwhile sees no more than will be there */
        memset(live, 0, sizeof live);
        gw_redactions_each(0, add_up, live);
        for (unsigned rule = 0; rule < RULES; rule++)
            assert_true(live[rules[rule]] <= (int64_t)THREADS * TIMES);
    }
    for (unsigned t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    gw_redactions_each(0, add_up, sums);
    for (unsigned rule = 0; rule < RULES; rule++)
        assert_int_equal(sums[rules[rule]], THREADS * TIMES);
}

/* ---- shown ---- */

static void test_redactions__are_in_the_metrics(void **state)
{
    rd_buf out;
    char line[256];
    rd_buf_init(&out, 64 << 20);
    gw_metrics_write(&out);
    rd_buf_append_byte(&out, 0);
    assert_int_equal(out.failed, RD_OK);
    snprintf(line, sizeof line,
             "\nredactd_workspace_redactions_total{workspace_id=\"ws-%u\",rule=\"rule-0\",field=\"body\","
             "action=\"mask\"} 1\n",
             WORKSPACES - 1);
    assert_non_null(strstr((char *)out.p, line));
    assert_non_null(strstr((char *)out.p, "workspace_id=\"ws-2\",rule=\"rule-9\",field=\"__other__\","
                                          "action=\"__other__\"} "));
    assert_non_null(strstr((char *)out.p, "workspace_id=\"__other__\",rule=\"rule-9\","));
    rd_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redactions__are_what_a_naive_counter_says),
        cmocka_unit_test(test_redactions__threads_lose_none),
        cmocka_unit_test(test_redactions__are_in_the_metrics),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
