/* SPDX-License-Identifier: MIT */
/* What the tests of limits on content share: rules, limits that a test fills in, and an admission that notes
 * what it was asked. */
#ifndef TESTS_UNIT_CONTENT_KIT_H
#define TESTS_UNIT_CONTENT_KIT_H

#include "tests/unit/redact_kit.h"

#define PB   RD_FORMAT_PROTOBUF
#define JSON RD_FORMAT_JSON
#define SEC  INT64_C(1000000000)

enum { NOW_S = 1000000, MAX_AGE_S = 3600, MAX_AHEAD_S = 60, STAY_ALL = UINT32_MAX };

static rd_policy *policy;
static rd_content content;

/* What the admission was asked, and says. */
static struct {
    rd_walked walked;
    rd_breach breach[RD_CONTENT_COUNT];
    uint64_t streams[16];
    uint32_t stay;
    unsigned asked;
} asked;

static uint32_t ask(void *ctx, const rd_walked *w)
{
    asked.asked++;
    asked.walked = *w;
    if (w->breach != NULL)
        memcpy(asked.breach, w->breach, sizeof asked.breach);
    assert_true(w->n_streams <= 16);
    if (w->n_streams > 0)
        memcpy(asked.streams, w->streams, w->n_streams * sizeof *asked.streams);
    return asked.stay < w->n_left ? asked.stay : w->n_left;
}

static int set_up(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "evil", KIT_PATTERN("evil"), .action = RD_ACTION_DROP_RECORD},
        {.name = "secret", KIT_PATTERN("secret"), .action = RD_ACTION_REPLACE},
    };
    policy = kit_policy(rules, 2);
    return 0;
}

static int tear_down(void **state)
{
    rd_policy_free(&policy);
    return 0;
}

static int begin(void **state)
{
    content = (rd_content){.oldest_ns = (NOW_S - MAX_AGE_S) * SEC, .newest_ns = (NOW_S + MAX_AHEAD_S) * SEC};
    memset(&asked, 0, sizeof asked);
    asked.stay = STAY_ALL;
    kit_content = &content;
    kit_admit = (rd_admit){.ask = ask};
    return 0;
}

static int end(void **state)
{
    kit_content = NULL;
    kit_admit = (rd_admit){0};
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
