/* SPDX-License-Identifier: MIT */
#include "gateway/identity_gate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef enum place_state { FREE, ENTERED, WAITING, RUNNING } place_state;

struct gw_gate_place {
    place_state state;
    uint64_t source, workspace; /* hashes: equal ones share what one of them may have */
    uint64_t turn;              /* of those in line, the smallest goes first */
    void (*go)(void *arg);
    void *arg; /* borrowed until `go` was called */
};

static struct {
    pthread_mutex_t lock;
    gw_gate_place places[GW_GATE_PLACES];
    unsigned running, limit;
    uint64_t turns;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .limit = 1};

void gw_gate_set_limit(unsigned n)
{
    pthread_mutex_lock(&gate.lock);
    gate.limit = n > 0 ? n : 1;
    pthread_mutex_unlock(&gate.lock);
}

/* FNV-1a: a sender who finds two names that collide only takes places from himself. */
static uint64_t hash_of(const void *p, size_t n)
{
    const uint8_t *bytes = p;
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * UINT64_C(1099511628211);
    return h;
}

/* One who has an IPv6 address has 2^64 of them. */
static uint64_t source_of(const uint8_t address[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return hash_of(address, memcmp(address, mapped, sizeof mapped) == 0 ? 16 : 8);
}

/* Under the lock. NULL: there are as many of them as there may be. */
static gw_gate_place *find_place(uint64_t source, uint64_t workspace)
{
    unsigned of_source = 0, of_workspace = 0;
    gw_gate_place *found = NULL;
    for (unsigned i = 0; i < GW_GATE_PLACES; i++) {
        gw_gate_place *p = &gate.places[i];
        if (p->state == FREE) {
            found = p;
            continue;
        }
        of_source += p->source == source;
        of_workspace += p->workspace == workspace;
    }
    return of_source < GW_GATE_PER_SOURCE && of_workspace < GW_GATE_PER_WORKSPACE ? found : NULL;
}

gw_gate_place *gw_gate_enter(const uint8_t source[16], const char *workspace)
{
    uint64_t s = source_of(source), w = hash_of(workspace, strlen(workspace));
    pthread_mutex_lock(&gate.lock);
    gw_gate_place *p = find_place(s, w);
    if (p != NULL)
        *p = (gw_gate_place){.state = ENTERED, .source = s, .workspace = w};
    pthread_mutex_unlock(&gate.lock);
    return p;
}

bool gw_gate_has_room(const uint8_t source[16], const char *workspace)
{
    uint64_t s = source_of(source), w = hash_of(workspace, strlen(workspace));
    pthread_mutex_lock(&gate.lock);
    bool yes = find_place(s, w) != NULL;
    pthread_mutex_unlock(&gate.lock);
    return yes;
}

/* Under the lock: who goes next, if anybody may. */
static gw_gate_place *next_to_run(void)
{
    gw_gate_place *first = NULL;
    if (gate.running >= gate.limit)
        return NULL;
    for (unsigned i = 0; i < GW_GATE_PLACES; i++) {
        gw_gate_place *p = &gate.places[i];
        if (p->state == WAITING && (first == NULL || p->turn < first->turn))
            first = p;
    }
    if (first != NULL) {
        first->state = RUNNING;
        gate.running++;
    }
    return first;
}

/* Takes the lock's place: `go` may come back here. */
static void unlock_and_run(void)
{
    gw_gate_place *p = next_to_run();
    void (*go)(void *) = p != NULL ? p->go : NULL;
    void *arg = p != NULL ? p->arg : NULL;
    pthread_mutex_unlock(&gate.lock);
    if (go != NULL)
        go(arg);
}

void gw_gate_go(gw_gate_place *p, void (*go)(void *arg), void *arg)
{
    pthread_mutex_lock(&gate.lock);
    if (p->state != ENTERED)
        abort();
    p->state = WAITING;
    p->turn = gate.turns++;
    p->go = go;
    p->arg = arg;
    unlock_and_run();
}

void gw_gate_leave(gw_gate_place *p)
{
    pthread_mutex_lock(&gate.lock);
    if (p->state == FREE || p->state == WAITING)
        abort();
    gate.running -= p->state == RUNNING;
    p->state = FREE;
    unlock_and_run();
}
