/* SPDX-License-Identifier: MIT */
/* The list of matchers and the words of the detectors. */
#include "filters/detect/matcher.h"

const rd_matcher *const rd_matchers[] = {
    &rd_match_private_key,   &rd_match_jwt,         &rd_match_provider_token,
    &rd_match_auth_scheme,   &rd_match_url,         &rd_match_email,
    &rd_match_numbers,       &rd_match_iban,        &rd_match_svnr,
    &rd_match_mac,           &rd_match_ipv6,        &rd_match_ipv4,
    &rd_match_phone,         &rd_match_keyvalue,    &rd_match_sql,
    &rd_match_command,       &rd_match_phrases,     &rd_match_percent,
    &rd_match_key_names,     &rd_match_element,     &rd_match_hl7,
    &rd_match_accounts,      &rd_match_base64_text, &rd_match_people,
    &rd_match_storage_key,   &rd_match_table,       &rd_match_documents,
    &rd_match_password_hash,
};

const uint32_t rd_n_matchers = sizeof rd_matchers / sizeof rd_matchers[0];

_Static_assert(sizeof rd_matchers / sizeof rd_matchers[0] <= RD_MAX_MATCHERS, "raise RD_MAX_MATCHERS");
_Static_assert(RD_DETECTOR_COUNT <= 62, "two bits of 64 are no detector's");

static const char *const words[] = {
#define X(name, word, set) [RD_DETECTOR_##name] = word,
    RD_DETECTORS(X)
#undef X
};

const char *rd_detector_word(unsigned id)
{
    if (rd_is_over_budget(id))
        return "over_budget";
    return id < RD_DETECTOR_COUNT ? words[id] : "pattern";
}
