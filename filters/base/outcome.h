/* SPDX-License-Identifier: MIT */
/*
 * Outcomes: what a fallible function of filters/ can say.
 *
 * Zero is success. Everything else means "this body, or this part of it, goes no
 * further": there is no outcome that lets bytes pass unread. The one line of
 * detail (rd_error) names the place and the rule that was broken, never the bytes.
 */
#ifndef RD_BASE_OUTCOME_H
#define RD_BASE_OUTCOME_H

#include <stddef.h>
#include <stdint.h>

/* X(name, word used in metrics and answers) */
#define RD_OUTCOMES(X)                                                                                       \
    X(OK, "ok")                                                                                              \
    X(TRUNCATED, "truncated")     /* input ends inside an element */                                         \
    X(MALFORMED, "malformed")     /* input breaks the grammar of its format */                               \
    X(INVALID, "invalid")         /* grammatical, but a value the protocol forbids */                        \
    X(TOO_DEEP, "too_deep")       /* nesting ceiling */                                                      \
    X(TOO_MANY, "too_many")       /* element count ceiling */                                                \
    X(TOO_LARGE, "too_large")     /* decoded size ceiling */                                                 \
    X(RATIO, "ratio")             /* compression ratio ceiling: a bomb or a lying length */                  \
    X(UNSUPPORTED, "unsupported") /* a coding or form we do not take */                                      \
    X(EMPTY, "empty")             /* nothing to store where the protocol demands something */                \
    X(REFUSED, "refused")         /* policy says no (unknown fields, own label, ...) */                      \
    X(LIMITED, "limited")         /* the caller's own limit says no */                                       \
    X(BUDGET, "budget")           /* work budget of a rule was exceeded */                                   \
    X(NO_MEMORY, "no_memory")     /* ours, not the sender's: answer with a retryable error */

typedef enum rd_outcome {
#define X(name, word) RD_##name,
    RD_OUTCOMES(X)
#undef X
        RD_OUTCOME_COUNT
} rd_outcome;

/* The word of the table above; "?" never appears for a valid outcome. */
const char *rd_outcome_word(rd_outcome o);

#define RD_MUST_CHECK __attribute__((warn_unused_result))

/* Detail of a failure. `what` is a string literal that describes the rule that was
 * broken; it is never built from input. `offset` is the byte offset in the decoded body
 * (SIZE_MAX: no place). Owned by the caller; written only on failure. */
typedef struct rd_error {
    rd_outcome outcome;
    const char *what;
    size_t offset;
} rd_error;

/* Fills *err (may be NULL) and returns `o`, so that callers can `return rd_fail(...)`. */
rd_outcome rd_fail(rd_error *err, rd_outcome o, const char *what, size_t offset);

#endif
