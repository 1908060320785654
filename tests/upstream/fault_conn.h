/* SPDX-License-Identifier: MIT */
/*
 * One connection through a gate: exchange after exchange is read whole, passed to the backend, and its answer
 * sent on; or whatever the plan says. Requests have a Content-Length or no body; chunked ones are not
 * understood.
 */
#ifndef TESTS_UPSTREAM_FAULT_CONN_H
#define TESTS_UPSTREAM_FAULT_CONN_H

#include "tests/upstream/fault_gate.h"

/* A thread; `arg` is a fault_conn that it owns. */
void *fault_conn_serve(void *arg);

#endif
