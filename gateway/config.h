/* SPDX-License-Identifier: MIT */
/*
 * The configuration as typed values. Made from one YAML file by gw_config_load; immutable afterwards; every
 * string and array belongs to the config and lives until gw_config_free. Absent optional strings are NULL.
 * Keys, defaults, ranges and one-line docs live in config_keys*.c, the one table.
 */
#ifndef GW_CONFIG_H
#define GW_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "gateway/config_mem.h"
#include "gateway/diagnostics.h"
#include "gateway/level.h"
#include "gateway/limit.h"
#include "gateway/signal.h"

typedef enum gw_client_cert {
    GW_CLIENT_CERT_NONE,
    GW_CLIENT_CERT_OPTIONAL,
    GW_CLIENT_CERT_REQUIRED
} gw_client_cert;
typedef enum gw_tls_version { GW_TLS_1_2, GW_TLS_1_3 } gw_tls_version;

typedef struct gw_listener_tls_cfg {
    const char *certificate, *key, *client_ca; /* PEM file names */
    gw_client_cert client_certificate;
    gw_tls_version min_version;
} gw_listener_tls_cfg;

typedef struct gw_listener_cfg {
    const char *address; /* "host:port", "[v6]:port" */
    const char *host;
    uint16_t port;
    bool has_tls;
    gw_listener_tls_cfg tls;
} gw_listener_cfg;

/* A viewer may look, an operator may change as well. */
typedef enum gw_admin_role { GW_ADMIN_VIEWER, GW_ADMIN_OPERATOR } gw_admin_role;

typedef struct gw_admin_token_cfg {
    const char *name;   /* for the audit log */
    const char *sha256; /* of the token, 64 hex digits */
    gw_admin_role role;
} gw_admin_token_cfg;

typedef struct gw_admin_cfg {
    gw_listener_cfg listener; /* first; no TLS, must be loopback */
    gw_admin_token_cfg *tokens;
    size_t n_tokens;
    const char *token_file; /* holds one operator token, made when absent; NULL: none */
} gw_admin_cfg;

typedef struct gw_endpoint_cfg {
    const char *url; /* as written */
    const char *host;
    const char *path; /* prefix without trailing slash, "" if none */
    uint16_t port;
    bool tls;
} gw_endpoint_cfg;

typedef struct gw_upstream_tls_cfg {
    const char *ca;          /* PEM file; NULL: the system's */
    const char *server_name; /* name to verify and send as SNI; NULL: the endpoint's host */
    const char *certificate, *key;
} gw_upstream_tls_cfg;

typedef enum gw_store_full { GW_STORE_DELETE_OLDEST, GW_STORE_REFUSE } gw_store_full;

typedef struct gw_header_cfg {
    const char *name, *value;
} gw_header_cfg;

typedef enum gw_upstream_coding {
    GW_UPSTREAM_IDENTITY,
    GW_UPSTREAM_GZIP,
    GW_UPSTREAM_ZSTD
} gw_upstream_coding;

typedef struct gw_breaker_cfg {
    bool enabled;
    uint32_t window_ms, min_calls;          /* sliding; judged from so many calls on */
    uint32_t failure_percent, slow_percent; /* of the calls in the window; 0: not judged */
    uint32_t slow_call_ms;
    uint32_t consecutive_failures; /* 0: not judged */
    uint32_t open_ms, max_open_ms; /* first open time, and its ceiling */
    uint32_t probes;               /* at once while half open, and how many must succeed */
    uint32_t probe_timeout_ms;     /* then a probe counts as failed */
} gw_breaker_cfg;

typedef enum gw_check_when { GW_CHECK_OPEN, GW_CHECK_ALWAYS, GW_CHECK_NEVER } gw_check_when;

/* Active checks: GET requests of our own. */
typedef struct gw_health_check_cfg {
    gw_check_when when;
    const char *path;
    uint32_t status; /* expected; 0: any below 500 */
    uint32_t interval_ms, timeout_ms;
    uint32_t unhealthy_after; /* failures in a row, with GW_CHECK_ALWAYS */
} gw_health_check_cfg;

/* When one endpoint failed, is another one tried? Bits of gw_retry_cfg.on. */
typedef enum gw_retry_on {
    GW_RETRY_CONNECT, /* nothing was sent */
    GW_RETRY_502,
    GW_RETRY_503,
    GW_RETRY_504
} gw_retry_on;

typedef struct gw_retry_cfg {
    uint64_t on;             /* bit per gw_retry_on */
    uint32_t attempts;       /* in all */
    uint32_t budget_percent; /* retries to requests */
} gw_retry_cfg;

