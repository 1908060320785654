/* SPDX-License-Identifier: MIT */
/*
 * The words are hashed from their last byte to their first, so that one walk back over a key tries all its
 * endings. The last two bytes are tested first: most keys in logs fail there.
 */
#include "filters/detect/key_words.h"

#include <stdlib.h>
#include <string.h>

#include "filters/detect/key_lists.h"

enum { MAX_WALK = 32, MAX_WORDS_IN_PHRASE = 4, N_SLOTS = 4096, MAX_FORMS = 32768, SUFFIXES = 1 << 16 };

typedef struct slot {
    uint32_t hash;
    uint8_t len; /* 0: free */
    uint8_t cls;
    bool ends;
    uint16_t at; /* of the normal form in `forms` */
} slot;

struct rd_key_table {
    slot slots[N_SLOTS];
    uint8_t forms[MAX_FORMS];
    uint32_t n_forms;
    /* Two bits a hash of the last bytes of words, however many: some word ends so, and is no longer than
     * that. A walk ends where no word goes on. */
    uint8_t suffixes[SUFFIXES / 4];
    uint8_t roles[256]; /* of a byte in a key: itself in lower case, or one of those below */
};

enum { ENDS_KEY, JOINS_PARTS, JOINS_WORDS, FIRST_LETTER = '0' };

static const uint32_t seed = UINT32_C(0x811c9dc5);

static inline uint32_t step(uint32_t h, uint8_t c)
{
    return (h ^ c) * UINT32_C(0x01000193);
}

static inline uint32_t home(uint32_t h)
{
    return (h ^ h >> 15) & (N_SLOTS - 1);
}

enum { IS_SUFFIX = 1, IS_WORD = 2 };

static inline uint32_t suffix_at(uint32_t h)
{
    return (h ^ h >> 15) & (SUFFIXES - 1);
}

static inline unsigned suffix_of(const rd_key_table *t, uint32_t h)
{
    uint32_t at = suffix_at(h);
    return t->suffixes[at / 4] >> 2 * (at % 4) & (IS_SUFFIX | IS_WORD);
}

static void add(rd_key_table *t, const char *spelled, uint32_t n, rd_key_class cls, bool ends)
{
    if (t->n_forms + n > MAX_FORMS)
        abort(); /* the lists have grown: every test finds that */
    const uint8_t *word = t->forms + t->n_forms;
    uint32_t len = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (spelled[i] != '_')
            t->forms[t->n_forms + len++] = (uint8_t)spelled[i];
    }
    uint32_t h = seed;
    for (uint32_t i = len; i > 0; i--)
        h = step(h, (uint8_t)word[i - 1]);
    uint32_t i = home(h);
    while (t->slots[i].len != 0) {
        if (t->slots[i].hash == h && t->slots[i].len == len)
            return; /* the first list wins */
        i = (i + 1) & (N_SLOTS - 1);
    }
    t->slots[i] =
        (slot){.hash = h, .len = (uint8_t)len, .cls = (uint8_t)cls, .ends = ends, .at = (uint16_t)t->n_forms};
    t->n_forms += len;
    h = seed;
    for (uint32_t k = len; k > 0; k--) {
        h = step(h, word[k - 1]);
        t->suffixes[suffix_at(h) / 4] |=
            (uint8_t)((k == 1 ? IS_SUFFIX | IS_WORD : IS_SUFFIX) << 2 * (suffix_at(h) % 4));
    }
}

/* Who does something may also have a key for the name alone: requester_name. */
static void add_name(rd_key_table *t, const char *word, uint32_t len)
{
    char form[MAX_WALK];
    if (len + 4 > sizeof form)
        return;
    memcpy(form, word, len);
    memcpy(form + len, "name", 4);
    add(t, form, len + 4, RD_KEY_GIVEN, true);
}

