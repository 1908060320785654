/* SPDX-License-Identifier: MIT */
#include "filters/detect/program.h"

#include <stdlib.h>
#include <string.h>

#include "filters/detect/filter.h"

/* What may follow the last byte of a key: separator, closing quote or bracket, call, tab, %22. */
static const char behind_key[] = "=:>\"'%)&\\]\t`(";

enum { SMALL_SHORT = 16 };

/* Windows on their way into the tables. */
typedef struct builder {
    rd_program *p;
    rd_window_sets exact_short[RD_MAX_SHORT], exact_long[RD_MAX_LONG];
} builder;

static void allow(rd_byteset *s, uint8_t c, bool nocase)
{
    s->bits[c >> 6] |= UINT64_C(1) << (c & 63);
    if (nocase && rd_is(c, RD_C_ALPHA))
        s->bits[(c ^ 0x20) >> 6] |= UINT64_C(1) << ((c ^ 0x20) & 63);
}

static void allow_class(rd_byteset *s, unsigned classes, const char *more)
{
    for (unsigned c = 0; c < 256; c++) {
        if (rd_is((uint8_t)c, classes))
            allow(s, (uint8_t)c, false);
    }
    for (; *more != 0; more++)
        allow(s, (uint8_t)*more, false);
}

/* The classes of the window language; matcher.h explains them. */
static const struct {
    char name;
    unsigned classes;
    const char *more;
} named[] = {
    {'d', RD_C_DIGIT, ""},
    {'n', 0, "123456789"},
    {'x', RD_C_HEX, ""},
    {'a', RD_C_ALPHA, ""},
    {'u', RD_C_UPPER, ""},
    {'U', RD_C_UPPER | RD_C_UTF8, ""},
    {'A', RD_C_ALPHA | RD_C_UTF8, "'"},
    {'l', RD_C_LOWER, ""},
    {'w', RD_C_ALNUM, ""},
    {'q', 0, "\"'`"},
    {'.', RD_C_DIGIT, "."},
    {':', RD_C_HEX, ":"},
    {'j', 0, "-. "},
    {'k', 0, "- "},
    {'s', RD_C_SPACE, ""},
    {'e', RD_C_WORD, "\"'`] \t"},
    {'o', 0, "234567"},
    {'p', RD_C_DIGIT, " ()./-%"},
    {'W', RD_C_ALNUM, " -"},
    {'h', RD_C_ALNUM | RD_C_UTF8, "["},
    {'c', 0, ":="},
    {'v', 0, ":=\""},
    {'y', RD_C_ALNUM, "\"'`"},
    {'D', 0, "./-"},
    {'E', 0, "=<\""},
};

static void allow_named(rd_byteset *s, char name)
{
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (named[i].name == name) {
            allow_class(s, named[i].classes, named[i].more);
            return;
        }
    }
    abort(); /* a window of ours with an unknown class: every test finds that */
}

/* The byte sets of one window; returns its length. */
static uint32_t parse_window(const rd_window *w, rd_window_sets *out)
{
    memset(out, 0, sizeof *out);
    uint32_t n = 0;
    if (w->spec == NULL || *w->spec == 0)
        abort(); /* a row without text would be nowhere, or everywhere */
    for (const char *c = w->spec; *c != 0; c++, n++) {
        if (n == RD_LONG)
            abort();
        if (*c == '\\')
            allow_named(&out->at[n], *++c);
        else
            allow(&out->at[n], (uint8_t)*c, w->nocase);
    }
    for (uint32_t j = n; j < RD_LONG; j++)
        memset(&out->at[j], 0xff, sizeof out->at[j]);
    return n;
}

static void add_short(builder *b, const rd_window_sets *sets, uint32_t len, uint32_t owner)
{
    if (b->p->n_short == RD_MAX_SHORT)
        abort();
    b->exact_short[b->p->n_short] = *sets;
    b->p->len_short[b->p->n_short] = (uint8_t)len;
    b->p->owner_short[b->p->n_short++] = (uint8_t)owner;
}

static void add_long(builder *b, const rd_window_sets *sets, uint32_t len, uint32_t owner)
{
    if (b->p->n_long == RD_MAX_LONG)
        abort();
    b->exact_long[b->p->n_long] = *sets;
    b->p->len_long[b->p->n_long] = (uint8_t)len;
    b->p->owner_long[b->p->n_long++] = (uint8_t)owner;
}

