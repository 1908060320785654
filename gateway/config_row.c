/* SPDX-License-Identifier: MIT */
/* The types and the words that rows of the key table are made of. */
#include "gateway/config_row.h"

#include "filters/base/doc.h"
#include "filters/detect/detectors.h"

#define TYPE(name, s, pr, pt, w) const gw_type name = {.set = s, .present = pr, .print = pt, .word = w}
TYPE(gw_type_text, gw_set_text, gw_present_text, gw_print_text, "text");
TYPE(gw_type_bool, gw_set_bool, gw_present_always, gw_print_bool, "true or false");
TYPE(gw_type_u32, gw_set_u32, gw_present_always, gw_print_u32, NULL);
TYPE(gw_type_u64, gw_set_u64, gw_present_u64, gw_print_u64, NULL);
TYPE(gw_type_date, gw_set_date, gw_present_date, gw_print_date, "date");
TYPE(gw_type_texts, gw_set_texts, gw_present_list, gw_print_texts, "list of text");
TYPE(gw_type_section, gw_set_section, gw_present_section, gw_print_section, NULL);
TYPE(gw_type_list, gw_set_list, gw_present_list, gw_print_list, NULL);
TYPE(gw_type_address, gw_set_address, gw_present_text, gw_print_text, "host:port");
TYPE(gw_type_redis_address, gw_set_redis_address, gw_present_text, gw_print_text, "host:port");
TYPE(gw_type_endpoints, gw_set_endpoints, gw_present_list, gw_print_endpoints, "list of URLs");
TYPE(gw_type_labels, gw_set_labels, gw_present_list, gw_print_labels, "map of name to text");
TYPE(gw_type_headers, gw_set_headers, gw_present_list, gw_print_headers, "map of name to text");
TYPE(gw_type_action, gw_set_action, gw_present_always, gw_print_action,
     "`mask`, {mask: {keep_first: number, keep_last: number}}, `drop`, `replace`, {replace: text}, `digest`, "
     "{digest: {prefix: text}} or {round: {digits: number}}");
TYPE(gw_type_unless_false, gw_set_bool, gw_present_false, gw_print_bool, "true or false");
TYPE(gw_type_items, gw_set_items, gw_present_always, gw_print_list, NULL);
TYPE(gw_type_budget, gw_set_u64, gw_present_budget, gw_print_u64, NULL);
TYPE(gw_type_rules, gw_set_rules, gw_present_list, gw_print_list, NULL);
TYPE(gw_type_workspace_rules, gw_set_workspace_rules, gw_present_list, gw_print_list, NULL);
#undef TYPE
const gw_type gw_type_map = {.set = gw_set_map, .present = gw_present_list, .print = gw_print_map};

const gw_word gw_client_cert_words[] = {{"none", GW_CLIENT_CERT_NONE},
                                        {"optional", GW_CLIENT_CERT_OPTIONAL},
                                        {"required", GW_CLIENT_CERT_REQUIRED},
                                        {0}};
const gw_word gw_tls_version_words[] = {{"1.2", GW_TLS_1_2}, {"1.3", GW_TLS_1_3}, {0}};
const gw_word gw_level_words[] = {{"debug", GW_LEVEL_DEBUG},
                                  {"info", GW_LEVEL_INFO},
                                  {"warn", GW_LEVEL_WARN},
                                  {"error", GW_LEVEL_ERROR},
                                  {0}};
const gw_word gw_admin_role_words[] = {{"viewer", GW_ADMIN_VIEWER}, {"operator", GW_ADMIN_OPERATOR}, {0}};
const gw_word gw_store_full_words[] = {
    {"delete_oldest", GW_STORE_DELETE_OLDEST}, {"refuse", GW_STORE_REFUSE}, {0}};
const gw_word gw_client_label_words[] = {
    {"overwrite", GW_CLIENT_LABEL_OVERWRITE}, {"refuse", GW_CLIENT_LABEL_REFUSE}, {0}};
const gw_word gw_check_when_words[] = {
    {"open", GW_CHECK_OPEN}, {"always", GW_CHECK_ALWAYS}, {"never", GW_CHECK_NEVER}, {0}};
const gw_word gw_retry_words[] = {
    {"connect", GW_RETRY_CONNECT}, {"502", GW_RETRY_502}, {"503", GW_RETRY_503}, {"504", GW_RETRY_504}, {0}};
const gw_word gw_coding_words[] = {
    {"identity", GW_UPSTREAM_IDENTITY}, {"gzip", GW_UPSTREAM_GZIP}, {"zstd", GW_UPSTREAM_ZSTD}, {0}};
const gw_word gw_state_words[] = {{"active", GW_VERSION_ACTIVE},
                                  {"deprecated", GW_VERSION_DEPRECATED},
                                  {"retired", GW_VERSION_RETIRED},
                                  {0}};
const gw_word gw_action_words[] = {{"mask", GW_ACTION_MASK},
                                   {"replace", GW_ACTION_REPLACE},
                                   {"drop", GW_ACTION_DROP},
                                   {"digest", GW_ACTION_DIGEST},
                                   {"round", GW_ACTION_ROUND},
                                   {"drop_record", GW_ACTION_DROP_RECORD},
                                   {0}};
const gw_word gw_mode_words[] = {
    {"enforce", GW_RULE_ENFORCE}, {"shadow", GW_RULE_SHADOW}, {"off", GW_RULE_OFF}, {0}};
const gw_word gw_quota_mode_words[] = {
    {"enforce", GW_QUOTA_ENFORCE}, {"shadow", GW_QUOTA_SHADOW}, {"default", GW_QUOTA_DEFAULT}, {0}};
const gw_word gw_quota_shed_words[] = {
    {"none", GW_SHED_NONE}, {"least_severe", GW_SHED_LEAST_SEVERE}, {"default", GW_SHED_DEFAULT}, {0}};
const gw_word gw_quota_content_words[] = {
    {"open", GW_CONTENT_OPEN}, {"loki", GW_CONTENT_LOKI}, {"default", GW_CONTENT_DEFAULT}, {0}};
const gw_word gw_unknown_words[] = {{"scan", GW_UNKNOWN_SCAN}, {"refuse", GW_UNKNOWN_REFUSE}, {0}};
const gw_word gw_utf8_words[] = {{"refuse", GW_UTF8_REFUSE}, {"keep", GW_UTF8_KEEP}, {0}};
const gw_word gw_signal_words[] = {
#define X(name, text) {text, GW_SIGNAL_##name},
    GW_SIGNALS(X)
#undef X
        {0}};
const gw_word gw_class_words[] = {
#define X(name, text) {text, RD_CLASS_##name},
    RD_CLASSES(X)
#undef X
        {0}};
const gw_word gw_detector_words[] = {
#define X(name, text, set) {text, RD_DETECTOR_##name},
    RD_DETECTORS(X)
#undef X
        {0}};
const gw_word gw_rule_set_words[] = {
#define X(name, text) {text, GW_RULE_SET_##name},
    GW_RULE_SETS(X)
#undef X
        {0}};
