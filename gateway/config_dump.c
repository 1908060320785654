/* SPDX-License-Identifier: MIT */
/* The effective configuration as YAML that loads to the same configuration; by the table, secrets as "***".
 */
#include "gateway/config_keys.h"

#include <inttypes.h>
#include <string.h>

#include "filters/base/buf.h"

struct gw_printer {
    FILE *to;
    int indent;
    bool item; /* the next line is the first of a list item */
    gw_mem scratch;
};

static const void *field(const gw_key *k, const void *base)
{
    return (const char *)base + k->offset;
}

static size_t count_of(const gw_key *k, const void *base)
{
    return *(const size_t *)((const char *)base + k->count_offset);
}

/* --- is there anything to print? --- */

bool gw_present_always(const gw_key *k, const void *base)
{
    return true;
}

bool gw_present_false(const gw_key *k, const void *base)
{
    return !*(const bool *)field(k, base);
}

bool gw_present_budget(const gw_key *k, const void *base)
{
    return ((const gw_rule_cfg *)base)->pattern != NULL;
}

bool gw_present_text(const gw_key *k, const void *base)
{
    return *(const char *const *)field(k, base) != NULL;
}

bool gw_present_u64(const gw_key *k, const void *base)
{
    return k->def != NULL || *(const uint64_t *)field(k, base) != 0;
}

bool gw_present_date(const gw_key *k, const void *base)
{
    return *(const time_t *)field(k, base) != 0;
}

bool gw_present_list(const gw_key *k, const void *base)
{
    return k->def != NULL || count_of(k, base) > 0;
}

bool gw_present_section(const gw_key *k, const void *base)
{
    if (k->presence_offset != 0)
        return k->def != NULL || *(const bool *)((const char *)base + k->presence_offset);
    for (const gw_key *c = k->section->keys; c->name != NULL; c++) {
        if (c->type->present(c, field(k, base)))
            return true;
    }
    return false;
}

/* --- lines --- */

static void begin_line(gw_printer *p)
{
    if (p->item)
        fprintf(p->to, "%*s- ", p->indent - 2, "");
    else
        fprintf(p->to, "%*s", p->indent, "");
    p->item = false;
}

static bool is_plain(const char *s)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.";
    size_t n = strlen(s);
    return n > 0 && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.:-") == n &&
           strspn(s, safe) > 0 && s[n - 1] != ':' && strcmp(s, "null") != 0 && strcmp(s, "none") != 0 &&
           strncmp(s, "---", 3) != 0 && strncmp(s, "...", 3) != 0;
}

/* One character of UTF-8, of which `s` is valid; returns its length. */
static size_t code_point(const char *s, uint32_t *out)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t n = *u < 0x80 ? 1 : *u < 0xe0 ? 2 : *u < 0xf0 ? 3 : 4;
    uint32_t cp = n == 1 ? *u : *u & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        cp = cp << 6 | (u[i] & 0x3f);
    *out = cp;
    return n;
}

/* Line breaks of YAML, what it does not take raw, and byte order marks. */
static bool needs_escape(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029 || cp == 0xfeff ||
           cp == 0xfffe || cp == 0xffff;
}

/* Quoted where it must be; `${` is written so that it stays itself. */
static void put_text(gw_printer *p, const char *s)
{
    uint32_t cp;
    if (is_plain(s)) {
        fputs(s, p->to);
        return;
    }
    fputc('"', p->to);
    for (size_t n; *s != '\0'; s += n) {
        n = code_point(s, &cp);
        if (strncmp(s, "${", 2) == 0)
            fputc('$', p->to);
        if (needs_escape(cp))
            fprintf(p->to, "\\u%04" PRIx32, cp);
        else
            fprintf(p->to, "%s%.*s", cp == '"' || cp == '\\' ? "\\" : "", (int)n, s);
    }
    fputc('"', p->to);
}

static const char *word_of(const gw_word *words, uint64_t value)
{
    while (words->word != NULL && words->value != value)
        words++;
    return words->word != NULL ? words->word : "?";
}

static void put_texts(gw_printer *p, const char *const *list, size_t n)
{
    fputc('[', p->to);
    for (size_t i = 0; i < n; i++) {
        fputs(i > 0 ? ", " : "", p->to);
        put_text(p, list[i]);
    }
    fputs("]\n", p->to);
}

static void print_rows(gw_printer *p, const gw_section *s, const void *base)
{
    for (const gw_key *k = s->keys; k->name != NULL; k++) {
        if (!k->type->present(k, base))
            continue;
        begin_line(p);
        fprintf(p->to, "%s:", k->name);
        k->type->print(p, k, base);
    }
}

/* --- types; each ends its line --- */

/* Long enough for the key to take it. */
static const char *stars(gw_printer *p, const gw_key *k)
{
    size_t n = k->min > 3 ? (size_t)k->min : 3;
    char *text = gw_mem_alloc(&p->scratch, n + 1);
    memset(text, '*', n);
    return text;
}

void gw_print_text(gw_printer *p, const gw_key *k, const void *base)
{
    fputc(' ', p->to);
    put_text(p, k->flags & GW_KEY_SECRET ? stars(p, k) : *(const char *const *)field(k, base));
    fputc('\n', p->to);
}

void gw_print_bool(gw_printer *p, const gw_key *k, const void *base)
{
    fputs(*(const bool *)field(k, base) ? " true\n" : " false\n", p->to);
}