/* Do the first four bytes say more by their letters than by their shapes? One of them may be of a class. */
static bool begins_with_letters(const rd_window_sets *sets)
{
    unsigned n_letters = 0, n_classes = 0;
    for (unsigned j = 0; j < RD_SHORT; j++) {
        unsigned n = 0, first = 0;
        for (unsigned c = 256; c-- > 0;) {
            n += rd_byteset_has(&sets->at[j], (uint8_t)c);
            first = rd_byteset_has(&sets->at[j], (uint8_t)c) ? c : first;
        }
        n_classes += n > 2;
        n_letters += n <= 2 && rd_is((uint8_t)first, RD_C_ALPHA);
    }
    return n_classes <= 1 && n_letters >= 2 + n_classes;
}

static void add_beginning(builder *b, const rd_window_sets *sets)
{
    rd_program *p = b->p;
    rd_window_sets four = *sets;
    for (uint32_t j = RD_SHORT; j < RD_LONG; j++)
        memset(&four.at[j], 0xff, sizeof four.at[j]);
    p->long_words |= UINT64_C(1) << (p->n_long - 1);
    add_short(b, &four, RD_SHORT, 0);
    p->short_words.half[(p->n_short - 1) / 64] |= UINT64_C(1) << (p->n_short - 1) % 64;
}

static const char joins[] = "_-. ";

/* The hashes of all spellings of a name's last bytes, of which `at` on are not chosen yet. */
static void add_end_hashes(rd_program *p, const char *end, uint32_t len, unsigned at, uint32_t four,
                           uint8_t owner)
{
    bool short_name = len < RD_SHORT;
    if (at == RD_SHORT) {
        uint32_t h = rd_program_end_hash(four, short_name ? RD_SHORT_END_BITS : RD_END_BITS);
        uint8_t *owners = short_name ? p->short_ends : p->ends;
        owners[h / 4] |= (uint8_t)(owner << 2 * (h % 4));
        return;
    }
    char c = at + len < RD_SHORT ? 0 : end[at + len - RD_SHORT]; /* 0: any */
    for (unsigned k = 0; k < 128; k++) {
        bool joins_here = (c == '_' || at == 0) && k != 0 && strchr(joins, (int)k) != NULL;
        if (short_name && at == 0 && k > 0)
            break; /* the first of four does not count */
        if (k != rd_program_end_fold((uint8_t)k) && !joins_here)
            continue;
        if (c == 0 || joins_here ||
            (c != '_' && rd_program_end_fold((uint8_t)k) == rd_program_end_fold((uint8_t)c)))
            add_end_hashes(p, end, len, at + 1, four | (uint32_t)k << 8 * at, owner);
    }
}

/* See rd_key_end_fn. Of four bytes the first may also be a join. */
static void add_end(void *ctx, const char *end, uint32_t len)
{
    const builder *b = ctx;
    b->p->numbered_ends |=
        len >= 2 && rd_is((uint8_t)end[len - 1], RD_C_DIGIT) && rd_is((uint8_t)end[len - 2], RD_C_DIGIT);
    add_end_hashes(b->p, end, len, 0, 0, (uint8_t)(1U << (b->p->n_end_owners - 1)));
}

static void add_token_start(void *ctx, uint8_t first, uint8_t second, uint8_t third)
{
    rd_program *p = ((builder *)ctx)->p;
    uint8_t owner = (uint8_t)(1U << (p->n_token_owners - 1));
    if (!rd_is(first, RD_C_RUN) || !rd_is(second, RD_C_RUN) || (third != 0 && !rd_is(third, RD_C_RUN)))
        abort(); /* no run of tokens starts so */
    p->token_pairs[first - RD_RUN_FIRST][second - RD_RUN_FIRST] |= owner;
    for (unsigned c = 0; c < RD_RUN_BYTES; c++)
        p->token_thirds[c] |= third == 0 || c + RD_RUN_FIRST == third ? owner : 0;
}

static void shorter(uint32_t *shortest, uint32_t len)
{
    if (len < RD_SHORTEST_RUN)
        abort();
    if (*shortest == 0 || len < *shortest)
        *shortest = len;
}

static void add_runs(builder *b, uint32_t m)
{
    const rd_matcher *matcher = rd_matchers[m];
    rd_program *p = b->p;
    if (matcher->digit_run > 0) {
        p->digit_owners |= UINT32_C(1) << m;
        shorter(&p->digit_run, matcher->digit_run);
    }
    if (matcher->token_run == 0)
        return;
    if (p->n_token_owners == RD_MAX_RUN_OWNERS)
        abort();
    p->token_owners[p->n_token_owners++] = (uint8_t)m;
    shorter(&p->token_run, matcher->token_run);
    for (const char *c = matcher->token_behind; c != NULL && *c != 0; c++)
        p->token_behind[(uint8_t)*c] |= (uint8_t)(1U << (p->n_token_owners - 1));
    matcher->token_starts(add_token_start, b);
}

