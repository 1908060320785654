/* SPDX-License-Identifier: MIT */
/*
 * What the vector passes know of a byte: codes, so few that one shuffle looks up what all of them mean.
 *
 *   shape, letter  sixteen of each, for shuffles of 16 bytes: what kind of byte (digit, capital, dot, ...),
 *                  and which of a few letters
 *   wide           sixty-four, for shuffles of 64 bytes: nearly each letter and mark that windows know alone
 */
#ifndef RD_DETECT_CODES_H
#define RD_DETECT_CODES_H

#include <stdint.h>

enum {
    RD_CODES = 16,
    RD_WIDE_CODES = 64,
    RD_WIDE_UTF8 = 1 /* the wide code of bytes from 0x80 on */
};

/* The code of a byte, below RD_CODES or RD_WIDE_CODES. */
typedef unsigned rd_code_fn(uint8_t c);

/* Zero bytes and what else is no text have the shape 0, as have the bytes of UTF-8. */
unsigned rd_shape_of(uint8_t c);
unsigned rd_letter_of(uint8_t c);
/* Digits, bytes of RD_C_RUN, bytes of UTF-8, and those that may follow a key share no code with others. */
unsigned rd_wide_of(uint8_t c);

#endif