static void set_roles(rd_key_table *t)
{
    for (unsigned c = 0; c < 256; c++)
        t->roles[c] = rd_is((uint8_t)c, RD_C_WORD) ? rd_lower((uint8_t)c) : ENDS_KEY;
    t->roles['_'] = t->roles['-'] = t->roles['.'] = JOINS_PARTS;
    t->roles[' '] = JOINS_WORDS;
}

rd_key_table *rd_key_table_new(void)
{
    rd_key_table *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    set_roles(t);
    for (size_t l = 0; l < rd_n_key_lists; l++) {
        const char *w = rd_key_lists[l].words;
        while (*w != 0) {
            uint32_t len = (uint32_t)strcspn(w, " ");
            if (len > 0)
                add(t, w, len, rd_key_lists[l].cls, rd_key_lists[l].ends);
            if (len > 0 && rd_key_lists[l].cls == RD_KEY_WHO && rd_key_lists[l].ends)
                add_name(t, w, len);
            w += len + (w[len] == ' ');
        }
    }
    return t;
}

/* The spelled word, and where a join is among its last three bytes also without it. */
static void add_endings(const char *w, uint32_t len,
                        void (*add_ending)(void *ctx, const char *ending, uint32_t len), void *ctx)
{
    uint32_t n = len < 4 ? len : 4, last3 = len < 3 ? 0 : len - 3;
    add_ending(ctx, w + len - n, n);
    if (len < 3 || memchr(w + last3, '_', 3) == NULL)
        return;
    char flat[5];
    uint32_t m = 0;
    for (uint32_t i = len; i > 0 && m < sizeof flat; i--) {
        if (w[i - 1] != '_')
            flat[sizeof flat - ++m] = w[i - 1];
    }
    n = m < 4 ? m : 4;
    add_ending(ctx, flat + sizeof flat - n, n);
}

void rd_key_endings(void (*add_ending)(void *ctx, const char *ending, uint32_t len), void *ctx)
{
    for (size_t l = 0; l < rd_n_key_lists; l++) {
        const char *w = rd_key_lists[l].words;
        while (rd_key_lists[l].cls != RD_KEY_NONE && rd_key_lists[l].cls < RD_KEY_OTHER && *w != 0) {
            uint32_t len = (uint32_t)strcspn(w, " ");
            const char *last =
                w + len - 1; /* one letter or a number ends words everywhere: windows find those */
            if (len >= 2 && !(rd_is((uint8_t)last[0], RD_C_DIGIT) && rd_is((uint8_t)last[-1], RD_C_DIGIT)))
                add_endings(w, len, add_ending, ctx);
            w += len + (w[len] == ' ');
        }
    }
}

void rd_key_table_free(rd_key_table **t)
{
    free(*t);
    *t = NULL;
}

static const slot *lookup(const rd_key_table *t, uint32_t h, const uint8_t *form, uint32_t len)
{
    for (uint32_t i = home(h); t->slots[i].len != 0; i = (i + 1) & (N_SLOTS - 1)) {
        const slot *s = &t->slots[i];
        if (s->hash == h && s->len == len && memcmp(t->forms + s->at, form, len) == 0)
            return s;
    }
    return NULL;
}

/* Does a word of the key start at `i`? */
static bool word_starts(const rd_view *v, uint32_t i)
{
    uint8_t before = rd_at(v, i - 1), c = rd_at(v, i);
    if (!rd_is(before, RD_C_WORD))
        return true;
    if (rd_is(before, RD_C_DIGIT) && rd_is(c, RD_C_ALPHA))
        return true;
    return rd_is(c, RD_C_UPPER) && (rd_is(before, RD_C_LOWER) || rd_is(rd_at(v, i + 1), RD_C_LOWER));
}

/* The subfield of Elasticsearch behind the key: phone.keyword. How many bytes say that it is one, or none. */
static inline uint32_t subfield(const rd_view *v, uint32_t end)
{
    return rd_spells(v, end - 7, "keyword") ? 8 : 0;
}

/* Digits and underscores behind the key: password1, phone_2. */
static inline uint32_t without_number(const rd_view *v, uint32_t end)
{
    while (rd_is(rd_at(v, end - 1), RD_C_DIGIT) || rd_at(v, end - 1) == '_')
        end--;
    return end;
}

