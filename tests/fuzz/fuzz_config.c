/* SPDX-License-Identifier: MIT */
/*
 * Any text as a configuration, with files and environment out of reach. Besides not crashing and not leaking:
 *   - it loads exactly when nothing is reported;
 *   - what loads holds the promises that the rest of the gateway builds on;
 *   - its dump loads, and dumps the same;
 *   - reports are lines of bounded length without control characters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_SOURCE_COLUMNS = 120 };

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void check_upstream(const gw_upstream_cfg *u)
{
    require(u->name != NULL, "an upstream has a name");
    require((u->n_endpoints > 0) != (u->store != NULL), "either endpoints or store");
    require(u->total_timeout_ms >= u->first_byte_timeout_ms && u->total_timeout_ms >= u->connect_timeout_ms,
            "timeouts");
    require(u->first_byte_timeout_ms > 0 && u->connect_timeout_ms > 0, "no timeout is 0");
    require(u->max_connections > 0 && u->max_idle_connections <= u->max_connections, "connections");
    require(u->store_segment_bytes <= u->store_total_bytes, "store sizes");
    for (size_t i = 0; i < u->n_endpoints; i++)
        require(u->endpoints[i].host[0] != '\0' && u->endpoints[i].port != 0,
                "an endpoint has host and port");
    for (size_t i = 0; i < u->n_headers; i++)
        require(strpbrk(u->headers[i].name, "\r\n: ") == NULL && strpbrk(u->headers[i].value, "\r\n") == NULL,
                "headers");
}

static void check_route(const gw_config *c, size_t i)
{
    const gw_route_cfg *r = &c->routes[i];
    require(r->upstream_index < c->n_upstreams, "a route's upstream exists");
    require(strcmp(c->upstreams[r->upstream_index].name, r->upstream) == 0, "and is the one named");
    require(r->signal < GW_SIGNAL_COUNT && r->match[0] == '/' && r->path[0] == '/', "a route has paths");
    require(r->state != GW_VERSION_RETIRED || r->successor != NULL, "what is retired has a successor");
    for (size_t j = 0; j < i; j++)
        require(strcmp(c->routes[j].match, r->match) != 0, "paths are unique");
}

static void check_rule(const gw_config *c, size_t i)
{
    const gw_rule_cfg *r = &c->redaction.rules[i];
    require((r->n_keys > 0) + (r->detector != NULL) + (r->pattern != NULL) == 1, "a rule has one selector");
    require(r->action <= GW_ACTION_DROP && r->label_action <= GW_ACTION_DROP, "actions");
    require(r->replacement != NULL, "replacement");
    for (size_t j = 0; j < i; j++)
        require(strcmp(c->redaction.rules[j].name, r->name) != 0, "names are unique");
}

static void check_config(const gw_config *c)
{
    require(c->version == 1 && c->n_listeners > 0 && c->n_upstreams > 0 && c->n_routes > 0,
            "what every config has");
    for (size_t i = 0; i < c->n_listeners; i++)
        require(c->listeners[i].host != NULL, "a listener has a host");
    for (size_t i = 0; i < c->n_upstreams; i++)
        check_upstream(&c->upstreams[i]);
    for (size_t i = 0; i < c->n_routes; i++)
        check_route(c, i);
    for (size_t i = 0; i < c->redaction.n_rules; i++)
        check_rule(c, i);
    require(c->limits.decoded_bytes >= c->limits.body_bytes && c->limits.body_bytes > 0, "limits");
    require(c->limits.memory_bytes >= c->limits.decoded_bytes, "memory");
}

static void check_reports(const char *out)
{
    size_t columns = 0;
    bool source = false;
    for (const unsigned char *s = (const unsigned char *)out; *s != '\0'; s++) {
        require(*s == '\n' || *s >= 0x20, "no control characters");
        if (columns == 0)
            source = *s >= '0' && *s <= '9';
        columns = *s == '\n' ? 0 : columns + ((*s & 0xc0) != 0x80);
        require(!source || columns < MAX_SOURCE_COLUMNS, "source lines are cut");
    }
}

static char *dump_of(const gw_config *c, size_t *out_n)
{
    char *dump = NULL;
    FILE *f = open_memstream(&dump, out_n);
    gw_config_dump(c, f);
    fclose(f);
    return dump;
}

static void check_dump(const gw_config *c)
{
    size_t n, n_again;
    char *dump = dump_of(c, &n);
    gw_diagnostics *d = gw_diagnostics_new();
    gw_config *again = gw_config_parse_in(dump, n, "dump", "", GW_SEALED, d);
    gw_diagnostics_print(d, stderr);
    require(again != NULL, "a dump loads");
    char *dump_again = dump_of(again, &n_again);
    require(n == n_again && memcmp(dump, dump_again, n) == 0, "and dumps the same");
    free(dump);
    free(dump_again);
    gw_config_free(&again);
    gw_diagnostics_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *out = NULL;
    size_t n = 0;
    gw_diagnostics *d = gw_diagnostics_new();
    gw_config *c = gw_config_parse_in((const char *)data, size, "f.yaml", "", GW_SEALED, d);
    FILE *f = open_memstream(&out, &n);
    gw_diagnostics_print(d, f);
    fclose(f);
    require((c == NULL) == (gw_diagnostics_errors(d) > 0), "loads exactly when nothing is reported");
    check_reports(out);
    if (c != NULL) {
        check_config(c);
        check_dump(c);
    }
    gw_config_free(&c);
    gw_diagnostics_free(&d);
    free(out);
    return 0;
}
