/* SPDX-License-Identifier: MIT */
#include "gateway/config_keys.h"

#include <string.h>

#include "filters/base/doc.h"
#include "filters/detect/detectors.h"

#define KIB  UINT64_C(1024)
#define MIB  (1024 * KIB)
#define GIB  (1024 * MIB)
#define TIB  (1024 * GIB)
#define SEC  UINT64_C(1000)
#define MIN  (60 * SEC)
#define HOUR (60 * MIN)

/* --- types --- */

#define TYPE(name, s, pr, pt, w) static const gw_type name = {.set = s, .present = pr, .print = pt, .word = w}
TYPE(type_text, gw_set_text, gw_present_text, gw_print_text, "text");
TYPE(type_bool, gw_set_bool, gw_present_always, gw_print_bool, "true or false");
TYPE(type_u32, gw_set_u32, gw_present_always, gw_print_u32, NULL);
TYPE(type_u64, gw_set_u64, gw_present_u64, gw_print_u64, NULL);
TYPE(type_date, gw_set_date, gw_present_date, gw_print_date, "date");
TYPE(type_texts, gw_set_texts, gw_present_list, gw_print_texts, "list of text");
TYPE(type_section, gw_set_section, gw_present_section, gw_print_section, NULL);
TYPE(type_list, gw_set_list, gw_present_list, gw_print_list, NULL);
TYPE(type_address, gw_set_address, gw_present_text, gw_print_text, "host:port");
TYPE(type_redis_address, gw_set_redis_address, gw_present_text, gw_print_text, "host:port");
TYPE(type_endpoints, gw_set_endpoints, gw_present_list, gw_print_endpoints, "list of URLs");
TYPE(type_labels, gw_set_labels, gw_present_list, gw_print_labels, "map of name to text");
TYPE(type_headers, gw_set_headers, gw_present_list, gw_print_headers, "map of name to text");
TYPE(type_action, gw_set_action, gw_present_always, gw_print_action,
     "`mask`, {mask: {keep_first: number, keep_last: number}}, `drop`, `replace`, {replace: text}, `digest`, "
     "{digest: {prefix: text}} or {round: {digits: number}}");
TYPE(type_unless_false, gw_set_bool, gw_present_false, gw_print_bool, "true or false");
TYPE(type_items, gw_set_items, gw_present_always, gw_print_list, NULL);
TYPE(type_budget, gw_set_u64, gw_present_budget, gw_print_u64, NULL);
TYPE(type_rules, gw_set_rules, gw_present_list, gw_print_list, NULL);
const gw_type gw_type_map = {.set = gw_set_map, .present = gw_present_list, .print = gw_print_map};

static const gw_section listener_section, route_section, upstream_section, admin_section,
    listener_tls_section, upstream_tls_section, workspaces_section, limits_section, redaction_section,
    cors_section, digest_key_section, admin_token_section, trusted_header_section, jwt_section, quota_section,
    redis_section, breaker_section, health_check_section, retry_section, ledger_section;

/* clang-format off */
/* Of every kind of field there is; a field of another type does not compile. An enum is an uint32_t here. */
#define TYPE_OF(f)                                                                                           \
    _Generic((f),                                                                                            \
        const char *: &type_text,                                                                            \
        const char **: &type_texts,                                                                          \
        bool: &type_bool,                                                                                    \
        uint32_t: &type_u32,                                                                                 \
        uint64_t: &type_u64,                                                                                 \
        time_t: &type_date,                                                                                  \
        gw_endpoint_cfg *: &type_endpoints,                                                                  \
        gw_label_cfg *: &type_labels,                                                                        \
        gw_header_cfg *: &type_headers,                                                                      \
        gw_rule_cfg *: &type_rules,                                                                          \
        gw_listener_cfg *: &type_list,                                                                       \
        gw_digest_key_cfg *: &type_list,                                                                     \
        gw_workspace_cfg *: &type_list,                                                                      \
        gw_route_cfg *: &type_list,                                                                          \
        gw_upstream_cfg *: &gw_type_map,                                                                     \
        gw_admin_cfg: &type_section,                                                                         \
        gw_admin_token_cfg *: &type_list,                                                                    \
        gw_listener_tls_cfg: &type_section,                                                                  \
        gw_upstream_tls_cfg: &type_section,                                                                  \
        gw_jwt_cfg: &type_section,                                                                           \
        gw_trusted_header_cfg: &type_section,                                                                \
        gw_limits: &type_section,                                                                            \
        gw_redis_cfg: &type_section,                                                                         \
        gw_breaker_cfg: &type_section,                                                                       \
        gw_health_check_cfg: &type_section,                                                                  \
        gw_retry_cfg: &type_section,                                                                         \
        gw_workspaces_cfg: &type_section,                                                                    \
        gw_limits_cfg: &type_section,                                                                        \
        gw_redaction_cfg: &type_section,                                                                     \
        gw_ledger_cfg: &type_section,                                                                        \
        gw_cors_cfg: &type_section)

