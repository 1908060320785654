/* SPDX-License-Identifier: MIT */
/*
 * How a row of the key table is written (config_keys*.c, and nobody else): the struct field that a row fills
 * chooses, by C11 _Generic, its type, its nested section and its words, so that row and field cannot
 * disagree.
 */
#ifndef GW_CONFIG_ROW_H
#define GW_CONFIG_ROW_H

#include "gateway/config_keys.h"

#define KIB  UINT64_C(1024)
#define MIB  (1024 * KIB)
#define GIB  (1024 * MIB)
#define TIB  (1024 * GIB)
#define SEC  UINT64_C(1000)
#define MIN  (60 * SEC)
#define HOUR (60 * MIN)

/* config_row.c */
extern const gw_type gw_type_text, gw_type_bool, gw_type_u32, gw_type_u64, gw_type_date, gw_type_texts,
    gw_type_section, gw_type_list, gw_type_address, gw_type_redis_address, gw_type_endpoints, gw_type_labels,
    gw_type_headers, gw_type_action, gw_type_unless_false, gw_type_items, gw_type_budget, gw_type_rules, gw_type_workspace_rules;
extern const gw_word gw_client_cert_words[], gw_tls_version_words[], gw_level_words[], gw_admin_role_words[],
    gw_store_full_words[], gw_client_label_words[], gw_check_when_words[], gw_retry_words[],
    gw_coding_words[], gw_state_words[], gw_action_words[], gw_mode_words[], gw_quota_mode_words[],
    gw_quota_shed_words[], gw_quota_content_words[], gw_unknown_words[], gw_utf8_words[], gw_signal_words[],
    gw_class_words[], gw_detector_words[], gw_rule_set_words[];
/* config_keys*.c */
extern const gw_section gw_listener_section, gw_route_section, gw_upstream_section, gw_admin_section,
    gw_listener_tls_section, gw_upstream_tls_section, gw_workspaces_section, gw_limits_section,
    gw_redaction_section, gw_cors_section, gw_digest_key_section, gw_admin_token_section,
    gw_trusted_header_section, gw_jwt_section, gw_quota_section, gw_redis_section, gw_breaker_section,
    gw_health_check_section, gw_retry_section, gw_ledger_section;

/* clang-format off */
/* Of every kind of field there is; a field of another type does not compile. An enum is an uint32_t here. */
#define TYPE_OF(f)                                                                                           \
    _Generic((f),                                                                                            \
        const char *: &gw_type_text,                                                                         \
        const char **: &gw_type_texts,                                                                       \
        bool: &gw_type_bool,                                                                                 \
        uint32_t: &gw_type_u32,                                                                              \
        uint64_t: &gw_type_u64,                                                                              \
        time_t: &gw_type_date,                                                                               \
        gw_endpoint_cfg *: &gw_type_endpoints,                                                               \
        gw_label_cfg *: &gw_type_labels,                                                                     \
        gw_header_cfg *: &gw_type_headers,                                                                   \
        gw_rule_cfg *: &gw_type_rules,                                                                       \
        gw_listener_cfg *: &gw_type_list,                                                                    \
        gw_digest_key_cfg *: &gw_type_list,                                                                  \
        gw_workspace_cfg *: &gw_type_list,                                                                   \
        gw_route_cfg *: &gw_type_list,                                                                       \
        gw_upstream_cfg *: &gw_type_map,                                                                     \
        gw_admin_cfg: &gw_type_section,                                                                      \
        gw_admin_token_cfg *: &gw_type_list,                                                                 \
        gw_listener_tls_cfg: &gw_type_section,                                                               \
        gw_upstream_tls_cfg: &gw_type_section,                                                               \
        gw_jwt_cfg: &gw_type_section,                                                                        \
        gw_trusted_header_cfg: &gw_type_section,                                                             \
        gw_limits: &gw_type_section,                                                                         \
        gw_redis_cfg: &gw_type_section,                                                                      \
        gw_breaker_cfg: &gw_type_section,                                                                    \
        gw_health_check_cfg: &gw_type_section,                                                               \
        gw_retry_cfg: &gw_type_section,                                                                      \
        gw_workspaces_cfg: &gw_type_section,                                                                 \
        gw_limits_cfg: &gw_type_section,                                                                     \
        gw_redaction_cfg: &gw_type_section,                                                                  \
        gw_ledger_cfg: &gw_type_section,                                                                     \
        gw_cors_cfg: &gw_type_section)

