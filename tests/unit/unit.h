/* SPDX-License-Identifier: MIT */
/* What every unit test includes first: cmocka and its prerequisites, in the order it wants. */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
