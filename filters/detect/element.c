/* SPDX-License-Identifier: MIT */
/*
 * XML elements with attributes: <wsse:Password Type="PasswordText">value</wsse:Password>. Elements without
 * are found by the name alone (keyvalue.c). The candidate is the end of the start tag; its name is the key.
 */
#include "filters/detect/value.h"

enum { MAX_TAG = 160 };

static bool in_name(uint8_t c)
{
    return rd_is(c, RD_C_WORD) || c == '_' || c == '-' || c == '.' || c == ':';
}

/* `at` is the quote before the closing bracket. */
static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t open = at;
    for (uint32_t n = 0; n < MAX_TAG && rd_at(v, open) != '<'; n++) {
        uint8_t c = rd_at(v, open);
        if (c == 0 || c == '>' || c == '\n')
            return;
        open--;
    }
    uint32_t end = open + 1;
    while (end < at && in_name(rd_at(v, end)))
        end++;
    if (rd_at(v, open) != '<' || rd_at(v, end) > ' ')
        return;
    rd_key_class cls = rd_key_class_of(f->keys, v, end);
    if (cls == RD_KEY_NONE || cls == RD_KEY_VALUE)
        return;
    rd_value value = rd_value_until(v, at + 2, '<');
    f->resume = value.to > at ? value.to : f->resume;
    if (value.from < value.to)
        rd_value_judge(f, cls, value);
}

static const rd_window windows[] = {{"\">", false}, {"'>", false}};

const rd_matcher rd_match_element = {
    .yields = RD_BIT(PASSWORD) | RD_BIT(SECRET) | RD_BIT(SESSION) | RD_BIT(PERSON_NAME) | RD_BIT(PHONE) |
              RD_BIT(DATE_OF_BIRTH) | RD_BIT(US_SSN) | RD_BIT(MAC),
    RD_WINDOWS(windows),
    .confirm = confirm,
};
