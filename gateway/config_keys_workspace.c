/* SPDX-License-Identifier: MIT */
/* Keys of workspaces: who sends, how that is known, and what they may use. */
#include "gateway/config_row.h"

/* The limits of all workspaces, and those of one: the same but for their defaults. */
#define S gw_limits
#define X(id, key, limit_unit, counted, text)                                                                \
    {key,         AT(S, v[GW_LIMIT_##id]),  .unit = GW_UNIT_##limit_unit, RANGE(1, UINT64_C(1) << 50),       \
     .doc = text, .doc_default = "no limit"},
static const gw_key quota_keys[] = {
    GW_LIMITS(X){"mode", WORD(S, mode), .def = "enforce",
                 .doc = "`shadow` counts what would be refused, and refuses nothing."},
    {"content", WORD(S, content), .def = "open",
     .doc =
         "Limits on content (`loki_streams` to `max_ahead`) that are not said: `open`: there is none; "
         "`loki`: "
         "as a Loki has them that says nothing, 5000 streams, 15 labels, 1KiB, 2KiB, 256KiB, 168h and 10m."},
    {"shed", WORD(S, shed), .def = "none",
     .doc =
         "`least_severe`: of OTLP logs of which only a part fits `items_per_second`, `items_per_day` or "
         "`items_per_month`, the least severe records are dropped and the sender is told by partial success. "
         "`none`: all or nothing."},
    {0}};
const gw_section gw_quota_section = {quota_keys, sizeof(S)};
#undef X
#define X(id, key, limit_unit, counted, text)                                                                \
    {key,                                                                                                    \
     AT(S, v[GW_LIMIT_##id]),                                                                                \
     .unit = GW_UNIT_##limit_unit,                                                                           \
     RANGE(1, UINT64_C(1) << 50),                                                                            \
     .doc = "As in `workspaces.quota`.",                                                                     \
     .doc_default = "that of `workspaces.quota`"},
static const gw_key workspace_quota_keys[] = {
    GW_LIMITS(X){"mode", WORD(S, mode), .def = "default", .doc = "As in `workspaces.quota`."},
    {"content", WORD(S, content), .def = "default", .doc = "As in `workspaces.quota`."},
    {"shed", WORD(S, shed), .def = "default", .doc = "As in `workspaces.quota`."},
    {0}};
static const gw_section workspace_quota_section = {workspace_quota_keys, sizeof(S)};
#undef X
#undef S

#define S gw_redis_cfg
static const gw_key redis_keys[] = {
    {"address", .type = &gw_type_redis_address, .offset = offsetof(S, address), .flags = GW_KEY_REQUIRED,
     .doc = "Where it listens."},
    {"tls", SECTION(S, tls), .presence_offset = offsetof(S, has_tls), .doc = "Speak TLS to it."},
    {"username", AT(S, username), .doc = "For AUTH; absent: the default user."},
    {"password", AT(S, password), .flags = GW_KEY_SECRET, .doc = "For AUTH."},
    {"prefix", AT(S, prefix), .form = gw_form_name, .def = "redactd", .doc = "What all keys begin with."},
    {"share", AT(S, share_percent), RANGE(1, 100), .def = "100",
     .doc =
         "Percent of every rate that this instance grants while Redis is away. With n instances, 100 / n."},
    {"timeout", AT(S, timeout_ms), MS(10, 10 * SEC), .def = "250ms",
     .doc = "Of a connect and of a round trip; requests never wait for one."},
    {0}};
const gw_section gw_redis_section = {redis_keys, sizeof(S)};
#undef S

#define S gw_workspace_cfg
static const gw_key workspace_keys[] = {
    {"name", AT(S, name), .form = gw_form_workspace, .flags = GW_KEY_REQUIRED,
     .doc = "Its id: the value of the label and, unless `tenant` says otherwise, of `tenant_header`."},
    {"tenant", AT(S, tenant), .form = gw_form_workspace, .doc = "What `tenant_header` says for it.",
     .doc_default = "its name"},
    {"labels", LIST(S, labels), RANGE(0, GW_MAX_LABELS), .form = gw_form_label_name,
     .doc = "Labels that are stamped into every resource and stream of it, besides `workspaces.label`."},
    {"aliases", LIST(S, aliases), RANGE(0, 64), .form = gw_form_workspace,
     .doc = "Other names of it, in trusted headers and in claims."},
    {"tokens", LIST(S, tokens), RANGE(0, 64), .form = gw_form_token_hash, .flags = GW_KEY_SECRET,
     .doc = "SHA-256 of each bearer token, in hex. A token is at least 128 random bits; `redactd token new` "
            "makes "
            "one. Several are valid at once, so a new one can be handed out before the old one goes. Masked "
            "in dumps and messages."},
    {"passwords", LIST(S, passwords), RANGE(0, 64), .form = gw_form_password, .flags = GW_KEY_SECRET,
     .doc = "`USER:HASH`, the hash being argon2id as `redactd password hash` makes it. A user may be there "
            "twice, "
            "with an old password and a new one. Masked in dumps and messages."},
    {"certificates", LIST(S, certificates), RANGE(0, 64), .form = gw_form_certificate,
     .doc = "Names of client certificates that `client_ca` verifies: `subject:CN=shop,O=ACME`, `dns:...`, "
            "`uri:...`, `email:...`, or `sha256:...`, the fingerprint."},
    {"quota", AT(S, quota), .section = &workspace_quota_section,
     .doc = "Limits where they differ from `workspaces.quota`. A rate of its own has a burst of its own."},
    {"rules", .type = &gw_type_workspace_rules, .offset = offsetof(S, rules),
     .count_offset = offsetof(S, n_rules), .section = &gw_rule_section, RANGE(0, 32),
     .doc = "Rules of its own, in the form of `redaction.rules`, besides those of all. Of two for the same "
            "key or "
            "detector that of all wins. They may not show a part of what they find."},
    {"relax", LIST(S, relax), RANGE(0, 64), .form = gw_form_rule_name,
     .doc = "Rules and rule sets of all that are off for this workspace; only those of "
            "`redaction.allow_relax`."},
    {0}};
const gw_section gw_workspace_section = {workspace_keys, sizeof(S)};
#undef S

/* The file of workspaces; its list is read one by one. */
#define S gw_config
static const gw_key workspaces_file_keys[] = {
    {"version", AT(S, version), RANGE(1, 1), .flags = GW_KEY_REQUIRED, .doc = "Version of this format: 1."},
    {"workspaces", .type = &gw_type_items, .section = &gw_workspace_section, .flags = GW_KEY_REQUIRED,
     .doc = "The workspaces."},
    {0}};
const gw_section gw_workspaces_file_section = {workspaces_file_keys, sizeof(S)};
#undef S

#define S gw_jwt_cfg
static const gw_key jwt_keys[] = {
    {"keys", AT(S, keys), .flags = GW_KEY_REQUIRED | GW_KEY_PATH | GW_KEY_READ,
     .doc = "File with the issuer's public keys, a JWK set (RSA, P-256, Ed25519). It is loaded again when it "
            "changes."},
    {"issuer", AT(S, issuer), .flags = GW_KEY_REQUIRED, .doc = "What `iss` must be."},
    {"audience", AT(S, audience), .flags = GW_KEY_REQUIRED, .doc = "What `aud` must be, or hold."},
    {"claim", AT(S, claim), .def = "workspace",
     .doc = "The claim whose value is the workspace, or an alias of it."},
    {"leeway", AT(S, leeway_s), .unit = GW_UNIT_SECONDS, RANGE(0, 600), .def = "60s",
     .doc = "How far clocks may be apart, for `exp` and `nbf`. A token without `exp` is refused."},
    {0}};
const gw_section gw_jwt_section = {jwt_keys, sizeof(S)};
#undef S

#define S gw_trusted_header_cfg
static const gw_key trusted_header_keys[] = {
    {"name", AT(S, name), .form = gw_form_header_name, .def = "X-Scope-OrgID", .doc = "The header."},
    {"networks", LIST(S, networks), RANGE(0, 256), .form = gw_form_network, .def = "[]",
     .doc = "Addresses it is believed from: `10.0.0.0/8`, `2001:db8::/32`, `127.0.0.1`."},
    {"with_certificate", AT(S, with_certificate), .def = "false",
     .doc = "Believe it also from who showed a client certificate that `client_ca` verifies."},
    {0}};
const gw_section gw_trusted_header_section = {trusted_header_keys, sizeof(S)};
#undef S

#define S gw_workspaces_cfg
static const gw_key workspaces_keys[] = {
    {"label", AT(S, label), .form = gw_form_label_name,
     .doc =
         "Label that says whose it is, e.g. `workspace_id`: stamped as an attribute into every OTLP resource "
         "and as a label into every Loki stream. What a sender puts there himself is taken out everywhere. "
         "Absent: nothing is stamped but the `labels` of workspaces."},
    {"otlp_label", AT(S, otlp_label), .form = gw_form_attribute_name, .doc = "The same for OTLP alone.",
     .doc_default = "`label`"},
    {"loki_label", AT(S, loki_label), .form = gw_form_label_name, .doc = "The same for Loki alone.",
     .doc_default = "`label`"},
    {"client_label", WORD(S, client_label), .def = "overwrite",
     .doc = "What becomes of a request in which a sender uses one of these names himself: `refuse` is 400."},
    {"loki_movable_labels", LIST(S, loki_movable_labels), RANGE(0, 16), .form = gw_form_label_name,
     .doc = "Labels that make room, in this order, when a stream would have more than `loki_max_labels`: "
            "they become structured metadata of each entry, unless one has metadata of that name already. The "
            "old JSON form (`labels`, `entries`) has no metadata, so there such a stream is refused."},
    {"loki_max_labels", AT(S, loki_max_labels), RANGE(0, 1024), .def = "15",
     .doc = "Labels of a Loki stream, with those that are stamped; a request with more is 400. As Loki's "
            "`max_label_names_per_series`; 0: no ceiling. Only where labels are stamped."},
    {"anonymous", AT(S, anonymous), .form = gw_form_workspace,
     .doc = "Workspace of senders without a credential. Absent: they are refused."},
    {"tenant", AT(S, tenant), .form = gw_form_workspace, .doc = "What `tenant_header` says for it.",
     .doc_default = "its name"},
    {"list", SECTIONS(S, list), RANGE(0, 100000), .doc = "The workspaces, when there are few."},
    {"file", AT(S, file), .flags = GW_KEY_PATH | GW_KEY_READ,
     .doc =
         "YAML file with more of them: `version: 1` and `workspaces`, a list of entries as in `list`. It is "
         "loaded again, alone, when it changes."},
    {"identity", LIST(S, identity), RANGE(1, 8), .form = gw_form_identity,
     .doc = "How senders say who they are: `certificate`, `bearer`, `basic`, `jwt`, `header`. The first that "
            "a request "
            "has decides; one that is wrong is 401.",
     .doc_default = "what the other keys here make possible, in this order; nothing with `anonymous` alone"},
    {"jwt", SECTION(S, jwt), .presence_offset = offsetof(S, has_jwt),
     .doc = "Signed tokens (RS256, ES256, EdDSA) as bearer tokens."},
    {"header", SECTION(S, header), .presence_offset = offsetof(S, has_header),
     .doc = "A header that names the workspace, for a proxy in front that knows who is calling."},
    {"quota", SECTION(S, quota),
     .doc = "Limits of each workspace that says nothing else. A burst that is not said is two seconds of its "
            "rate."},
    {"memory_share", AT(S, memory_share_percent), RANGE(1, 100), .def = "50",
     .doc = "Percent of `limits.memory_bytes` and `limits.requests_in_flight` that one workspace may hold, "
            "unless its "
            "quota says otherwise, when there are several."},
    {"quota_state", AT(S, quota_state), .flags = GW_KEY_PATH,
     .doc = "File that keeps calendar quotas, blocks and limits of an operator over a restart. Absent: they "
            "are forgotten."},
    {"time_zone", AT(S, time_zone), .form = gw_form_zone,
     .doc = "Zone whose midnight begins a day of calendar quotas, such as Europe/Berlin. A change needs a "
            "restart.",
     .doc_default = "UTC"},
    {"redis", SECTION(S, redis), .presence_offset = offsetof(S, has_redis),
     .doc = "Redis through which instances share quotas. Absent: each counts for itself. A change needs a "
            "restart."},
    {0}};
const gw_section gw_workspaces_section = {workspaces_keys, sizeof(S)};
#undef S
