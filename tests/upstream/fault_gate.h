/* SPDX-License-Identifier: MIT */
/*
 * A gate of the fault proxy: a port of 127.0.0.1, the plan that is in force there, the connections that are
 * open, and a record of what came.
 *
 *   DIR/gate-I.bytes   every byte that came in, as it came
 *   DIR/gate-I.log     a line for each exchange that began ("+") or ended ("-"): unix time in us, sign, how
 * many are under way now
 *
 * One thread accepts, one thread serves each connection; all functions are thread-safe.
 */
#ifndef TESTS_UPSTREAM_FAULT_GATE_H
#define TESTS_UPSTREAM_FAULT_GATE_H

#include <jansson.h>
#include <stdint.h>

#include "tests/upstream/fault_plan.h"

typedef struct fault_gate fault_gate;

typedef struct fault_conn {
    int fd;                  /* closed by its own thread, under the gate's lock */
    fault_gate *gate;        /* borrowed: gates live as long as the process */
    unsigned seed;           /* of the jitter */
    bool reset;              /* under the gate's lock: ends with a reset */
    bool in_exchange;        /* of its own thread */
    struct fault_conn *next; /* under the gate's lock */
} fault_conn;

/* Listens on a free port at once; `backend` is the port of 127.0.0.1 behind it. */
fault_gate *fault_gate_new(unsigned index, const char *dir, uint16_t backend);
uint16_t fault_gate_port(const fault_gate *g);
uint16_t fault_gate_backend(const fault_gate *g);

/* From here on `plan`; open connections fare as it says. */
void fault_gate_set(fault_gate *g, fault_plan *plan);

/* {"accepted", "open", "exchanges", "in_flight", "max_in_flight"}: the maximum since the last plan. */
json_t *fault_gate_stats(fault_gate *g);

/* For connections: the plan for this accept or exchange, the record. */
const fault_plan *fault_gate_plan(fault_gate *g, bool at_accept);
void fault_gate_received(fault_gate *g, const void *p, size_t n);
void fault_gate_exchange(fault_gate *g, bool begins);
/* Takes the connection off the gate and closes it. */
void fault_gate_leave(fault_conn *c);

#endif