#define SECTION_OF(f)                                                                                        \
    _Generic((f),                                                                                            \
        gw_rule_cfg *: &gw_rule_section,                                                                     \
        gw_listener_cfg *: &listener_section,                                                                \
        gw_digest_key_cfg *: &digest_key_section,                                                            \
        gw_workspace_cfg *: &gw_workspace_section,                                                           \
        gw_route_cfg *: &route_section,                                                                      \
        gw_upstream_cfg *: &upstream_section,                                                                \
        gw_admin_cfg: &admin_section,                                                                        \
        gw_admin_token_cfg *: &admin_token_section,                                                          \
        gw_listener_tls_cfg: &listener_tls_section,                                                          \
        gw_upstream_tls_cfg: &upstream_tls_section,                                                          \
        gw_jwt_cfg: &jwt_section,                                                                            \
        gw_trusted_header_cfg: &trusted_header_section,                                                      \
        gw_limits: &quota_section,                                                                           \
        gw_redis_cfg: &redis_section,                                                                        \
        gw_breaker_cfg: &breaker_section,                                                                    \
        gw_health_check_cfg: &health_check_section,                                                          \
        gw_retry_cfg: &retry_section,                                                                        \
        gw_workspaces_cfg: &workspaces_section,                                                              \
        gw_limits_cfg: &limits_section,                                                                      \
        gw_redaction_cfg: &redaction_section,                                                                \
        gw_ledger_cfg: &ledger_section,                                                                      \
        gw_cors_cfg: &cors_section)

/* The words of an enum follow from its type; a field that is a plain number does not compile. */
#define WORDS_OF(f)                                                                                          \
    _Generic((f),                                                                                            \
        gw_client_cert: client_cert_words,                                                                   \
        gw_tls_version: tls_version_words,                                                                   \
        gw_level: level_words,                                                                               \
        gw_admin_role: admin_role_words,                                                                     \
        gw_client_label: client_label_words,                                                                 \
        gw_store_full: store_full_words,                                                                     \
        gw_check_when: check_when_words,                                                                     \
        gw_upstream_coding: coding_words,                                                                    \
        gw_signal: signal_words,                                                                             \
        gw_quota_mode: quota_mode_words,                                                                     \
        gw_version_state: state_words,                                                                       \
        gw_action: action_words,                                                                             \
        gw_rule_mode: mode_words,                                                                            \
        gw_unknown: unknown_words,                                                                           \
        gw_utf8: utf8_words)
/* clang-format on */

#define AT(S, f)       .type = TYPE_OF(((S *)0)->f), .offset = offsetof(S, f)
#define LIST(S, f)     AT(S, f), .count_offset = offsetof(S, n_##f)
#define SECTION(S, f)  AT(S, f), .section = SECTION_OF(((S *)0)->f)
#define SECTIONS(S, f) LIST(S, f), .section = SECTION_OF(((S *)0)->f)
#define WORD(S, f)     AT(S, f), .words = WORDS_OF(((S *)0)->f)
/* An address also fills host and port next to it. */
#define ADDRESS(S, f) .type = &type_address, .offset = offsetof(S, f)
/* Keys that stand in a mapping of their own in the file and in the same struct in C. */
#define GROUP(s)      .type = &type_section, .section = &(s)
#define RANGE(lo, hi) .min = (lo), .max = (hi)
#define MS(lo, hi)    .unit = GW_UNIT_MS, RANGE(lo, hi)
#define BYTES(lo, hi) .unit = GW_UNIT_BYTES, RANGE(lo, hi)

/* --- words --- */