static void add_matcher(builder *b, uint32_t m, const char *const *names, uint32_t n_names)
{
    const rd_matcher *matcher = rd_matchers[m];
    rd_window_sets sets;
    for (uint32_t w = 0; w < matcher->n_windows; w++) {
        uint32_t len = parse_window(&matcher->windows[w], &sets);
        if (len > RD_SHORT)
            add_long(b, &sets, len, m);
        else
            add_short(b, &sets, len, m);
        if (len > RD_SHORT && begins_with_letters(&sets))
            add_beginning(b, &sets);
    }
    if (matcher->key_ends != NULL) {
        if (b->p->n_end_owners == RD_MAX_END_OWNERS)
            abort();
        b->p->end_owners[b->p->n_end_owners++] = (uint8_t)m;
        matcher->key_ends(add_end, b, names, n_names);
    }
    add_runs(b, m);
}

/* Do all windows treat the two bytes alike? */
static bool same_class(const builder *b, uint8_t x, uint8_t y)
{
    for (uint32_t w = 0; w < b->p->n_short + b->p->n_long; w++) {
        const rd_window_sets *s = w < b->p->n_short ? &b->exact_short[w] : &b->exact_long[w - b->p->n_short];
        for (uint32_t j = 0; j < RD_LONG; j++) {
            if (rd_byteset_has(&s->at[j], x) != rd_byteset_has(&s->at[j], y))
                return false;
        }
    }
    return true;
}

static void write_exact(const builder *b)
{
    rd_program *p = b->p;
    uint8_t first[RD_MAX_CLASSES];
    uint32_t n = 0;
    for (unsigned c = 0; c < 256; c++) {
        uint32_t k = 0;
        while (k < n && !same_class(b, first[k], (uint8_t)c))
            k++;
        p->class_of[c] = (uint8_t)k;
        if (k < n)
            continue;
        if (n == RD_MAX_CLASSES)
            abort();
        first[n++] = (uint8_t)c;
        for (uint32_t w = 0; w < p->n_short; w++) {
            for (uint32_t j = 0; j < RD_SHORT; j++)
                p->allow_short[j][k].half[w / 64] |=
                    (uint64_t)rd_byteset_has(&b->exact_short[w].at[j], (uint8_t)c) << w % 64;
        }
        for (uint32_t w = 0; w < p->n_long; w++) {
            for (uint32_t j = 0; j < RD_LONG; j++)
                p->allow_long[j][k] |= (uint64_t)rd_byteset_has(&b->exact_long[w].at[j], (uint8_t)c) << w;
        }
    }
}

static void add_any_ends(rd_program *p)
{
    for (uint32_t h = 0; h < 1U << RD_END_BITS; h++)
        p->any_ends[h / 64] |= (uint64_t)((p->ends[h / 4] >> 2 * (h % 4) & 3) != 0) << h % 64;
    for (uint32_t h = 0; h < 1U << RD_SHORT_END_BITS; h++)
        p->any_short_ends[h / 64] |= (uint64_t)((p->short_ends[h / 4] >> 2 * (h % 4) & 3) != 0) << h % 64;
}

uint32_t rd_program_few_before(const uint8_t *b, uint32_t at)
{
    uint32_t four = 0;
    memcpy((uint8_t *)&four + sizeof four - at, b, at);
    return four;
}

bool rd_program_build(rd_program *p, uint64_t wanted, const char *const *names, uint32_t n_names)
{
    *p = (rd_program){0};
    builder *b = calloc(1, sizeof *b);
    if (b == NULL)
        return false;
    b->p = p;
    for (uint32_t m = 0; m < rd_n_matchers; m++) {
        if ((rd_matchers[m]->yields & wanted) != 0)
            add_matcher(b, m, names, n_names);
    }
    p->small = p->n_long == 0 && p->digit_run == 0 && p->token_run == 0 && p->n_short <= SMALL_SHORT;
    for (const char *c = behind_key; *c != 0; c++)
        p->behind_key[(uint8_t)*c] = (1U << RD_MAX_END_OWNERS) - 1;
    add_any_ends(p);
    write_exact(b);
    bool ok = rd_program_filter_windows(p, b->exact_short, b->exact_long);
    free(b);
    return ok;
}
