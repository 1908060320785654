/* SPDX-License-Identifier: MIT */
/*
 * Active checks: on one thread for the whole process, GET requests to endpoints that want them
 * (gw_upstream_wants_check), over the same client, TLS settings and headers as telemetry takes, without a
 * body. Follows reloads by itself. Also moves the clock of the breakers.
 */
#ifndef GW_CHECKER_H
#define GW_CHECKER_H

#include "gateway/thread.h"

typedef struct gw_checker gw_checker;

/* On the thread's loop; lives as long as it. */
gw_checker *gw_checker_new(gw_thread *t);
/* Ends what is under way. */
void gw_checker_free(gw_checker **c);

#endif