#include "gateway/config_words.def"

/* --- rows --- */

#define S gw_listener_tls_cfg
static const gw_key listener_tls_keys[] = {
    {"certificate", AT(S, certificate), .flags = GW_KEY_REQUIRED | GW_KEY_PATH | GW_KEY_READ,
     .doc = "PEM file: the certificate and its chain."},
    {"key", AT(S, key), .flags = GW_KEY_REQUIRED | GW_KEY_PATH | GW_KEY_READ | GW_KEY_PRIVATE,
     .doc = "PEM file: the private key. Others must not be able to read it."},
    {"client_ca", AT(S, client_ca), .flags = GW_KEY_PATH | GW_KEY_READ,
     .doc = "PEM file: authorities that client certificates are verified against."},
    {"client_certificate", WORD(S, client_certificate), .doc = "Whether clients must show a certificate.",
     .doc_default = "`required` with `client_ca`, else `none`"},
    {"min_version", WORD(S, min_version), .def = "1.2", .doc = "Oldest TLS version that is accepted."},
    {0}};
static const gw_section listener_tls_section = {listener_tls_keys, sizeof(S)};
#undef S

#define S gw_listener_cfg
static const gw_key listener_keys[] = {{"address", ADDRESS(S, address), .flags = GW_KEY_REQUIRED,
                                        .doc = "Where to listen; IPv6 in brackets; port 0 takes a free one."},
                                       {"tls", SECTION(S, tls), .presence_offset = offsetof(S, has_tls),
                                        .doc = "Serve TLS. Absent or `none`: plain HTTP."},
                                       {0}};
static const gw_section listener_section = {listener_keys, sizeof(S)};
#undef S

#define S gw_admin_token_cfg
static const gw_key admin_token_keys[] = {
    {"name", AT(S, name), .form = gw_form_name, .flags = GW_KEY_REQUIRED,
     .doc = "Who holds it, for the audit log."},
    {"sha256", AT(S, sha256), .form = gw_form_sha256, .flags = GW_KEY_REQUIRED,
     .doc = "SHA-256 of the token in hex. The token itself is at least 128 random bits and stands nowhere."},
    {"role", WORD(S, role), .def = "viewer", .doc = "A viewer may look, an operator may change as well."},
    {0}};
static const gw_section admin_token_section = {admin_token_keys, sizeof(S)};
#undef S

#define S gw_admin_cfg
static const gw_key admin_keys[] = {
    {"address", ADDRESS(S, listener.address), .flags = GW_KEY_REQUIRED,
     .doc = "A loopback address: it has no TLS."},
    {"tokens", SECTIONS(S, tokens), RANGE(0, 64), .def = "[]", .doc = "Who may use the admin API."},
    {"token_file", AT(S, token_file), .flags = GW_KEY_PATH,
     .doc = "File with one operator token. When it is absent it is made, with a random token and mode 0600. "
            "The command line reads it from here.",
     .doc_default = "`admin.token` in the directory of the first `store`, else none; none with `tokens`"},
    {0}};
static const gw_section admin_section = {admin_keys, sizeof(S)};
_Static_assert(offsetof(S, listener) == 0, "gw_set_address fills a gw_listener_cfg");
#undef S

#define S gw_upstream_tls_cfg
static const gw_key upstream_tls_keys[] = {
    {"ca", AT(S, ca), .flags = GW_KEY_PATH | GW_KEY_READ, .doc = "PEM file of authorities.",
     .doc_default = "the system's"},
    {"server_name", AT(S, server_name), .form = gw_form_host, .doc = "Name to verify and to send as SNI.",
     .doc_default = "the endpoint's host"},
    {"certificate", AT(S, certificate), .flags = GW_KEY_PATH | GW_KEY_READ,
     .doc = "PEM file: client certificate for mutual TLS; needs `key`."},
    {"key", AT(S, key), .flags = GW_KEY_PATH | GW_KEY_READ | GW_KEY_PRIVATE,
     .doc = "PEM file: its private key. Others must not be able to read it."},
    {0}};
static const gw_section upstream_tls_section = {upstream_tls_keys, sizeof(S)};
#undef S