/* Does the form, a known word that starts at `i`, count there? */
static bool counts(const rd_view *v, const slot *s, uint32_t i)
{
    uint8_t before = rd_at(v, i - 1);
    bool option = before == '-' && rd_at(v, i - 2) == '-'; /* --key */
    return s->ends || option || (!rd_is(before, RD_C_WORD) && before != '_' && before != '-');
}

/* What the form from `i` to the end of the key says, if it is a known word. */
static rd_key_class class_at(const rd_key_table *t, const rd_view *v, uint32_t h, const uint8_t *form,
                             uint32_t len, uint32_t i)
{
    const slot *s = lookup(t, h, form, len);
    return s != NULL && word_starts(v, i) && counts(v, s, i) ? (rd_key_class)s->cls : RD_KEY_OTHER;
}

/* Walks back from `end` as long as what it has read is the end of a word we know. Most keys of a log come
 * here and few stay, so the bytes are looked at without rd_at. What class_at looks at before a word, the walk
 * looks at next, unless it is at its own end. */
static inline rd_key_class walk(const rd_key_table *t, const rd_view *v, uint32_t end, bool words,
                                uint32_t *out_from)
{
    uint8_t form[MAX_WALK], *at = form + MAX_WALK;
    uint32_t h = seed, spaces = 0;
    rd_key_class best = RD_KEY_NONE;
    const uint32_t whole = end, read = subfield(v, end);
    end = without_number(v, read > 0 && rd_at(v, end - read) == '.' ? end - read : end);
    *out_from = v->lo - 1;
    if (end - v->lo > v->hi - v->lo)
        return best;
    uint32_t from = end - v->lo < MAX_WALK ? v->lo : end - MAX_WALK, i = end, looked = from - 2;
    for (; i > from; i--) {
        uint8_t role = t->roles[v->b[i - 1]];
        RD_DETECT_STEP();
        if (role >= FIRST_LETTER) {
            *--at = role;
            h = step(h, role);
            unsigned known = suffix_of(t, h);
            if (known == 0) {
                looked = i - 1;
                break;
            }
            if ((known & IS_WORD) == 0)
                continue;
            rd_key_class cls = class_at(t, v, h, at, (uint32_t)(form + MAX_WALK - at), i - 1);
            best = cls < RD_KEY_OTHER || (words && cls > RD_KEY_OTHER) ? cls : best;
        } else if (i == end || role == ENDS_KEY) {
            looked = i - 1;
            break; /* a key does not end in a join */
        } else if (role == JOINS_WORDS &&
                   (++spaces == MAX_WORDS_IN_PHRASE || !rd_is(rd_at(v, i - 2), RD_C_WORD))) {
            looked = i - 2;
            break;
        }
    }
    *out_from = whole - looked > read ? looked : whole - read;
    return best;
}

rd_key_class rd_key_class_of(const rd_key_table *t, const rd_view *v, uint32_t end)
{
    uint32_t from;
    return walk(t, v, end, false, &from);
}

rd_key_class rd_key_class_seen(const rd_key_table *t, const rd_view *v, uint32_t end, uint32_t *out_from)
{
    return walk(t, v, end, false, out_from);
}

rd_key_class rd_key_word_of(const rd_key_table *t, const rd_view *v, uint32_t end)
{
    uint32_t from;
    return walk(t, v, end, true, &from);
}

bool rd_key_is_class_name(const rd_view *v, uint32_t end)
{
    uint32_t from = rd_skip_back(v, end, MAX_WALK, RD_C_ALNUM);
    bool hump = false;
    if (!rd_is(rd_at(v, from), RD_C_UPPER))
        return false;
    for (uint32_t i = from + 1; i < end && !hump; i++)
        hump = rd_is(v->b[i], RD_C_UPPER) && rd_is(v->b[i - 1], RD_C_LOWER);
    return hump || rd_at(v, from - 1) == '.';
}
