/* SPDX-License-Identifier: MIT */
/* Keys of the file as a whole, of listeners, admin, routes and limits. The other rows: config_keys_*.c. */
#include "gateway/config_row.h"

#include <string.h>

#include "filters/base/doc.h"

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
const gw_section gw_listener_tls_section = {listener_tls_keys, sizeof(S)};
#undef S

#define S gw_listener_cfg
static const gw_key listener_keys[] = {{"address", ADDRESS(S, address), .flags = GW_KEY_REQUIRED,
                                        .doc = "Where to listen; IPv6 in brackets; port 0 takes a free one."},
                                       {"tls", SECTION(S, tls), .presence_offset = offsetof(S, has_tls),
                                        .doc = "Serve TLS. Absent or `none`: plain HTTP."},
                                       {0}};
const gw_section gw_listener_section = {listener_keys, sizeof(S)};
#undef S

#define S gw_admin_token_cfg
static const gw_key admin_token_keys[] = {
    {"name", AT(S, name), .form = gw_form_name, .flags = GW_KEY_REQUIRED,
     .doc = "Who holds it, for the audit log."},
    {"sha256", AT(S, sha256), .form = gw_form_sha256, .flags = GW_KEY_REQUIRED,
     .doc = "SHA-256 of the token in hex. The token itself is at least 128 random bits and stands nowhere."},
    {"role", WORD(S, role), .def = "viewer", .doc = "A viewer may look, an operator may change as well."},
    {0}};
const gw_section gw_admin_token_section = {admin_token_keys, sizeof(S)};
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
const gw_section gw_admin_section = {admin_keys, sizeof(S)};
_Static_assert(offsetof(S, listener) == 0, "gw_set_address fills a gw_listener_cfg");
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
const gw_section gw_route_section = {route_keys, sizeof(S)};
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
     .doc = "All bodies in flight, whatever they grow to, long heads and answers, and, with 20 KiB each (40 "
            "KiB with TLS), open connections."},
    {"header_timeout", AT(S, header_timeout_ms), MS(10, HOUR), .def = "10s",
     .doc = "From the first byte of a request to the end of its headers."},
    {"body_timeout", AT(S, body_timeout_ms), MS(10, HOUR), .def = "60s", .doc = "For a whole body."},
    {"idle_timeout", AT(S, idle_timeout_ms), MS(10, HOUR), .def = "75s", .doc = "Between two requests."},
    {0}};
const gw_section gw_limits_section = {limits_keys, sizeof(S)};
#undef S

#define S gw_cors_cfg
static const gw_key cors_keys[] = {{"origins", LIST(S, origins), RANGE(0, 1000), .def = "[]",
                                    .form = gw_form_origin, .doc = "Web origins that may send, or `*`."},
                                   {"max_age", AT(S, max_age_s), .unit = GW_UNIT_SECONDS, RANGE(0, 86400),
                                    .def = "10m",
                                    .doc = "How long browsers may keep the answer to a preflight."},
                                   {0}};
const gw_section gw_cors_section = {cors_keys, sizeof(S)};
#undef S

#define S gw_ledger_cfg
static const gw_key ledger_keys[] = {
    {"directory", AT(S, directory), .flags = GW_KEY_REQUIRED | GW_KEY_PATH,
     .doc = "Directory of the redaction ledger, of this process alone. It is made, with mode 0700."},
    {"file_bytes", AT(S, file_bytes), BYTES(KIB, GIB), .def = "16MiB",
     .doc = "Size at which a new file is begun. No file is ever deleted."},
    {0}};
const gw_section gw_ledger_section = {ledger_keys, sizeof(S)};
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

/* Sections nest as deep as their structs do. */
static bool section_has(const gw_section *s, const char *word, size_t n)
{
    for (const gw_key *k = s->keys; k->name != NULL; k++) {
        if (strncmp(k->name, word, n) == 0 && k->name[n] == '\0')
            return true;
        if (k->section != NULL && section_has(k->section, word, n))
            return true;
    }
    return false;
}

bool gw_is_key(const char *word, size_t n)
{
    return section_has(&gw_root_section, word, n);
}
