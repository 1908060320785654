/* SPDX-License-Identifier: MIT */
/*
 * Recursive descent over the pattern. Of each part two things are known:
 *
 *    all    every text that the part matches, if these are few (`ab|c`: ab, c); `exact` says so
 *    must   strings of which one is in every text that the part matches
 *
 * A concatenation multiplies what is known exactly as long as that stays small, and remembers the best of
 * what it had to let go; an alternation unites, a repetition keeps what it needs at least once. Best is the
 * set whose shortest string is longest.
 */
#include "filters/detect/literals.h"

#include <string.h>

enum { MAX_DEPTH = 24 };

typedef struct part {
    rd_literals all;
    rd_literals must; /* n 0: nothing is known */
    bool exact;       /* `all` is all; it may hold an empty string */
} part;

typedef struct parser {
    const char *p;
    unsigned depth;
    bool failed; /* met something that it does not know */
} parser;

static void parse_alternation(parser *x, part *out);

/* ---- sets ---- */

static bool add(rd_literals *set, const uint8_t *text, size_t len)
{
    for (uint32_t i = 0; i < set->n; i++) {
        if (set->len[i] == len && memcmp(set->text[i], text, len) == 0)
            return true;
    }
    if (set->n == RD_LITERALS_MAX || len > RD_LITERAL_BYTES)
        return false;
    memcpy(set->text[set->n], text, len);
    set->len[set->n++] = (uint8_t)len;
    return true;
}

static bool unite(rd_literals *set, const rd_literals *more)
{
    for (uint32_t i = 0; i < more->n; i++) {
        if (!add(set, more->text[i], more->len[i]))
            return false;
    }
    return true;
}

/* Each of `set` followed by each of `next`. False: too many or too long; `set` is as it was. */
static bool multiply(rd_literals *set, const rd_literals *next)
{
    rd_literals product = {.n = 0};
    uint8_t text[2 * RD_LITERAL_BYTES];
    for (uint32_t i = 0; i < set->n; i++) {
        for (uint32_t k = 0; k < next->n; k++) {
            memcpy(text, set->text[i], set->len[i]);
            memcpy(text + set->len[i], next->text[k], next->len[k]);
            if (!add(&product, text, (size_t)set->len[i] + next->len[k]))
                return false;
        }
    }
    *set = product;
    return true;
}

/* The length of the shortest string; 0: the set says nothing. */
static unsigned worth(const rd_literals *set)
{
    unsigned shortest = set->n == 0 ? 0 : RD_LITERAL_BYTES;
    for (uint32_t i = 0; i < set->n; i++)
        shortest = set->len[i] < shortest ? set->len[i] : shortest;
    return shortest;
}

static void offer(rd_literals *best, const rd_literals *set)
{
    unsigned now = worth(best), then = worth(set);
    if (then > now || (then > 0 && then == now && set->n < best->n))
        *best = *set;
}

/* What a text of this part must hold. */
static rd_literals needs(const part *x)
{
    rd_literals best = x->must;
    if (x->exact)
        offer(&best, &x->all);
    return best;
}

static const part nothing = {.all = {.n = 1}, .exact = true}; /* matches the empty text alone */
static const part anything = {.exact = false};

static part literal(uint8_t c)
{
    part x = nothing;
    if (c >= 0x80)
        return anything; /* one byte or a part of a character, as the mode has it */
    x.all.text[0][0] = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
    x.all.len[0] = 1;
    return x;
}

/* ---- atoms ---- */

