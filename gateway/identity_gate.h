/* SPDX-License-Identifier: MIT */
/*
 * Who may have a password checked, and when. A check takes tens of milliseconds and tens of megabytes by
 * intent, so only few run at a time; the others wait in line, first come first served. The line is bounded
 * for the process, and for each source address and each workspace: who tries many passwords, from one place
 * or against one workspace, waits for himself, and somebody else waits for a handful of his checks at most.
 *
 *    enter ─► a place, or none (to be answered: later) ─► go: now, or when it is its turn ─► leave
 *
 * A place is taken by who is ready to go, never for a body that is still on its way: its sender could take as
 * long as he likes. Whether there is one can be asked before.
 *
 * Thread-safe. One for the process.
 */
#ifndef GW_IDENTITY_GATE_H
#define GW_IDENTITY_GATE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    GW_GATE_PLACES = 64,
    GW_GATE_PER_SOURCE = 4, /* senders behind one address of a proxy share them */
    GW_GATE_PER_WORKSPACE = 16
};

typedef struct gw_gate_place gw_gate_place;

/* How many checks run at a time. */
void gw_gate_set_limit(unsigned n);

/* `source`: an IPv6 address (IPv4 mapped); of IPv6 the first 64 bits count. `workspace`: its name. NULL: no
 * place is left for these. */
gw_gate_place *gw_gate_enter(const uint8_t source[16], const char *workspace);
/* Would gw_gate_enter find a place now? */
bool gw_gate_has_room(const uint8_t source[16], const char *workspace);
/* Calls go(arg), at once or later, from the thread of whoever leaves then. Once a place. */
void gw_gate_go(gw_gate_place *p, void (*go)(void *arg), void *arg);
/* The check is over, or will not run after all (unless it is in line: who has gone on must wait for its
 * call). */
void gw_gate_leave(gw_gate_place *p);

#endif
