/* SPDX-License-Identifier: MIT */
/* What the tests of the upstream client share. */
#ifndef TESTS_UNIT_ENDPOINT_KIT_H
#define TESTS_UNIT_ENDPOINT_KIT_H

#include "tests/unit/unit.h"
#include "tests/unit/unit.h"

#include "gateway/budget.h"
#include "gateway/endpoint_private.h"
#include "tests/support/endpoint_bench.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <time.h>

#define YES "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 2\r\n\r\nhi"

static inline void say_yes(line *l, unsigned nth)
{
    while (line_read_request(l) && line_say(l, YES))
        ;
}

static inline void say_nothing(line *l, unsigned nth)
{
    line_wait_for_end(l);
}

#endif
