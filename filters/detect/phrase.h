/* SPDX-License-Identifier: MIT */
/* Where values of several words end: names and passphrases have no mark of their own at their end. */
#ifndef RD_DETECT_PHRASE_H
#define RD_DETECT_PHRASE_H

#include "filters/detect/text.h"

/* Is [from, to) a word with a capital that the next field of a line may begin with, and no name does: Amount,
 * IBAN, Telefon? */
bool rd_starts_field(const rd_view *v, uint32_t from, uint32_t to);

/* The end of the words of a passphrase whose first one ends at `i`: of all if they go on to the end of the
 * line or a bracket, otherwise `i`. */
uint32_t rd_phrase_end(const rd_view *v, uint32_t i);

#endif
