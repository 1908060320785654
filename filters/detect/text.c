/* SPDX-License-Identifier: MIT */
#include "filters/detect/text.h"

#ifdef RD_DETECT_COUNT_STEPS
uint64_t rd_detect_steps;
#endif

#define PUNCT_LOCAL (RD_C_LOCAL)
#define PUNCT_TOKEN (RD_C_LOCAL | RD_C_TOKEN)
#define DIGIT_BITS  (RD_C_RUN | RD_C_DIGIT | RD_C_HEX | RD_C_LOCAL | RD_C_TOKEN)
#define UPPER_BITS  (RD_C_RUN | RD_C_UPPER | RD_C_LOCAL | RD_C_TOKEN)
#define LOWER_BITS  (RD_C_RUN | RD_C_LOWER | RD_C_LOCAL | RD_C_TOKEN)
#define UTF8_BITS   (RD_C_UTF8 | RD_C_LOCAL)

/* RFC 5321 also allows = / ? & # { | } ` in a local part; in logs those separate fields, so they end it. */
const uint16_t rd_byte_classes[256] = {
    [0 ... 8] = RD_C_STOP,
    ['\t'] = RD_C_SPACE | RD_C_STOP,
    ['\n'] = RD_C_SPACE | RD_C_STOP,
    [11 ... 12] = RD_C_STOP,
    ['\r'] = RD_C_SPACE | RD_C_STOP,
    [14 ... 31] = RD_C_STOP,
    [' '] = RD_C_SPACE | RD_C_STOP | RD_C_JOIN,
    ['!'] = PUNCT_LOCAL,
    ['$'] = PUNCT_LOCAL,
    ['%'] = PUNCT_LOCAL | RD_C_STOP,
    ['\''] = PUNCT_LOCAL | RD_C_STOP,
    ['*'] = PUNCT_LOCAL,
    ['+'] = PUNCT_LOCAL,
    ['^'] = PUNCT_LOCAL,
    ['-'] = PUNCT_TOKEN | RD_C_RUN | RD_C_JOIN,
    ['.'] = PUNCT_TOKEN | RD_C_JOIN,
    ['_'] = PUNCT_TOKEN | RD_C_RUN | RD_C_JOIN,
    ['~'] = PUNCT_TOKEN,
    ['"'] = RD_C_STOP,
    ['&'] = RD_C_STOP,
    [')'] = RD_C_STOP,
    [','] = RD_C_STOP,
    [';'] = RD_C_STOP,
    ['<'] = RD_C_STOP,
    ['>'] = RD_C_STOP,
    ['\\'] = RD_C_STOP,
    [']'] = RD_C_STOP,
    ['`'] = RD_C_STOP,
    ['|'] = RD_C_STOP,
    ['}'] = RD_C_STOP,
    ['0' ... '9'] = DIGIT_BITS,
    ['A' ... 'F'] = UPPER_BITS | RD_C_HEX,
    ['G' ... 'Z'] = UPPER_BITS,
    ['a' ... 'f'] = LOWER_BITS | RD_C_HEX,
    ['g' ... 'z'] = LOWER_BITS,
    [0x80 ... 0xff] = UTF8_BITS,
};

static int hex_value(uint8_t c)
{
    if (rd_is(c, RD_C_DIGIT))
        return c - '0';
    return rd_is(c, RD_C_HEX) ? rd_lower(c) - 'a' + 10 : -1;
}

int rd_hex_pair(const rd_view *v, uint32_t i)
{
    int high = hex_value(rd_at(v, i)), low = hex_value(rd_at(v, i + 1));
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}
