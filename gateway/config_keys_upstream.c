/* SPDX-License-Identifier: MIT */
/* Keys of upstreams: backends, their breakers, checks and retries, and stores. */
#include "gateway/config_row.h"

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
const gw_section gw_upstream_tls_section = {upstream_tls_keys, sizeof(S)};
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
const gw_section gw_breaker_section = {breaker_keys, sizeof(S)};
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
const gw_section gw_health_check_section = {health_check_keys, sizeof(S)};
#undef S

#define S gw_retry_cfg
static const gw_key retry_keys[] = {
    {"on", AT(S, on), .words = gw_retry_words, .def = "[connect]",
     .doc = "What another endpoint is tried after. `connect`: the first one could not be reached, so nothing "
            "was "
            "sent. `502`, `503`, `504`: its answer; the data may then be stored twice."},
    {"attempts", AT(S, attempts), RANGE(1, 16), .def = "2",
     .doc = "Endpoints tried for one request, at most."},
    {"budget_percent", AT(S, budget_percent), RANGE(0, 100), .def = "20",
     .doc = "Retries for each hundred requests; a few more when there are few."},
    {0}};
const gw_section gw_retry_section = {retry_keys, sizeof(S)};
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
     .doc = "Per thread and endpoint. While all are busy, requests wait in the `queue`."},
    {"max_idle_connections", AT(S, max_idle_connections), RANGE(0, 65535), .def = "64",
     .doc = "Per thread and endpoint."},
    {"max_response", AT(S, max_response_bytes), BYTES(KIB, 64 * MIB), .def = "1MiB",
     .doc = "Largest answer that is read."},
    {"max_connection_age", AT(S, max_connection_age_ms), MS(SEC, 24 * HOUR), .def = "5m",
     .doc = "When a connection is replaced, so that a name that has moved is followed."},
    {"request_timeout", AT(S, request_timeout_ms), MS(10, 10 * MIN),
     .doc = "From the whole body to the answer: waiting in the queue and all tries together; of a store, "
            "waiting to be written.",
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
const gw_section gw_upstream_section = {upstream_keys, sizeof(S)};
_Static_assert(offsetof(S, name) == 0, "gw_set_map puts the key there");
#undef S