void gw_print_u32(gw_printer *p, const gw_key *k, const void *base)
{
    uint32_t v = *(const uint32_t *)field(k, base);
    fprintf(p->to, " %s\n",
            k->words != NULL ? word_of(k->words, v) : gw_write_number(v, k->unit, &p->scratch));
}

void gw_print_u64(gw_printer *p, const gw_key *k, const void *base)
{
    uint64_t v = *(const uint64_t *)field(k, base);
    if (k->words == NULL) {
        fprintf(p->to, " %s\n", gw_write_number(v, k->unit, &p->scratch));
        return;
    }
    const char *list = "";
    for (const gw_word *w = k->words; w->word != NULL; w++) {
        if (v & UINT64_C(1) << w->value)
            list = gw_mem_format(&p->scratch, "%s%s%s", list, *list != '\0' ? ", " : "", w->word);
    }
    fprintf(p->to, " [%s]\n", list);
}

void gw_print_date(gw_printer *p, const gw_key *k, const void *base)
{
    fprintf(p->to, " %s\n", gw_write_date(*(const time_t *)field(k, base), &p->scratch));
}

void gw_print_texts(gw_printer *p, const gw_key *k, const void *base)
{
    const char *const *list = *(const char *const *const *)field(k, base);
    size_t n = count_of(k, base);
    if (k->flags & GW_KEY_SECRET) {
        const char **masked = gw_mem_alloc(&p->scratch, (n + 1) * sizeof *masked);
        for (size_t i = 0; i < n; i++)
            masked[i] = "***";
        list = masked;
    }
    fputc(' ', p->to);
    put_texts(p, list, n);
}

void gw_print_endpoints(gw_printer *p, const gw_key *k, const void *base)
{
    const gw_endpoint_cfg *list = *(gw_endpoint_cfg *const *)field(k, base);
    size_t n = count_of(k, base);
    const char **urls = gw_mem_alloc(&p->scratch, (n + 1) * sizeof *urls);
    for (size_t i = 0; i < n; i++)
        urls[i] = list[i].url;
    fputc(' ', p->to);
    put_texts(p, urls, n);
}

void gw_print_headers(gw_printer *p, const gw_key *k, const void *base)
{
    const gw_header_cfg *list = *(gw_header_cfg *const *)field(k, base);
    fputs(" {", p->to);
    for (size_t i = 0; i < count_of(k, base); i++) {
        fputs(i > 0 ? ", " : "", p->to);
        put_text(p, list[i].name);
        fputs(": \"***\"", p->to);
    }
    fputs("}\n", p->to);
}

void gw_print_labels(gw_printer *p, const gw_key *k, const void *base)
{
    const gw_label_cfg *list = *(gw_label_cfg *const *)field(k, base);
    fputs(" {", p->to);
    for (size_t i = 0; i < count_of(k, base); i++) {
        fputs(i > 0 ? ", " : "", p->to);
        put_text(p, list[i].name);
        fputs(": ", p->to);
        put_text(p, list[i].value);
    }
    fputs("}\n", p->to);
}

void gw_print_action(gw_printer *p, const gw_key *k, const void *base)
{
    const gw_rule_cfg *rule = base;
    if (rule->action == GW_ACTION_DIGEST && rule->prefix != NULL) {
        fprintf(p->to, " {digest: {prefix: %s}}\n", rule->prefix);
        return;
    }
    if (rule->action == GW_ACTION_MASK && rule->keeps) {
        fprintf(p->to, " {mask: {keep_first: %" PRIu32 ", keep_last: %" PRIu32 "}}\n", rule->keep_first,
                rule->keep_last);
        return;
    }
    if (rule->action == GW_ACTION_ROUND) {
        fprintf(p->to, " {round: {digits: %" PRId32 "}}\n", rule->digits);
        return;
    }
    if (rule->action != GW_ACTION_REPLACE) {
        gw_print_u32(p, k, base);
        return;
    }
    fputs(" {replace: ", p->to);
    put_text(p, rule->replacement);
    fputs("}\n", p->to);
}

void gw_print_section(gw_printer *p, const gw_key *k, const void *base)
{
    if (k->presence_offset != 0 && !*(const bool *)((const char *)base + k->presence_offset)) {
        fputs(" none\n", p->to);
        return;
    }
    fputc('\n', p->to);
    p->indent += 2;
    print_rows(p, k->section, field(k, base));
    p->indent -= 2;
}

void gw_print_list(gw_printer *p, const gw_key *k, const void *base)
{
    const char *at = *(const char *const *)field(k, base);
    size_t n = count_of(k, base);
    fputs(n == 0 ? " []\n" : "\n", p->to);
    p->indent += 4;
    for (size_t i = 0; i < n; i++, at += k->section->size) {
        p->item = true;
        print_rows(p, k->section, at);
    }
    p->indent -= 4;
}

void gw_print_map(gw_printer *p, const gw_key *k, const void *base)
{
    const char *at = *(const char *const *)field(k, base);
    fputc('\n', p->to);
    p->indent += 4;
    for (size_t i = 0; i < count_of(k, base); i++, at += k->section->size) {
        fprintf(p->to, "%*s%s:\n", p->indent - 2, "", *(const char *const *)at);
        print_rows(p, k->section, at);
    }
    p->indent -= 4;
}

void gw_config_dump(const gw_config *c, FILE *to)
{
    gw_printer p = {.to = to};
    print_rows(&p, &gw_root_section, c);
    gw_mem_release(&p.scratch);
}
