/* SPDX-License-Identifier: MIT */
/* Check digits and sums of the identifiers that have them. All take ASCII digits or capital letters. */
#ifndef RD_DETECT_CHECKSUM_H
#define RD_DETECT_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

/* ISO/IEC 7812-1 annex B. */
bool rd_luhn_ok(const uint8_t *digits, uint32_t n);
/* ISO 13616: the whole IBAN without separators. */
bool rd_iban_ok(const uint8_t *iban, uint32_t n);
/* German tax id, 11 digits: ISO 7064 mod 11,10 and the rule of the repeated digit. */
bool rd_steuer_id_ok(const uint8_t digits[11]);
/* German social insurance number: area, birth date, letter, serial, check digit. */
bool rd_svnr_ok(const uint8_t number[12]);
/* US social security number: area, group and serial that are given out. */
bool rd_ssn_ok(const uint8_t digits[9]);
/* GitHub and npm tokens: the last six of 36 are the CRC-32 of the others in base 62. */
bool rd_token_crc_ok(const uint8_t token[36]);

#endif
