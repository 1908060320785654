/* SPDX-License-Identifier: MIT */
/* Keys of redaction: rules and digest keys. */
#include "gateway/config_row.h"

#define S gw_rule_cfg
static const gw_key where_keys[] = {
    {"classes", AT(S, classes), .words = gw_class_words, .doc = "Kinds of places.", .doc_default = "all"},
    {"signals", AT(S, signals), .words = gw_signal_words, .doc = "Signals.", .doc_default = "all"},
    {"texts", .type = &gw_type_unless_false, .offset = offsetof(S, texts), .def = "true",
     .doc = "Of a rule with `keys`: whether keys inside texts count as well (JSON, logfmt, a query in a log "
            "line). "
            "`false`: only keys of attributes, labels, structured metadata and map entries."},
    {0}};
static const gw_section where_section = {where_keys, sizeof(S)};
static const gw_key rule_keys[] = {
    {"name", AT(S, name), .form = gw_form_rule_name, .flags = GW_KEY_REQUIRED,
     .doc = "Unique; with the name of a shipped rule, what else is said here changes that rule."},
    {"keys", LIST(S, keys), RANGE(1, 10000),
     .doc = "Key names in any spelling (`user_id` is `userId` is `User-ID`); their whole value is meant, "
            "also where a text holds them as JSON, logfmt or query (see `where.texts`). Exactly one of "
            "`keys`, `detector` and `pattern`."},
    {"detector", AT(S, detector), .words = gw_detector_words, .doc = "A built-in detector."},
    {"pattern", AT(S, pattern), .max = 4096, .doc = "A regular expression (PCRE2)."},
    {"group", AT(S, group), RANGE(0, 99), .def = "0",
     .doc = "Capture group of `pattern` that is replaced; 0: the whole match."},
    {"budget", .type = &gw_type_budget, .offset = offsetof(S, budget), RANGE(1000, 1000000000),
     .def = "20000000",
     .doc = "Steps that `pattern` may take in one text; beyond them the whole text is replaced by a marker."},
    {"context", LIST(S, context), RANGE(1, 32), .form = gw_form_context,
     .doc = "Words, in any case, of which one must stand in the same text for a find of `detector` or "
            "`pattern` to "
            "count. Any text over 64 KiB counts.",
     .doc_default = "none is needed"},
    {"allow", LIST(S, allow), RANGE(1, 100),
     .doc =
         "Finds that may stay, `*` for any bytes: `noreply@*`, `10.*`. One find, never the text around it, "
         "and "
         "nothing over 1 KiB. What one rule lets stay, others still see. With it, `drop` of a pair masks."},
    {"action", .type = &gw_type_action, .offset = offsetof(S, action), .words = gw_action_words,
     .def = "mask",
     .doc =
         "What to do with a find. `mask` keeps what the detector thinks useful, or so many bytes at each "
         "end (16 "
         "at most; nothing of a value less than twice as long). `replace` alone writes `***`; its text "
         "may hold "
         "`{rule}`, `{detector}` and `{length}` (short, medium, long, huge). `digest` writes a keyed "
         "pseudonym, the "
         "same for the same value of a workspace, and needs `redaction.digest_keys`. `round` leaves that "
         "many "
         "digits behind the point, or before it if below zero, of numbers and lists of them, and masks "
         "what is none. `drop` takes out the find, or the whole pair of a key. `drop_record` takes out the "
         "whole log record, span, data point or Loki entry, or all of a resource, scope, metric or stream "
         "when the find stands there."},
    {"label_action", WORD(S, label_action), .doc = "The same for Loki labels.",
     .doc_default = "`drop` for `keys`, else like `action`"},
    {"mode", WORD(S, mode), .def = "enforce", .doc = "`shadow` only counts."},
    {"where", GROUP(where_section), .doc = "Places the rule looks at."},
    {0}};
const gw_section gw_rule_section = {rule_keys, sizeof(S)};
#undef S

#define S gw_digest_key_cfg
static const gw_key digest_key_keys[] = {
    {"id", AT(S, id), RANGE(0, 8), .form = gw_form_digest_id, .flags = GW_KEY_REQUIRED,
     .doc = "Name of the key in digests: 1 to 8 lower-case letters and digits, a letter first."},
    {"key", AT(S, key), RANGE(32, 4096), .flags = GW_KEY_REQUIRED | GW_KEY_SECRET,
     .doc = "32 bytes or more of random text. A secret: use `{file: ...}` or `${VARIABLE}`."},
    {0}};
const gw_section gw_digest_key_section = {digest_key_keys, sizeof(S)};
#undef S

#define S gw_redaction_cfg
static const gw_key redaction_keys[] = {
    {"rule_sets", AT(S, rule_sets), .words = gw_rule_set_words, .def = "[pii, secrets, keys]",
     .doc = "Shipped rules to use."},
    {"unknown_fields", WORD(S, unknown_fields), .def = "scan",
     .doc = "What to do with fields that the schema does not know."},
    {"invalid_utf8", WORD(S, invalid_utf8), .def = "refuse",
     .doc = "What to do with text that is not UTF-8."},
    {"digest_keys", SECTIONS(S, digest_keys), RANGE(0, 16), .def = "[]",
     .doc = "Keys of the action `digest`. The first makes digests; the others are there so that theirs are "
            "known again: "
            "to change the key, put a new one in front and drop the old one later."},
    {"digest_epoch_days", AT(S, digest_epoch_days), RANGE(0, 3650), .def = "0",
     .doc = "After how many days the same value gets a new digest; 0: never."},
    {"time_one_in", AT(S, time_one_in), RANGE(0, 1000000), .def = "100",
     .doc = "Of so many requests one is timed, rule by rule, for `redactd rules ls` and "
            "`redactd_rule_seconds_total`; 0: none."},
    {"rules", SECTIONS(S, rules), RANGE(0, 200), .def = "[]", .doc = "Own rules, after the shipped ones."},
    {"allow_relax", LIST(S, allow_relax), RANGE(0, 256), .form = gw_form_rule_name,
     .doc = "Rules, and whole rule sets, that a workspace may switch off for itself with `relax`."},
    {0}};
const gw_section gw_redaction_section = {redaction_keys, sizeof(S)};
#undef S