#define S gw_breaker_cfg
static const gw_key breaker_keys[] = {
    {"enabled", AT(S, enabled), .def = "true", .doc = "`false`: calls go out whatever happened before."},
    {"window", AT(S, window_ms), MS(SEC, HOUR), .def = "10s",
     .doc = "How far back calls are judged together."},
    {"min_calls", AT(S, min_calls), RANGE(1, 1000000), .def = "20",
     .doc = "Fewer calls in the window are not judged together."},
    {"failure_percent", AT(S, failure_percent), RANGE(0, 100), .def = "50",
     .doc = "So many failed of a hundred open it. Failed: no connection, no answer in time, no HTTP, or a "
            "status of 500 and above; but not 503 with `Retry-After`. 0: not judged."},
    {"slow_percent", AT(S, slow_percent), RANGE(0, 100), .def = "80",
     .doc = "So many slow ones of a hundred open it. 0: not judged."},
    {"slow_call", AT(S, slow_call_ms), MS(1, 10 * MIN), .def = "5s", .doc = "What a slow call is."},
    {"consecutive_failures", AT(S, consecutive_failures), RANGE(0, 1000000), .def = "5",
     .doc = "So many failures in a row open it, however few calls there are. 0: not judged."},
    {"open", AT(S, open_ms), MS(10, HOUR), .def = "1s",
     .doc = "How long it stays open at first; doubles each time. The default is no longer than `max_open`."},
    {"max_open", AT(S, max_open_ms), MS(10, HOUR), .def = "10s", .doc = "Ceiling of that."},
    {"probes", AT(S, probes), RANGE(1, 16), .def = "3",
     .doc = "Requests that are let through at once to find out, and how many of them must succeed."},
    {"probe_timeout", AT(S, probe_timeout_ms), MS(10, 10 * MIN), .def = "3s",
     .doc = "When such a request counts as failed."},
    {0}};
static const gw_section breaker_section = {breaker_keys, sizeof(S)};
#undef S

#define S gw_health_check_cfg
static const gw_key health_check_keys[] = {
    {"when", WORD(S, when), .def = "open",
     .doc = "`open`: only endpoints that are open, to notice at once when they are back. `always`: endpoints "
            "that "
            "fail checks are also passed over while others do not. `never`."},
    {"path", AT(S, path), .form = gw_form_url_path, .def = "/", .doc = "What is asked for, by GET."},
    {"status", AT(S, status), RANGE(0, 599), .def = "0", .doc = "Expected status; 0: any below 500."},
    {"interval", AT(S, interval_ms), MS(100, HOUR), .def = "1s", .doc = "Time between two checks."},
    {"timeout", AT(S, timeout_ms), MS(10, MIN), .def = "1s", .doc = "For a whole check."},
    {"unhealthy_after", AT(S, unhealthy_after), RANGE(1, 100), .def = "3",
     .doc = "So many failures in a row make an endpoint be passed over; one success ends that."},
    {0}};
static const gw_section health_check_section = {health_check_keys, sizeof(S)};
#undef S

#define S gw_retry_cfg
static const gw_key retry_keys[] = {
    {"on", AT(S, on), .words = retry_words, .def = "[connect]",
     .doc = "What another endpoint is tried after. `connect`: the first one could not be reached, so nothing "
            "was "
            "sent. `502`, `503`, `504`: its answer; the data may then be stored twice."},
    {"attempts", AT(S, attempts), RANGE(1, 16), .def = "2",
     .doc = "Endpoints tried for one request, at most."},
    {"budget_percent", AT(S, budget_percent), RANGE(0, 100), .def = "20",
     .doc = "Retries for each hundred requests; a few more when there are few."},
    {0}};
static const gw_section retry_section = {retry_keys, sizeof(S)};
#undef S