/* Either `endpoints` (HTTP) or `store` (a directory). */
typedef struct gw_upstream_cfg {
    const char *name;
    gw_endpoint_cfg *endpoints;
    size_t n_endpoints;
    gw_upstream_tls_cfg tls;
    const char *tenant_header; /* header that carries the workspace's tenant, NULL: none */
    gw_header_cfg *headers;    /* added to every request; values are secrets */
    size_t n_headers;
    gw_upstream_coding encoding; /* of OTLP and Loki JSON bodies; Loki protobuf is always snappy */
    uint32_t connect_timeout_ms, first_byte_timeout_ms, total_timeout_ms, idle_timeout_ms;
    uint32_t max_connections;      /* per thread and endpoint */
    uint32_t max_idle_connections; /* per thread and endpoint */
    uint64_t max_response_bytes;
    uint32_t max_connection_age_ms;
    uint32_t request_timeout_ms; /* from the body being there to the answer: waiting and all tries */
    uint32_t max_requests;       /* in flight, per process; also the ceiling of the adaptive limit */
    uint64_t max_bytes;          /* of bodies in flight and waiting, per process */
    bool adaptive_limit;
    uint32_t queue, queue_timeout_ms; /* requests that wait, per thread; how long */
    gw_breaker_cfg breaker;
    gw_health_check_cfg health_check;
    gw_retry_cfg retry;
    const char *store; /* directory */
    uint64_t store_segment_bytes, store_total_bytes, store_queue_bytes;
    uint32_t store_segment_age_ms;
    gw_store_full store_full;
} gw_upstream_cfg;

typedef enum gw_version_state {
    GW_VERSION_ACTIVE,
    GW_VERSION_DEPRECATED,
    GW_VERSION_RETIRED
} gw_version_state;

typedef struct gw_route_cfg {
    const char *version; /* "v1", or "legacy" for /api/prom/push */
    gw_signal signal;
    const char *match;    /* request path; default by version and signal */
    const char *upstream; /* name; resolved: */
    size_t upstream_index;
    const char *path; /* path at the upstream; default: the standard path of the signal */
    gw_version_state state;
    time_t deprecated_at, sunset_at; /* 0: not said. In the file: YYYY-MM-DD */
    const char *successor;           /* path or URL of the version to use instead */
} gw_route_cfg;

/* Where something stands, for what is found out only later. */
typedef struct gw_origin {
    const char *name; /* file; NULL: nowhere */
    uint32_t line, column;
} gw_origin;

/* A label: its name and its value. */
typedef struct gw_label_cfg {
    const char *name, *value;
} gw_label_cfg;

enum { GW_MAX_LABELS = 16 /* of a workspace, without that which says its name */ };

/* One workspace, of `workspaces.list` or of the file. */
typedef struct gw_rule_cfg gw_rule_cfg;

typedef struct gw_workspace_cfg {
    const char *name;
    const char *tenant;   /* what tenant_header says for it; default: its name */
    gw_label_cfg *labels; /* stamped into everything of it */
    size_t n_labels;
    const char **aliases; /* other names of it, in claims and trusted headers */
    size_t n_aliases;
    const char **tokens; /* SHA-256 of each bearer token, hex */
    size_t n_tokens;
    const char **passwords; /* "user:argon2id hash"; a user may have two */
    size_t n_passwords;
    const char **certificates; /* names of client certificates, see peer.h */
    size_t n_certificates;
    gw_limits quota;    /* where they differ from those of all */
    gw_rule_cfg *rules; /* of its own, besides those of all */
    size_t n_rules;
    const char **relax; /* rules and rule sets of all that are off for it */
    size_t n_relax;
    gw_origin origin;
    gw_origin *rules_at, *relax_at; /* of each, without the file's name */
} gw_workspace_cfg;

/* Ways to say who one is. X(name, word) */
#define GW_IDENTITY_SOURCES(X)                                                                               \
    X(CERTIFICATE, "certificate") X(BEARER, "bearer") X(BASIC, "basic") X(JWT, "jwt") X(HEADER, "header")

typedef enum gw_identity_source {
#define X(name, word) GW_IDENTITY_##name,
    GW_IDENTITY_SOURCES(X)
#undef X
        GW_IDENTITY_SOURCE_COUNT
} gw_identity_source;

/* Signed tokens, see jwt.h. */
typedef struct gw_jwt_cfg {
    const char *keys; /* file: a JWK set */
    const char *issuer, *audience, *claim;
    uint32_t leeway_s;
} gw_jwt_cfg;

/* A header that is believed when it comes from one of the networks, or over a connection with a verified
 * client certificate. */
