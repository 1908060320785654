/* SPDX-License-Identifier: MIT */
/* What the tests of quotas share. */
#ifndef TESTS_UNIT_QUOTA_KIT_H
#define TESTS_UNIT_QUOTA_KIT_H

#include "tests/unit/unit.h"
#include "tests/unit/random.h"

#define BILLION UINT64_C(1000000000)

__extension__ typedef unsigned __int128 wide;

#endif
