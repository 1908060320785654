/* SPDX-License-Identifier: MIT */
/*
 * Matchers: what finds the matches of one or several detectors.
 *
 * A matcher has windows (up to eight byte classes in a row) or wants long digit runs; the candidate pass,
 * which knows nothing else of it, calls its `confirm` at every place where one of them starts. `confirm`
 * decides by looking at the text through rd_at, forwards and backwards, and emits matches.
 *
 * Work must be linear over all candidates of a text: either the look is bounded by a constant, or `confirm`
 * sets f->resume to where it has looked, and candidates before that place are skipped.
 */
#ifndef RD_DETECT_MATCHER_H
#define RD_DETECT_MATCHER_H

#include "filters/detect/detectors.h"
#include "filters/detect/key_words.h"
#include "filters/detect/text.h"

typedef struct rd_collector rd_collector;
typedef struct rd_refusals rd_refusals;
typedef struct rd_percent rd_percent;
typedef struct rd_key_hits rd_key_hits;
typedef struct rd_tail_memo rd_tail_memo;

typedef struct rd_find {
    rd_view v;
    const rd_key_table *keys; /* borrowed from the set */
    rd_tail_memo *classes;    /* of keys; borrowed from the scratch; NULL: none */
    bool starts_token;        /* the run of tokens starts as the matcher said, not only behind such a byte */
    uint64_t wanted;          /* bits of the detectors that are switched on */
    uint32_t resume;          /* in and out; only ever moves forward */
    rd_collector *out;
    rd_percent *encoded;           /* NULL: this is the pass over decoded texts */
    rd_key_hits *keys_at;          /* the same */
    const struct rd_keyset *names; /* borrowed from the set; NULL: it has no key names */
    rd_tail_memo *name_ends;       /* whether one of them may end so; as `classes`, of this set */
    rd_refusals *refused;          /* NULL: nobody asks why not (the rule in service) */
} rd_find;

/* Reports [from, to) with the first `head` and last `tail` bytes left readable. Ignored when the detector is
 * off or nothing would be hidden. */
void rd_emit(rd_find *f, rd_detector_id detector, uint32_t from, uint32_t to, uint32_t head, uint32_t tail);

void rd_refusals_add(rd_refusals *r, rd_detector_id detector, uint32_t off, uint32_t len,
                     const char *validator);

/* Where the byte at `at` came from, for what is noted beside the matches. */
uint32_t rd_origin(const rd_find *f, uint32_t at);

/* Says that [from, to) had the shape of `detector` and that `validator` (a literal) said no. */
static inline void rd_refuse(const rd_find *f, rd_detector_id detector, uint32_t from, uint32_t to,
                             const char *validator)
{
    if (f->refused != NULL && (f->wanted >> detector & 1) != 0)
        rd_refusals_add(f->refused, detector, rd_origin(f, from), to - from, validator);
}

/*
 * A window: up to RD_LONG literal bytes and classes
 *   \d digit  \n 1-9  \x hex digit  \a letter  \u upper  \l lower  \w letter or digit  \q quote " ' `
 *   \. digit or dot  \: hex digit or colon  \j one of - . space  \k - or space  \p digit or space ( ) . / - %
 *   \s space, tab or line end  \e letter, UTF-8, digit, quote, ] or blank: what may end a key  \o digit from
 * 2 to 7 \W letter, digit, space or hyphen  \h letter, digit, [ or UTF-8 \c colon or equals sign \v these or
 * \" \y letter, digit or quote  \U upper or UTF-8  \A letter, UTF-8 or apostrophe  \D one of . / -
 * \E one of = < "; With nocase a literal
 * letter stands for both cases. Windows of up to RD_SHORT bytes share the cheaper half of the prefilter; in a
 * long one every byte counts, so the longer the better.
 */
typedef struct rd_window {
    const char *spec;
    bool nocase;
} rd_window;

/* The last four bytes of a name, or all of a shorter one; '_' stands for any byte that joins words. */
typedef void rd_key_end_fn(void *ctx, const char *end, uint32_t len);

/* Bytes of RD_C_RUN; `third` 0: any. A superset: it is told with all pairs of its matcher. */
typedef void rd_token_start_fn(void *ctx, uint8_t first, uint8_t second, uint8_t third);

typedef struct rd_matcher {
    uint64_t yields;          /* bits of the detectors it can find */
    const rd_window *windows; /* set by RD_WINDOWS, which counts: none can be cut off; NULL: none */
    uint32_t n_windows;
    /* Not NULL: also called three bytes before the end of what may be a key. Tells the ends of the names, see
     * rd_key_end_fn. */
    void (*key_ends)(rd_key_end_fn *add, void *ctx, const char *const *names, uint32_t n_names);
    uint8_t digit_run; /* > 0: also called at runs of that many digits */
    /* > 0: also called where that many bytes of RD_C_RUN start, if the first three are a start that
     * token_starts tells, or if one of token_behind stands before them. */
    uint8_t token_run;
    const char *token_behind; /* NULL: none */
    void (*token_starts)(rd_token_start_fn *add, void *ctx);
    void (*confirm)(rd_find *f, uint32_t at);
} rd_matcher;

#define RD_WINDOWS(list) .windows = (list), .n_windows = sizeof(list) / sizeof((list)[0])

/* The number of the text that is looked at. */
uint32_t rd_text_number(const rd_find *f);
/* How many matches there are so far; tells whether a call has found something. */
uint32_t rd_found(const rd_find *f);

#define RD_BIT(name) (UINT64_C(1) << RD_DETECTOR_##name)
/* Bits of no detector: places of key names; percent-encoded text. */
#define RD_YIELDS_KEYS    (UINT64_C(1) << 62)
#define RD_YIELDS_PERCENT (UINT64_C(1) << 63)

/* All matchers, in the order in which they are asked. */
extern const rd_matcher *const rd_matchers[];
extern const uint32_t rd_n_matchers;
enum { RD_MAX_MATCHERS = 32 };

extern const rd_matcher rd_match_private_key;
extern const rd_matcher rd_match_jwt;
extern const rd_matcher rd_match_provider_token;
extern const rd_matcher rd_match_auth_scheme;
extern const rd_matcher rd_match_url;
extern const rd_matcher rd_match_email;
extern const rd_matcher rd_match_numbers;
extern const rd_matcher rd_match_iban;
extern const rd_matcher rd_match_svnr;
extern const rd_matcher rd_match_mac;
extern const rd_matcher rd_match_ipv6;
extern const rd_matcher rd_match_ipv4;
extern const rd_matcher rd_match_phone;
extern const rd_matcher rd_match_keyvalue;
extern const rd_matcher rd_match_sql;
extern const rd_matcher rd_match_command;
extern const rd_matcher rd_match_phrases;
extern const rd_matcher rd_match_percent;
extern const rd_matcher rd_match_key_names;
extern const rd_matcher rd_match_element;
extern const rd_matcher rd_match_hl7;
extern const rd_matcher rd_match_accounts;
extern const rd_matcher rd_match_base64_text;
extern const rd_matcher rd_match_people;
extern const rd_matcher rd_match_storage_key;
extern const rd_matcher rd_match_table;
extern const rd_matcher rd_match_documents;
extern const rd_matcher rd_match_password_hash;

#endif
