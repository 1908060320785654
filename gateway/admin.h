/* SPDX-License-Identifier: MIT */
/*
 * The admin listener: /livez, /readyz, /metrics. Loopback only, GET and HEAD only, nothing of a request or
 * payload in any answer.
 *
 *   /livez   200 while the process answers at all
 *   /readyz  200 while it takes requests; 503 with reasons from the moment it drains
 */
#ifndef GW_ADMIN_H
#define GW_ADMIN_H

#include "gateway/frontend.h"

extern const gw_app gw_admin_app;

/* Set by the server; read by /readyz. */
void gw_admin_set_ready(bool ready, const char *reason);

#endif
