/* SPDX-License-Identifier: MIT */
/* For tests of detectors: one text in, its default-masked form out. */
#ifndef TESTS_UNIT_DETECT_TRY_H
#define TESTS_UNIT_DETECT_TRY_H

#include "filters/detect/detect.h"

/* Masks `text` with the set: head + "***" + tail for every match. The result is valid until the next call. */
const char *detect_try(const rd_detect_set *set, const char *text);
/* Matches of the last detect_try. */
extern rd_matches detect_try_matches;

/* A row of an accept table: `masked` NULL means that the text stays. */
typedef struct detect_row {
    const char *text, *masked;
} detect_row;

/* Runs all rows against the detectors in `mask`, and each result once more: masking is idempotent. */
void detect_check(uint64_t mask, const detect_row *rows, size_t n);
#define DETECT_CHECK(mask, rows) detect_check(mask, rows, sizeof(rows) / sizeof((rows)[0]))

#endif