static part fail(parser *x)
{
    x->failed = true;
    return anything;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \p{..}, \P{..}, \pL */
static part parse_property(parser *x)
{
    if (*x->p == '{') {
        x->p = strchr(x->p, '}');
        if (x->p == NULL) {
            x->p = "";
            return fail(x);
        }
    }
    if (*x->p == '\0')
        return fail(x);
    x->p++;
    return anything;
}

static part parse_escape(parser *x)
{
    static const char controls[] = "a\at\tn\nf\fr\re\x1b";
    char c = *x->p;
    if (c == '\0')
        return fail(x);
    x->p++;
    if (strchr("dDwWsShHvVRX", c) != NULL)
        return anything;
    if (strchr("bBAzZGK", c) != NULL)
        return nothing;
    if (c == 'p' || c == 'P')
        return parse_property(x);
    for (const char *k = controls; *k != '\0'; k += 2) {
        if (*k == c)
            return literal((uint8_t)k[1]);
    }
    if (c == 'x' && hex_digit(x->p[0]) >= 0 && hex_digit(x->p[1]) >= 0) {
        int v = hex_digit(x->p[0]) * 16 + hex_digit(x->p[1]);
        x->p += 2;
        return literal((uint8_t)v);
    }
    bool alnum = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    return alnum ? fail(x) : literal((uint8_t)c);
}

/* The byte that a class of one, or of both cases of one letter, takes. */
static part class_of(const char *from, const char *to)
{
    size_t n = (size_t)(to - from);
    bool plain = n > 0 && from[0] != '^' && from[0] != '\\' && from[0] != '[';
    if (n == 2 && plain && from[0] != from[1] && (from[0] ^ from[1]) == 0x20 && (from[0] | 0x20) >= 'a' &&
        (from[0] | 0x20) <= 'z')
        return literal((uint8_t)from[0]);
    if (n == 1 && plain)
        return literal((uint8_t)from[0]);
    if (n == 2 && from[0] == '\\' && strchr(".-+*?()[]{}|/\\^$", from[1]) != NULL)
        return literal((uint8_t)from[1]);
    return anything;
}

/* Behind the `[`. */
static part parse_class(parser *x)
{
    const char *from = x->p;
    if (*x->p == '^')
        x->p++;
    if (*x->p == ']')
        x->p++;
    for (; *x->p != ']'; x->p++) {
        bool named = x->p[0] == '[' && x->p[1] != '\0' && strchr(":.=", x->p[1]) != NULL;
        if (*x->p == '\0')
            return fail(x);
        if (named) {
            const char *close = x->p + 2 + strspn(x->p + 2, "^abcdefghijklmnopqrstuvwxyz");
            if (close[0] != x->p[1] || close[1] != ']')
                return fail(x);
            x->p = close + 1;
        } else if (*x->p == '\\') {
            x->p++;
            if (*x->p == '\0' || strchr("QEc", *x->p) != NULL)
                return fail(x);
        }
    }
    return class_of(from, x->p++);
}

/* `i`, `m`, `s` and `U` change nothing here, letters stand for both cases anyway; `x` would. */
static bool parse_flags(parser *x)
{
    const char *p = x->p;
    p += strspn(p, "imsU-");
    if (*p != ':' && *p != ')')
        return false;
    x->p = p;
    return true;
}

static bool parse_name(parser *x, char close)
{
    const char *end = strchr(x->p, close);
    if (end == NULL)
        return false;
    x->p = end + 1;
    return true;
}

/* What is behind `(?`, up to the content. *out_around: a lookaround, of which *out_must be there. False: not
 * known. */
static bool parse_group_head(parser *x, bool *out_around, bool *out_must)
{
    char c = *x->p++;
    if (c == ':' || c == '>')
        return true;
    if (c == '=' || c == '!') {
        *out_around = true;
        *out_must = c == '=';
        return true;
    }
    if (c == '<' && (*x->p == '=' || *x->p == '!')) {
        *out_around = true;
        *out_must = *x->p++ == '=';
        return true;
    }
    if (c == 'P' && *x->p == '<')
        c = *x->p++;
    if (c == '<' || c == '\'')
        return parse_name(x, c == '<' ? '>' : '\'');
    x->p--;
    return parse_flags(x);
}

/* Behind the `(`. */
static part parse_group(parser *x)
{
    bool around = false, must = false;
    part inner;
    if (*x->p == '*')
        return fail(x); /* verbs and their like */
    if (*x->p == '?') {
        x->p++;
        if (*x->p == '\0' || !parse_group_head(x, &around, &must))
            return fail(x);
        bool flags_alone = *x->p == ')' && x->p[-1] != ':' && strchr("?imsU-", x->p[-1]) != NULL;
        if (flags_alone) {
            x->p++;
            return nothing;
        }
        x->p += *x->p == ':' && strchr("?imsU-", x->p[-1]) != NULL;
    }
    parse_alternation(x, &inner);
    if (x->failed || *x->p != ')')
        return fail(x);
    x->p++;
    if (!around)
        return inner;
    part zero_width = nothing;
    if (must)
        zero_width.must = needs(&inner);
    return zero_width;
}

static part parse_atom(parser *x)
{
    char c = *x->p++;
    switch (c) {
    case '(':
        return parse_group(x);
    case '[':
        return parse_class(x);
    case '\\':
        return parse_escape(x);
    case '.':
        return anything;
    case '^':
    case '$':
        return nothing;
    case '*':
    case '+':
    case '?':
        return fail(x);
    default:
        return literal((uint8_t)c);
    }
}

/* ---- repetitions, concatenations, alternations ---- */

/* {n}, {n,}, {n,m}: *out_min and whether that is all. False: no repetition, or one that is not known. */
static bool parse_braces(parser *x, bool *out_some, bool *out_once)
{
    const char *p = x->p + 1;
    size_t digits = strspn(p, "0123456789");
    bool zero = strspn(p, "0") == digits;
    if (digits == 0)
        return false;
    *out_some = !zero;
    *out_once = digits == 1 && p[0] == '1' && p[1] == '}';
    p += digits;
    if (*p == ',')
        p += 1 + strspn(p + 1, "0123456789");
    if (*p != '}')
        return false;
    x->p = p + 1;
    return true;
}

/* A brace that begins a repetition in some version of PCRE2 and none in another. */
static bool is_doubtful_brace(const char *p)
{
    return *p == '{' && (p[1] == ',' || p[1] == ' ' || (p[1] >= '0' && p[1] <= '9'));
}

static void repeat(part *atom, bool some, bool maybe_more)
{
    if (!some && !maybe_more && atom->exact) {
        atom->must.n = 0;
        atom->exact = add(&atom->all, (const uint8_t *)"", 0);
        return;
    }
    rd_literals must = needs(atom);
    *atom = anything;
    if (some)
        atom->must = must;
}

static void parse_repetition(parser *x, part *atom)
{
    bool some = false, once = false;
    char c = *x->p;
    if (c == '*' || c == '+' || c == '?') {
        x->p++;
        repeat(atom, c == '+', c != '?');
    } else if (is_doubtful_brace(x->p)) {
        if (!parse_braces(x, &some, &once)) {
            x->failed = true;
            return;
        }
        if (!once)
            repeat(atom, some, true);
    } else {
        return;
    }
    if (*x->p == '?' || *x->p == '+') /* lazy, possessive */
        x->p++;
    if ((*x->p != '\0' && strchr("*+?", *x->p) != NULL) || is_doubtful_brace(x->p))
        x->failed = true; /* a repetition of a repetition */
}

static void parse_concatenation(parser *x, part *out)
{
    part sum = nothing;
    while (!x->failed && *x->p != '\0' && *x->p != '|' && *x->p != ')') {
        part next = parse_atom(x);
        if (x->failed)
            return;
        parse_repetition(x, &next);
        offer(&sum.must, &next.must);
        if (next.exact && multiply(&sum.all, &next.all))
            continue;
        offer(&sum.must, &sum.all);
        sum.exact = false;
        sum.all = next.exact ? next.all : nothing.all;
    }
    if (!sum.exact)
        offer(&sum.must, &sum.all);
    *out = sum;
}

static void parse_alternation(parser *x, part *out)
{
    if (++x->depth > MAX_DEPTH) {
        x->failed = true;
        return;
    }
    parse_concatenation(x, out);
    bool several = !x->failed && *x->p == '|';
    rd_literals must = several ? needs(out) : out->must;
    while (!x->failed && *x->p == '|') {
        part next;
        x->p++;
        parse_concatenation(x, &next);
        if (x->failed)
            return;
        rd_literals more = needs(&next);
        if (worth(&must) == 0 || worth(&more) == 0 || !unite(&must, &more))
            must.n = 0;
        out->exact = out->exact && next.exact && unite(&out->all, &next.all);
    }
    out->must = must;
    x->depth--;
}

void rd_literals_of(const char *pattern, rd_literals *out)
{
    static const char utf[] = "(*UTF)";
    bool is_utf = strncmp(pattern, utf, sizeof utf - 1) == 0;
    parser x = {.p = is_utf ? pattern + sizeof utf - 1 : pattern};
    part whole = anything;
    out->n = 0;
    /* In UTF mode some letters have cases beyond ASCII. */
    if (is_utf && strstr(pattern, "(?") != NULL)
        return;
    parse_alternation(&x, &whole);
    if (!x.failed && *x.p == '\0')
        *out = needs(&whole);
    if (worth(out) == 0)
        out->n = 0;
}