typedef struct gw_trusted_header_cfg {
    const char *name;
    const char **networks;
    size_t n_networks;
    bool with_certificate;
} gw_trusted_header_cfg;

/* Where quotas are shared with other instances. */
typedef struct gw_redis_cfg {
    const char *address; /* as written */
    const char *host;
    uint16_t port;
    bool has_tls;
    gw_upstream_tls_cfg tls;
    const char *username, *password; /* NULL: none */
    const char *prefix;              /* of keys */
    uint32_t share_percent;          /* of every rate, while Redis is away */
    uint32_t timeout_ms;             /* of a connect, a handshake, a round trip */
} gw_redis_cfg;

typedef enum gw_client_label { GW_CLIENT_LABEL_OVERWRITE, GW_CLIENT_LABEL_REFUSE } gw_client_label;

typedef struct gw_workspaces_cfg {
    const char *label;                   /* that says the workspace's name; NULL: none is stamped */
    const char *otlp_label, *loki_label; /* per protocol; default: `label` */
    gw_client_label client_label;
    const char **loki_movable_labels; /* labels that give way to those that are stamped */
    size_t n_loki_movable_labels;
    uint32_t loki_max_labels; /* of a stream, with those that are stamped; 0: no ceiling */
    const char *anonymous;    /* workspace of senders without a credential; NULL: they are refused */
    const char *tenant;       /* of the anonymous one, when no list says more about it; default: its name */
    gw_workspace_cfg *list;
    size_t n_list;
    const char *file;      /* more workspaces, a YAML file of its own; NULL: none */
    const char **identity; /* words of gw_identity_source, in the order in which they are asked */
    size_t n_identity;
    gw_trusted_header_cfg header;
    bool has_header;
    gw_jwt_cfg jwt;
    bool has_jwt;
    gw_limits quota;               /* of each workspace that says nothing else */
    uint32_t memory_share_percent; /* of limits.memory_bytes and requests_in_flight, for one workspace */
    const char *quota_state;       /* file of calendar quotas; NULL: they begin anew at a restart */
    const char *time_zone;         /* of calendar quotas; NULL: UTC */
    bool has_redis;
    gw_redis_cfg redis;
} gw_workspaces_cfg;

typedef enum gw_action {
    GW_ACTION_MASK,
    GW_ACTION_REPLACE,
    GW_ACTION_DROP,
    GW_ACTION_DIGEST,
    GW_ACTION_ROUND,
    GW_ACTION_DROP_RECORD
} gw_action;
typedef enum gw_rule_mode { GW_RULE_ENFORCE, GW_RULE_SHADOW, GW_RULE_OFF } gw_rule_mode;

/* One rule: what to look for (exactly one of keys, detector, pattern), where, what to do. */
struct gw_rule_cfg {
    const char *name;
    const char **keys; /* key names, any spelling */
    size_t n_keys;
    const char *detector; /* a built-in detector's word */
    const char *pattern;  /* PCRE2 */
    uint32_t group;       /* capture group that is replaced */
    uint64_t budget;      /* of the pattern, steps in one text */
    const char **context; /* words of which one must stand in the text */
    size_t n_context;
    const char **allow; /* finds that may stay */
    size_t n_allow;
    gw_action action;
    gw_action label_action;  /* for Loki labels; keys rules default to drop */
    const char *replacement; /* for replace; default "***" */
    const char *prefix;      /* for digest; NULL: the default */
    bool keeps;              /* mask: keep_first and keep_last bytes stay, whatever the detector says */
    uint32_t keep_first, keep_last;
    int32_t digits; /* round: behind the point */
    gw_rule_mode mode;
    bool texts;       /* keys: also those inside texts */
    uint64_t classes; /* bit per rd_class; 0: all */
    uint64_t signals; /* bit per gw_signal; 0: all */
    uint32_t set;     /* one more than the rule set that it comes from; 0: none */
};

typedef enum gw_unknown { GW_UNKNOWN_SCAN, GW_UNKNOWN_REFUSE } gw_unknown;
typedef enum gw_utf8 { GW_UTF8_REFUSE, GW_UTF8_KEEP } gw_utf8;

/* Rules that come with the program. X(name, word in config and file name) */
#define GW_RULE_SETS(X) X(PII, "pii") X(SECRETS, "secrets") X(KEYS, "keys")

typedef enum gw_rule_set {
#define X(name, word) GW_RULE_SET_##name,
    GW_RULE_SETS(X)
#undef X
        GW_RULE_SET_COUNT
} gw_rule_set;

typedef struct gw_digest_key_cfg {
    const char *id, *key;
} gw_digest_key_cfg;

