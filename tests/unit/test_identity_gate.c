/* SPDX-License-Identifier: MIT */
/* Who may have a password checked, and in which order. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/identity_gate.h"

static unsigned order[GW_GATE_PLACES], n_order;

static void note(void *arg)
{
    order[n_order++] = *(const unsigned *)arg;
}

static gw_gate_place *enter(const char *address, const char *workspace)
{
    uint8_t bytes[16] = {0};
    struct in_addr v4;
    if (inet_pton(AF_INET, address, &v4) == 1) {
        bytes[10] = bytes[11] = 0xff;
        memcpy(bytes + 12, &v4, 4);
    } else {
        assert_int_equal(inet_pton(AF_INET6, address, bytes), 1);
    }
    return gw_gate_enter(bytes, workspace);
}

static void leave_all(gw_gate_place **places, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        gw_gate_leave(places[i]);
}

static void test_gate__first_come_first_served(void **state)
{
    static const unsigned numbers[] = {0, 1, 2, 3};
    gw_gate_place *p[4];
    n_order = 0;
    gw_gate_set_limit(1);
    for (unsigned i = 0; i < 4; i++)
        p[i] = enter("10.0.0.1", "a");
    static const unsigned begins[] = {2, 0, 3, 1}; /* bodies take as long as they take */
    for (unsigned i = 0; i < 4; i++)
        gw_gate_go(p[begins[i]], note, (void *)&numbers[begins[i]]);
    assert_int_equal(n_order, 1);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(n_order, i + 1);
        assert_int_equal(order[i], begins[i]);
        gw_gate_leave(p[begins[i]]);
    }
    assert_int_equal(n_order, 4);
}

static void test_gate__so_many_at_a_time(void **state)
{
    static const unsigned number = 7;
    gw_gate_place *p[4];
    n_order = 0;
    gw_gate_set_limit(3);
    for (unsigned i = 0; i < 4; i++) {
        p[i] = enter("10.0.0.1", "a");
        gw_gate_go(p[i], note, (void *)&number);
    }
    assert_int_equal(n_order, 3);
    leave_all(p, 3);
    assert_int_equal(n_order, 4);
    gw_gate_leave(p[3]);
    gw_gate_set_limit(1);
}

/* Whoever has all the places that one may have leaves the others theirs. */
static void test_gate__nobody_has_all_places(void **state)
{
    gw_gate_place *mine[GW_GATE_PER_SOURCE];
    for (unsigned i = 0; i < GW_GATE_PER_SOURCE; i++)
        assert_non_null(mine[i] = enter("10.0.0.1", i % 2 == 0 ? "a" : "b"));
    assert_null(enter("10.0.0.1", "a"));
    assert_null(enter("10.0.0.1", "c"));
    static const uint8_t same[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 1},
                         next[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 2};
    assert_false(gw_gate_has_room(same, "c"));
    assert_true(gw_gate_has_room(next, "a")); /* and takes none */
    gw_gate_place *other = enter("10.0.0.2", "a");
    assert_non_null(other);
    gw_gate_leave(other);
    gw_gate_leave(mine[0]); /* one that never went on */
    assert_non_null(mine[0] = enter("10.0.0.1", "c"));
    leave_all(mine, GW_GATE_PER_SOURCE);
}

static void test_gate__many_sources_against_one_workspace(void **state)
{
    gw_gate_place *p[GW_GATE_PER_WORKSPACE];
    char address[32];
    for (unsigned i = 0; i < GW_GATE_PER_WORKSPACE; i++) {
        snprintf(address, sizeof address, "10.0.1.%u", i);
        assert_non_null(p[i] = enter(address, "a"));
    }
    assert_null(enter("10.0.0.9", "a"));
    gw_gate_place *other = enter("10.0.0.9", "b");
    assert_non_null(other);
    gw_gate_leave(other);
    leave_all(p, GW_GATE_PER_WORKSPACE);
}

/* One who has an IPv6 network is one source; IPv4 addresses are each their own. */
static void test_gate__sources(void **state)
{
    gw_gate_place *p[GW_GATE_PER_SOURCE];
    char address[64];
    for (unsigned i = 0; i < GW_GATE_PER_SOURCE; i++) {
        snprintf(address, sizeof address, "2001:db8::%x", i + 1);
        assert_non_null(p[i] = enter(address, "a"));
    }
    assert_null(enter("2001:db8::ffff:1", "b"));
    gw_gate_place *other = enter("2001:db8:0:1::1", "b");
    assert_non_null(other);
    gw_gate_leave(other);
    leave_all(p, GW_GATE_PER_SOURCE);
}

static void test_gate__has_an_end(void **state)
{
    gw_gate_place *p[GW_GATE_PLACES];
    char address[32], workspace[16];
    for (unsigned i = 0; i < GW_GATE_PLACES; i++) {
        snprintf(address, sizeof address, "10.0.2.%u", i);
        snprintf(workspace, sizeof workspace, "w%u", i);
        assert_non_null(p[i] = enter(address, workspace));
    }
    assert_null(enter("10.0.0.1", "other"));
    leave_all(p, GW_GATE_PLACES);
    gw_gate_place *again = enter("10.0.0.1", "other");
    assert_non_null(again);
    gw_gate_leave(again);
}

/* ---- threads: never more at a time than the limit, and everybody's turn comes ---- */

enum { THREADS = 4, ROUNDS = 3000, LIMIT = 2 };

static _Atomic int running, most, turns;

typedef struct turn {
    _Atomic bool came;
} turn;

static void on_turn(void *arg)
{
    int now = atomic_fetch_add(&running, 1) + 1, seen = atomic_load(&most);
    while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
        continue;
    atomic_fetch_add(&turns, 1);
    atomic_store(&((turn *)arg)->came, true);
}

static void *hammer(void *arg)
{
    uint8_t address[16] = {(uint8_t)(uintptr_t)arg};
    for (unsigned i = 0; i < ROUNDS; i++) {
        turn t = {false};
        gw_gate_place *p = gw_gate_enter(address, "a");
        if (p == NULL)
            abort();
        gw_gate_go(p, on_turn, &t);
        while (!atomic_load(&t.came))
            sched_yield();
        atomic_fetch_sub(&running, 1);
        gw_gate_leave(p);
    }
    return NULL;
}

static void test_gate__across_threads(void **state)
{
    pthread_t threads[THREADS];
    gw_gate_set_limit(LIMIT);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, (void *)i), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(turns, THREADS * ROUNDS);
    assert_true(most <= LIMIT);
    gw_gate_set_limit(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gate__first_come_first_served),
                                       cmocka_unit_test(test_gate__so_many_at_a_time),
                                       cmocka_unit_test(test_gate__nobody_has_all_places),
                                       cmocka_unit_test(test_gate__many_sources_against_one_workspace),
                                       cmocka_unit_test(test_gate__sources),
                                       cmocka_unit_test(test_gate__has_an_end),
                                       cmocka_unit_test(test_gate__across_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