#define S gw_upstream_cfg
static const gw_key upstream_keys[] = {
    {"endpoints", LIST(S, endpoints), RANGE(1, 64),
     .doc = "HTTP(S) base URLs, of which the less busy of two random ones is used. Either this or `store`."},
    {"tls", SECTION(S, tls), .doc = "For https endpoints."},
    {"tenant_header", AT(S, tenant_header), .form = gw_form_header_name,
     .doc = "Header that carries the workspace's tenant, e.g. `X-Scope-OrgID`."},
    {"headers", LIST(S, headers), RANGE(0, 64), .form = gw_form_header_name, .flags = GW_KEY_SECRET,
     .doc = "Headers added to every request. Values are secrets: use `{file: ...}` or `${VARIABLE}`."},
    {"encoding", WORD(S, encoding), .def = "identity",
     .doc = "Content coding of what is sent. Loki protobuf is always snappy."},
    {"connect_timeout", AT(S, connect_timeout_ms), MS(10, 5 * MIN), .def = "2s",
     .doc = "TCP and TLS together. The default is no longer than `total_timeout`."},
    {"first_byte_timeout", AT(S, first_byte_timeout_ms), MS(10, 10 * MIN), .def = "8s",
     .doc = "From the request sent to the first byte of the answer. The default is no longer than "
            "`total_timeout`."},
    {"total_timeout", AT(S, total_timeout_ms), MS(10, 10 * MIN), .def = "9s",
     .doc = "For the whole call. The default is below the 10 s that the exporters of SDKs wait by default, "
            "so that senders hear of a failure before they give up themselves."},
    {"idle_timeout", AT(S, idle_timeout_ms), MS(100, HOUR), .def = "55s",
     .doc = "How long an unused connection is kept. Stay below the backend's own."},
    {"max_connections", AT(S, max_connections), RANGE(1, 65535), .def = "256",
     .doc = "Per thread and endpoint."},
    {"max_idle_connections", AT(S, max_idle_connections), RANGE(0, 65535), .def = "64",
     .doc = "Per thread and endpoint."},
    {"max_response", AT(S, max_response_bytes), BYTES(KIB, 64 * MIB), .def = "1MiB",
     .doc = "Largest answer that is read."},
    {"max_connection_age", AT(S, max_connection_age_ms), MS(SEC, 24 * HOUR), .def = "5m",
     .doc = "When a connection is replaced, so that a name that has moved is followed."},
    {"request_timeout", AT(S, request_timeout_ms), MS(10, 10 * MIN),
     .doc = "From the whole body to the answer: waiting in the queue and all tries together.",
     .doc_default = "`total_timeout`"},
    {"max_requests", AT(S, max_requests), RANGE(1, 1000000), .def = "1024",
     .doc = "Requests at a time, of the process."},
    {"max_bytes", AT(S, max_bytes), BYTES(MIB, 1024 * TIB), .def = "512MiB",
     .doc = "Bodies in flight or waiting, of the process."},
    {"adaptive_limit", AT(S, adaptive_limit), .def = "true",
     .doc = "Find out how many requests at a time each endpoint takes for each signal, below `max_requests`: "
            "more "
            "while its answers come as fast as before, fewer when they slow down or say 503."},
    {"queue", AT(S, queue), RANGE(0, 1000000), .def = "256",
     .doc = "Requests that wait for their turn, per thread. Further ones are answered with 503."},
    {"queue_timeout", AT(S, queue_timeout_ms), MS(1, 10 * MIN), .def = "5s", .doc = "How long they wait."},
    {"breaker", SECTION(S, breaker),
     .doc = "When to stop calling an endpoint for a signal, and for how long."},
    {"health_check", SECTION(S, health_check), .doc = "Active checks of endpoints."},
    {"retry", SECTION(S, retry), .doc = "Trying another endpoint."},
    {"store", AT(S, store), .flags = GW_KEY_PATH,
     .doc = "Directory to keep telemetry in, as JSON lines. Either this "
            "or `endpoints`."},
    {"store_segment", AT(S, store_segment_bytes), BYTES(KIB, 64 * GIB), .def = "64MiB",
     .doc = "Size at which a new file is begun."},
    {"store_segment_age", AT(S, store_segment_age_ms), MS(SEC, 7 * 24 * HOUR), .def = "1h",
     .doc = "Age at which a new file is begun."},
    {"store_total", AT(S, store_total_bytes), BYTES(KIB, 1024 * TIB), .def = "4GiB",
     .doc = "Ceiling of all files."},
    {"store_queue", AT(S, store_queue_bytes), BYTES(KIB, 16 * GIB), .def = "64MiB",
     .doc = "Ceiling of what waits to be written; beyond it senders are told to come back."},
    {"store_full", WORD(S, store_full), .def = "delete_oldest", .doc = "What to do at `store_total`."},
    {0}};
static const gw_section upstream_section = {upstream_keys, sizeof(S)};
_Static_assert(offsetof(S, name) == 0, "gw_set_map puts the key there");
#undef S