typedef struct gw_redaction_cfg {
    uint64_t rule_sets; /* bit per gw_rule_set */
    gw_rule_cfg *rules; /* shipped rules first (those of the rule sets named), then the file's own; a rule
                           of the file with a shipped rule's name changes it */
    size_t n_rules;
    const char **allow_relax; /* rules and rule sets that workspaces may switch off */
    size_t n_allow_relax;
    gw_unknown unknown_fields;
    gw_utf8 invalid_utf8;
    gw_digest_key_cfg *digest_keys; /* the first makes digests, the others are known */
    size_t n_digest_keys;
    uint32_t digest_epoch_days; /* 0: epochs never change */
    uint32_t time_one_in;       /* requests of which one is timed; 0: none is */
} gw_redaction_cfg;

typedef struct gw_limits_cfg {
    uint64_t header_bytes;       /* request line and headers */
    uint64_t body_bytes;         /* on the wire */
    uint64_t decoded_bytes;      /* after content coding */
    uint32_t decode_ratio;       /* decoded : wire */
    uint32_t elements;           /* fields, strings, JSON values of one body */
    uint32_t depth;              /* nesting of attribute values */
    uint32_t connections;        /* per process */
    uint32_t requests_in_flight; /* per process */
    uint64_t memory_bytes;       /* all bodies in flight, per process */
    uint32_t header_timeout_ms;  /* from the first byte of a request to the end of its headers */
    uint32_t body_timeout_ms;    /* for a whole body */
    uint32_t idle_timeout_ms;    /* keep-alive */
} gw_limits_cfg;

typedef struct gw_cors_cfg {
    const char **origins; /* exact origins, or "*" */
    size_t n_origins;
    uint32_t max_age_s;
} gw_cors_cfg;

typedef struct gw_ledger_cfg {
    const char *directory;
    uint64_t file_bytes;
} gw_ledger_cfg;

typedef struct gw_config {
    uint32_t version; /* of the file's format: 1 */
    gw_listener_cfg *listeners;
    size_t n_listeners;
    gw_admin_cfg admin;
    bool has_admin;
    uint32_t threads; /* 0: one per core */
    uint32_t shutdown_timeout_ms;
    gw_level log_level;
    gw_upstream_cfg *upstreams;
    size_t n_upstreams;
    gw_route_cfg *routes;
    size_t n_routes;
    gw_workspaces_cfg workspaces;
    gw_limits_cfg limits;
    gw_redaction_cfg redaction;
    gw_cors_cfg cors;
    gw_ledger_cfg ledger;
    bool has_ledger;
    char hash[17]; /* of the file's bytes, hex, for logs and metrics */
    void *memory;  /* owned by config.c */
    _Atomic unsigned refs;
} gw_config;

/* Loads `path`; NULL when there was at least one error (all are in `d`). Reads the files that {file: ...}
 * names, and checks that certificates and keys exist and can be read; binds and connects nothing. */
gw_config *gw_config_load(const char *path, gw_diagnostics *d);
/* The same from text; `name` is used in diagnostics. */
gw_config *gw_config_parse(const char *text, size_t n, const char *name, gw_diagnostics *d);
/* The embedded default: what `redactd run` without a file uses. */
const char *gw_config_default_text(size_t *out_n);
/* A configuration is shared by what was made from it. */
gw_config *gw_config_ref(gw_config *c);
/* Gives back one reference; the last one frees. */
void gw_config_free(gw_config **c);

/* Does any route bring the signal to that upstream? Who shows lanes leaves the others out. */
bool gw_config_sends(const gw_config *c, size_t upstream, gw_signal s);

/* Loads a file of workspaces: {version: 1, workspaces: [...]}, entries as in `workspaces.list`. Everything
 * lives in `mem`, which must be empty. False: there were errors, all of them are in `d`. Source: the ceiling
 * is that of GW_YAML_MAX_LIST_BYTES; memory is that of the result and of one entry. */
bool gw_config_load_workspaces(const char *path, gw_mem *mem, gw_workspace_cfg **out_list, size_t *out_n,
                               gw_diagnostics *d);
/* The same from text, without files and environment. */
bool gw_config_parse_workspaces(const char *text, size_t n, const char *name, gw_mem *mem,
                                gw_workspace_cfg **out_list, size_t *out_n, gw_diagnostics *d);

/* Writes the effective configuration as YAML that loads to the same config, secrets masked as "***". */
void gw_config_dump(const gw_config *c, FILE *to);
/* Writes the reference of all keys as a Markdown table (README is made from it). */
void gw_config_reference(FILE *to);

#endif
