/* SPDX-License-Identifier: MIT */
/*
 * Rounding of decimal numbers as they are written, half away from zero: 52.520008 becomes 52.52 with two
 * digits behind the point, 8,849 m becomes nothing, because only numbers, and what lists and coordinates have
 * between them, are understood. Digits below zero stand before the point: 1234 becomes 1200 with -2.
 */
#ifndef RD_ACT_ROUND_H
#define RD_ACT_ROUND_H

#include "filters/base/buf.h"

enum { RD_ROUND_MIN = -15, RD_ROUND_MAX = 15 };

/* Appends `text` with its numbers rounded. False, and nothing appended: it holds no number, one with an
 * exponent, or something else than numbers, white space and , ; : / ( ) [ ] N S E W. */
bool rd_round(rd_slice text, int digits, rd_buf *out);

#endif
