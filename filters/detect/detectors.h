/* SPDX-License-Identifier: MIT */
/*
 * The built-in detectors, one row each. X(name, word in config, rule set)
 * From specific to general: of two matches of the same stretch the one further up gives name and mask.
 */
#ifndef RD_DETECT_DETECTORS_H
#define RD_DETECT_DETECTORS_H

#include <stdbool.h>

#define RD_DETECTORS(X)                                                                                      \
    X(PRIVATE_KEY, "private_key", "secrets")                                                                 \
    X(JWT, "jwt", "secrets")                                                                                 \
    X(AWS_ACCESS_KEY, "aws_access_key", "secrets")                                                           \
    X(GITHUB_TOKEN, "github_token", "secrets")                                                               \
    X(GITLAB_TOKEN, "gitlab_token", "secrets")                                                               \
    X(SLACK_TOKEN, "slack_token", "secrets")                                                                 \
    X(GOOGLE_API_KEY, "google_api_key", "secrets")                                                           \
    X(STRIPE_KEY, "stripe_key", "secrets")                                                                   \
    X(AZURE_KEY, "azure_key", "secrets")                                                                     \
    X(PROVIDER_TOKEN, "provider_token", "secrets")                                                           \
    X(BEARER_TOKEN, "bearer_token", "secrets")                                                               \
    X(BASIC_AUTH, "basic_auth", "secrets")                                                                   \
    X(URL_CREDENTIALS, "url_credentials", "secrets")                                                         \
    X(PASSWORD, "password", "secrets")                                                                       \
    X(SECRET, "secret", "secrets")                                                                           \
    X(SESSION, "session", "secrets")                                                                         \
    X(EMAIL, "email", "pii")                                                                                 \
    X(CREDIT_CARD, "credit_card", "pii")                                                                     \
    X(IBAN, "iban", "pii")                                                                                   \
    X(US_SSN, "us_ssn", "pii")                                                                               \
    X(DE_STEUER_ID, "de_steuer_id", "pii")                                                                   \
    X(DE_SVNR, "de_svnr", "pii")                                                                             \
    X(MAC, "mac", "pii")                                                                                     \
    X(IPV6, "ipv6", "pii")                                                                                   \
    X(IPV4, "ipv4", "pii")                                                                                   \
    X(PHONE, "phone", "pii")                                                                                 \
    X(DATE_OF_BIRTH, "date_of_birth", "pii")                                                                 \
    X(PERSON_NAME, "person_name", "pii")

typedef enum rd_detector_id {
#define X(name, word, set) RD_DETECTOR_##name,
    RD_DETECTORS(X)
#undef X
        RD_DETECTOR_COUNT
} rd_detector_id;

/* Of a text that pattern number i could not finish within its budget: RD_DETECTOR_OVER_BUDGET + i. */
enum { RD_DETECTOR_OVER_BUDGET = 0xff00 };

static inline bool rd_is_over_budget(unsigned id)
{
    return id >= RD_DETECTOR_OVER_BUDGET;
}

const char *rd_detector_word(unsigned id);

#endif