#define S gw_route_cfg
static const gw_key route_keys[] = {
    {"version", AT(S, version), .form = gw_form_name, .flags = GW_KEY_REQUIRED,
     .doc = "API version, a name of your choice; `v1` and `legacy` have default paths."},
    {"signal", WORD(S, signal), .flags = GW_KEY_REQUIRED, .doc = "What comes in here."},
    {"upstream", AT(S, upstream), .flags = GW_KEY_REQUIRED, .doc = "Where it goes: a key of `upstreams`."},
    {"path", AT(S, path), .form = gw_form_url_path, .doc = "Path at the upstream.",
     .doc_default = "the standard one of the signal"},
    {"match", AT(S, match), .form = gw_form_url_path, .doc = "Path of requests for this route.",
     .doc_default = "`/v1/logs`, `/v1/traces`, `/v1/metrics`, `/loki/api/v1/push`; for version `legacy` "
                    "`/api/prom/push`"},
    {"state", WORD(S, state), .def = "active", .doc = "Retired versions are answered with 410."},
    {"deprecated", AT(S, deprecated_at), .doc = "Since when, for the Deprecation header (RFC 9745)."},
    {"sunset", AT(S, sunset_at), .doc = "When it ends, for the Sunset header (RFC 8594)."},
    {"successor", AT(S, successor), .form = gw_form_successor,
     .doc = "Path or URL of the version to use instead."},
    {0}};
static const gw_section route_section = {route_keys, sizeof(S)};
#undef S

