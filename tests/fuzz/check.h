/* SPDX-License-Identifier: MIT */
/* What a fuzz target promises: a fuzzer takes an abort for a find, in every build. */
#ifndef TESTS_FUZZ_CHECK_H
#define TESTS_FUZZ_CHECK_H

#include <stdlib.h>

#define CHECK(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            abort();                                                                                         \
    } while (0)

#endif
