/* SPDX-License-Identifier: MIT */
/*
 * The admin listener: health, metrics, and an API to look at and to change what runs. Loopback only.
 *
 *   /livez     200 while the process answers at all
 *   /readyz    200 while it takes requests; 503 with reasons from the moment it drains
 *   /metrics   Prometheus text format
 *   /api/v1/…  JSON; needs `Authorization: Bearer TOKEN` (admin_tokens.h), as viewer or operator
 *
 *   head ► find the route ► its role against the token's ► body, at most 64 KiB ► the route's function ►
 * answer
 *
 * A browser cannot be made to call the API: the token comes in a header that no page of another origin may
 * send, and no answer allows one to. Every call that may change something, allowed or not, writes one event
 * admin_call: who (the token's name), what, on which target, with what result.
 *
 * To add a route: write gateway/admin_<topic>.c with a table of gw_admin_route (a copy of admin_status.c is a
 * good start) and name the table in `tables` of admin.c. To add a verb that uses it: see cli_admin.h.
 */
#ifndef GW_ADMIN_H
#define GW_ADMIN_H

#include <jansson.h>

#include "filters/base/buf.h"
#include "gateway/admin_tokens.h"
#include "gateway/frontend.h"

extern const gw_app gw_admin_app;

/* Set by the server; read by /readyz. `reason` is a literal. */
void gw_admin_set_ready(bool ready, const char *reason);
/* NULL: ready. */
const char *gw_admin_why_not_ready(void);

/* One call of a route's function, on the admin loop (thread 0). It must not block. */
typedef struct gw_admin_call {
    gw_thread *thread;             /* thread->binding->gen is the generation in force */
    const gw_admin_caller *caller; /* NULL: the route is open to everyone */
    rd_slice query;
    const char *name;   /* of a prefix route: the one path segment behind the prefix, percent-decoded */
    const json_t *body; /* a JSON object; NULL: the request had no body */
    /* what the function fills */
    json_t *answer;    /* owned by the call; NULL: `page` is the answer */
    rd_buf *page;      /* text of routes that are not JSON */
    char target[128];  /* for the audit log: names from the configuration only */
    const char *error; /* literal; set by gw_admin_fail */
} gw_admin_call;

typedef enum gw_admin_need { GW_ADMIN_OPEN, GW_ADMIN_NEEDS_VIEWER, GW_ADMIN_NEEDS_OPERATOR } gw_admin_need;

/* Rows are const and live as long as the process. */
typedef struct gw_admin_route {
    const char *method; /* GET also serves HEAD; anything else is a change and is audited */
    const char *path;
    bool prefix; /* `path` ends with a slash and one segment follows */
    gw_admin_need need;
    const char *action;           /* word for the audit log */
    int (*run)(gw_admin_call *c); /* the status; an answer below 400 has `answer` or `page` */
    const char *type;             /* NULL: application/json */
} gw_admin_route;

/* Ends a table. */
#define GW_ADMIN_ROUTES_END                                                                                  \
    {                                                                                                        \
        0                                                                                                    \
    }

/* `return gw_admin_fail(c, 404, "no such upstream");` The text goes to the caller. */
int gw_admin_fail(gw_admin_call *c, int status, const char *error);
/* A text of the body; NULL: absent or no text. */
const char *gw_admin_text(const gw_admin_call *c, const char *key);

#endif