/* The limits of all workspaces, and those of one: the same but for their defaults. */
#define S gw_limits
#define X(id, key, limit_unit, counted, text)                                                                \
    {key,         AT(S, v[GW_LIMIT_##id]),  .unit = GW_UNIT_##limit_unit, RANGE(1, UINT64_C(1) << 50),       \
     .doc = text, .doc_default = "no limit"},
static const gw_key quota_keys[] = {
    GW_LIMITS(X){"mode", WORD(S, mode), .def = "enforce",
                 .doc = "`shadow` counts what would be refused, and refuses nothing."},
    {0}};
static const gw_section quota_section = {quota_keys, sizeof(S)};
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
    {0}};
static const gw_section workspace_quota_section = {workspace_quota_keys, sizeof(S)};
#undef X
#undef S

#define S gw_redis_cfg
static const gw_key redis_keys[] = {
    {"address", .type = &type_redis_address, .offset = offsetof(S, address), .flags = GW_KEY_REQUIRED,
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
static const gw_section redis_section = {redis_keys, sizeof(S)};
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
    {0}};
const gw_section gw_workspace_section = {workspace_keys, sizeof(S)};
#undef S

/* The file of workspaces; its list is read one by one. */
#define S gw_config
static const gw_key workspaces_file_keys[] = {
    {"version", AT(S, version), RANGE(1, 1), .flags = GW_KEY_REQUIRED, .doc = "Version of this format: 1."},
    {"workspaces", .type = &type_items, .section = &gw_workspace_section, .flags = GW_KEY_REQUIRED,
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
static const gw_section jwt_section = {jwt_keys, sizeof(S)};
#undef S

#define S gw_trusted_header_cfg
static const gw_key trusted_header_keys[] = {
    {"name", AT(S, name), .form = gw_form_header_name, .def = "X-Scope-OrgID", .doc = "The header."},
    {"networks", LIST(S, networks), RANGE(0, 256), .form = gw_form_network, .def = "[]",
     .doc = "Addresses it is believed from: `10.0.0.0/8`, `2001:db8::/32`, `127.0.0.1`."},
    {"with_certificate", AT(S, with_certificate), .def = "false",
     .doc = "Believe it also from who showed a client certificate that `client_ca` verifies."},
    {0}};
static const gw_section trusted_header_section = {trusted_header_keys, sizeof(S)};
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
            "they become "
            "structured metadata of each entry. For protobuf pushes; JSON ones are refused."},
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
     .doc = "File that keeps what was used of calendar quotas over a restart. Absent: they begin anew."},
    {"time_zone", AT(S, time_zone), .form = gw_form_zone,
     .doc = "Zone whose midnight begins a day of calendar quotas, such as Europe/Berlin. A change needs a "
            "restart.",
     .doc_default = "UTC"},
    {"redis", SECTION(S, redis), .presence_offset = offsetof(S, has_redis),
     .doc = "Redis through which instances share quotas. Absent: each counts for itself. A change needs a "
            "restart."},
    {0}};
static const gw_section workspaces_section = {workspaces_keys, sizeof(S)};
#undef S

#define S gw_limits_cfg
static const gw_key limits_keys[] = {
    {"header_bytes", AT(S, header_bytes), BYTES(KIB, MIB), .def = "64KiB",
     .doc = "Request line and headers."},
    {"body_bytes", AT(S, body_bytes), BYTES(1, GIB), .def = "20MiB",
     .doc = "Body as it comes over the wire."},
    {"decoded_bytes", AT(S, decoded_bytes), BYTES(1, RD_DOC_MAX_BODY), .def = "64MiB",
     .doc = "Body after its content coding. The default is no less than `body_bytes`."},
    {"decode_ratio", AT(S, decode_ratio), RANGE(2, 100000), .def = "200",
     .doc = "Decoded size to size on the wire. gzip can reach 1032; telemetry stays below 60."},
    {"elements", AT(S, elements), RANGE(1000, 1000000000), .def = "2000000",
     .doc = "Fields, strings and JSON values of one body."},
    {"depth", AT(S, depth), RANGE(1, 256), .def = "32", .doc = "Nesting of attribute values."},
    {"connections", AT(S, connections), RANGE(1, 10000000), .def = "10000", .doc = "Open connections."},
    {"requests_in_flight", AT(S, requests_in_flight), RANGE(1, 10000000), .def = "4096",
     .doc = "Requests at a time."},
    {"memory_bytes", AT(S, memory_bytes), BYTES(MIB, 1024 * TIB), .def = "2GiB",
     .doc = "All bodies in flight and, with 20 KiB each (40 KiB with TLS), open connections."},
    {"header_timeout", AT(S, header_timeout_ms), MS(10, HOUR), .def = "10s",
     .doc = "From the first byte of a request to the end of its headers."},
    {"body_timeout", AT(S, body_timeout_ms), MS(10, HOUR), .def = "60s", .doc = "For a whole body."},
    {"idle_timeout", AT(S, idle_timeout_ms), MS(10, HOUR), .def = "75s", .doc = "Between two requests."},
    {0}};
static const gw_section limits_section = {limits_keys, sizeof(S)};
#undef S

#define S gw_cors_cfg
static const gw_key cors_keys[] = {{"origins", LIST(S, origins), RANGE(0, 1000), .def = "[]",
                                    .form = gw_form_origin, .doc = "Web origins that may send, or `*`."},
                                   {"max_age", AT(S, max_age_s), .unit = GW_UNIT_SECONDS, RANGE(0, 86400),
                                    .def = "10m",
                                    .doc = "How long browsers may keep the answer to a preflight."},
                                   {0}};
static const gw_section cors_section = {cors_keys, sizeof(S)};
#undef S

#define S gw_rule_cfg
static const gw_key where_keys[] = {
    {"classes", AT(S, classes), .words = class_words, .doc = "Kinds of places.", .doc_default = "all"},
    {"signals", AT(S, signals), .words = signal_words, .doc = "Signals.", .doc_default = "all"},
    {"texts", .type = &type_unless_false, .offset = offsetof(S, texts), .def = "true",
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
    {"detector", AT(S, detector), .words = detector_words, .doc = "A built-in detector."},
    {"pattern", AT(S, pattern), .max = 4096, .doc = "A regular expression (PCRE2)."},
    {"group", AT(S, group), RANGE(0, 99), .def = "0",
     .doc = "Capture group of `pattern` that is replaced; 0: the whole match."},
    {"budget", .type = &type_budget, .offset = offsetof(S, budget), RANGE(1000, 1000000000),
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
    {"action", .type = &type_action, .offset = offsetof(S, action), .words = action_words, .def = "mask",
     .doc = "What to do with a find. `mask` keeps what the detector thinks useful, or so many bytes at each "
            "end (16 "
            "at most; nothing of a value less than twice as long). `replace` alone writes `***`; its text "
            "may hold "
            "`{rule}`, `{detector}` and `{length}` (short, medium, long, huge). `digest` writes a keyed "
            "pseudonym, the "
            "same for the same value of a workspace, and needs `redaction.digest_keys`. `round` leaves that "
            "many "
            "digits behind the point, or before it if below zero, of numbers and lists of them, and masks "
            "what is none."},
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
static const gw_section digest_key_section = {digest_key_keys, sizeof(S)};
#undef S

#define S gw_redaction_cfg
static const gw_key redaction_keys[] = {
    {"rule_sets", AT(S, rule_sets), .words = rule_set_words, .def = "[pii, secrets, keys]",
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
    {"rules", SECTIONS(S, rules), RANGE(0, 200), .def = "[]", .doc = "Own rules, after the shipped ones."},
    {0}};
static const gw_section redaction_section = {redaction_keys, sizeof(S)};
#undef S

#define S gw_ledger_cfg
static const gw_key ledger_keys[] = {
    {"directory", AT(S, directory), .flags = GW_KEY_REQUIRED | GW_KEY_PATH,
     .doc = "Directory of the redaction ledger, of this process alone. It is made, with mode 0700."},
    {"file_bytes", AT(S, file_bytes), BYTES(KIB, GIB), .def = "16MiB",
     .doc = "Size at which a new file is begun. No file is ever deleted."},
    {0}};
static const gw_section ledger_section = {ledger_keys, sizeof(S)};
#undef S

#define S gw_config
static const gw_key root_keys[] = {
    {"version", AT(S, version), RANGE(1, 1), .flags = GW_KEY_REQUIRED, .doc = "Version of this format: 1."},
    {"listeners", SECTIONS(S, listeners), RANGE(1, 64), .def = "[{address: 127.0.0.1:4318}]",
     .doc = "Where senders connect."},
    {"admin", SECTION(S, admin), .presence_offset = offsetof(S, has_admin),
     .def = "{address: 127.0.0.1:9464}", .doc = "Health, metrics and the admin API; `none` switches it off."},
    {"threads", AT(S, threads), RANGE(0, 1024), .def = "0", .doc = "Event loops; 0: one per core."},
    {"shutdown_timeout", AT(S, shutdown_timeout_ms), MS(0, HOUR), .def = "25s",
     .doc = "How long requests in flight may take after SIGTERM."},
    {"log_level", WORD(S, log_level), .def = "info",
     .doc = "Least level of events that are logged; `debug` says why each request was refused."},
    {"upstreams", SECTIONS(S, upstreams), RANGE(1, 256), .form = gw_form_name, .flags = GW_KEY_REQUIRED,
     .doc = "Where telemetry goes, by name."},
    {"routes", SECTIONS(S, routes), RANGE(1, 1024), .doc = "Which requests go where.",
     .doc_default = "all signals to the only upstream"},
    {"workspaces", SECTION(S, workspaces), .doc = "Who may send."},
    {"limits", SECTION(S, limits), .doc = "Ceilings, of the process unless said otherwise."},
    {"cors", SECTION(S, cors), .doc = "Sending from web pages."},
    {"redaction", SECTION(S, redaction), .doc = "What is taken out."},
    {"ledger", SECTION(S, ledger), .presence_offset = offsetof(S, has_ledger),
     .doc = "Evidence of what was taken out, for an auditor. Absent: none is kept. To change it takes a "
            "restart."},
    {0}};
const gw_section gw_root_section = {root_keys, sizeof(S)};
#undef S

static const gw_key *const all_tables[] = {
    root_keys,      listener_keys,       listener_tls_keys, admin_keys,      admin_token_keys,
    upstream_keys,  upstream_tls_keys,   route_keys,        workspaces_keys, limits_keys,
    cors_keys,      redaction_keys,      rule_keys,         where_keys,      digest_key_keys,
    workspace_keys, trusted_header_keys, jwt_keys,          quota_keys,      redis_keys,
    breaker_keys,   health_check_keys,   retry_keys,        ledger_keys};

bool gw_is_key(const char *word, size_t n)
{
    for (size_t i = 0; i < sizeof all_tables / sizeof all_tables[0]; i++) {
        for (const gw_key *k = all_tables[i]; k->name != NULL; k++) {
            if (strncmp(k->name, word, n) == 0 && k->name[n] == '\0')
                return true;
        }
    }
    return false;
}