#define SECTION_OF(f)                                                                                        \
    _Generic((f),                                                                                            \
        gw_rule_cfg *: &gw_rule_section,                                                                     \
        gw_listener_cfg *: &gw_listener_section,                                                             \
        gw_digest_key_cfg *: &gw_digest_key_section,                                                         \
        gw_workspace_cfg *: &gw_workspace_section,                                                           \
        gw_route_cfg *: &gw_route_section,                                                                   \
        gw_upstream_cfg *: &gw_upstream_section,                                                             \
        gw_admin_cfg: &gw_admin_section,                                                                     \
        gw_admin_token_cfg *: &gw_admin_token_section,                                                       \
        gw_listener_tls_cfg: &gw_listener_tls_section,                                                       \
        gw_upstream_tls_cfg: &gw_upstream_tls_section,                                                       \
        gw_jwt_cfg: &gw_jwt_section,                                                                         \
        gw_trusted_header_cfg: &gw_trusted_header_section,                                                   \
        gw_limits: &gw_quota_section,                                                                        \
        gw_redis_cfg: &gw_redis_section,                                                                     \
        gw_breaker_cfg: &gw_breaker_section,                                                                 \
        gw_health_check_cfg: &gw_health_check_section,                                                       \
        gw_retry_cfg: &gw_retry_section,                                                                     \
        gw_workspaces_cfg: &gw_workspaces_section,                                                           \
        gw_limits_cfg: &gw_limits_section,                                                                   \
        gw_redaction_cfg: &gw_redaction_section,                                                             \
        gw_ledger_cfg: &gw_ledger_section,                                                                   \
        gw_cors_cfg: &gw_cors_section)

/* The words of an enum follow from its type; a field that is a plain number does not compile. */
#define WORDS_OF(f)                                                                                          \
    _Generic((f),                                                                                            \
        gw_client_cert: gw_client_cert_words,                                                                \
        gw_tls_version: gw_tls_version_words,                                                                \
        gw_level: gw_level_words,                                                                            \
        gw_admin_role: gw_admin_role_words,                                                                  \
        gw_client_label: gw_client_label_words,                                                              \
        gw_store_full: gw_store_full_words,                                                                  \
        gw_check_when: gw_check_when_words,                                                                  \
        gw_upstream_coding: gw_coding_words,                                                                 \
        gw_signal: gw_signal_words,                                                                          \
        gw_quota_mode: gw_quota_mode_words,                                                                  \
        gw_quota_shed: gw_quota_shed_words,                                                                  \
        gw_quota_content: gw_quota_content_words,                                                            \
        gw_version_state: gw_state_words,                                                                    \
        gw_action: gw_action_words,                                                                          \
        gw_rule_mode: gw_mode_words,                                                                         \
        gw_unknown: gw_unknown_words,                                                                        \
        gw_utf8: gw_utf8_words)
/* clang-format on */

#define AT(S, f)       .type = TYPE_OF(((S *)0)->f), .offset = offsetof(S, f)
#define LIST(S, f)     AT(S, f), .count_offset = offsetof(S, n_##f)
#define SECTION(S, f)  AT(S, f), .section = SECTION_OF(((S *)0)->f)
#define SECTIONS(S, f) LIST(S, f), .section = SECTION_OF(((S *)0)->f)
#define WORD(S, f)     AT(S, f), .words = WORDS_OF(((S *)0)->f)
/* An address also fills host and port next to it. */
#define ADDRESS(S, f) .type = &gw_type_address, .offset = offsetof(S, f)
/* Keys that stand in a mapping of their own in the file and in the same struct in C. */
#define GROUP(s)      .type = &gw_type_section, .section = &(s)
#define RANGE(lo, hi) .min = (lo), .max = (hi)
#define MS(lo, hi)    .unit = GW_UNIT_MS, RANGE(lo, hi)
#define BYTES(lo, hi) .unit = GW_UNIT_BYTES, RANGE(lo, hi)

#endif
