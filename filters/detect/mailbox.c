/* SPDX-License-Identifier: MIT */
#include "filters/detect/mailbox.h"

#include "filters/detect/opaque.h"
#include "filters/detect/value.h"

enum { MAX_DISPLAY = 64, MAX_DATABASE = 63 };

/* The start of the quoted text that ends before `end` (its closing quotes are skipped), *end when there is
 * none.
 */
static uint32_t quoted_name(const rd_view *v, uint32_t *end)
{
    while (rd_at(v, *end - 1) == '"' || rd_at(v, *end - 1) == '\\')
        --*end;
    uint32_t from = *end;
    for (; *end - from < MAX_DISPLAY && rd_at(v, from - 1) != '"'; from--) {
        if (rd_at(v, from - 1) < ' ')
            return *end;
    }
    return rd_at(v, from - 1) == '"' ? from : *end;
}

/* The start of the words that end before `end`: at most four, each capitalised. */
static uint32_t bare_name(const rd_view *v, uint32_t end)
{
    uint32_t from = end;
    for (uint32_t n = 0, i = end; n < 4 && end - i < MAX_DISPLAY; n++) {
        uint32_t word = i;
        while (end - word < MAX_DISPLAY &&
               (rd_is(rd_at(v, word - 1), RD_C_WORD) || rd_at(v, word - 1) == '-' ||
                rd_at(v, word - 1) == '\'' || rd_at(v, word - 1) == '.'))
            word--;
        uint8_t first = rd_at(v, word);
        if (word == i || !(rd_is(first, RD_C_UPPER) || first >= 0xc3))
            break;
        from = word;
        if (rd_at(v, word - 1) != ' ')
            break;
        i = word - 1;
    }
    return from;
}

void rd_mailbox_name(rd_find *f, uint32_t open)
{
    const rd_view *v = &f->v;
    uint32_t end = open;
    if (rd_at(v, end - 1) == ' ')
        end--;
    bool quoted = rd_at(v, end - 1) == '"';
    uint32_t from = quoted ? quoted_name(v, &end) : bare_name(v, end);
    if (from < end)
        rd_value_judge(f, quoted ? RD_KEY_GIVEN : RD_KEY_WHO,
                       (rd_value){.from = from, .to = end, .quoted = true});
}

static bool ipv4_at(const rd_view *v, uint32_t i)
{
    for (unsigned part = 0; part < 4; part++) {
        uint32_t end = rd_skip(v, i, i + 3, RD_C_DIGIT);
        if (end == i || (part < 3 && rd_at(v, end) != '.'))
            return false;
        i = end + 1;
    }
    return !rd_is(rd_at(v, i - 1), RD_C_WORD);
}

/* The words with which PostgreSQL's messages begin. */
static bool severity_at(const rd_view *v, uint32_t i)
{
    uint32_t end = rd_skip(v, i, i + 10, RD_C_UPPER);
    return rd_at(v, end) == ':' &&
           rd_word_in(v, i, end, "log fatal error panic detail hint statement warning notice context");
}

void rd_mailbox_login(rd_find *f, uint32_t from, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t i = rd_skip(v, at + 1, at + 1 + MAX_DATABASE, RD_C_WORD);
    while (rd_at(v, i) == '_' || rd_at(v, i) == '-')
        i = rd_skip(v, i + 1, at + 1 + MAX_DATABASE, RD_C_WORD);
    bool database = rd_at(v, i) == ' ' && severity_at(v, i + 1);
    if (rd_spells_nocase(v, from - 5, "<sip:"))
        rd_mailbox_name(f, from - 5);
    if (database || ipv4_at(v, at + 1))
        rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = from, .to = at});
}
