/* SPDX-License-Identifier: MIT */
/*
 * A proxy that plays every fault of a network and a backend, for the end-to-end tests.
 *
 *   fault_proxy --dir DIR --backend PORT --gates N
 *
 * Prints {"control": port, "gates": [port, ...]} on standard output. Each gate is a port of 127.0.0.1 before
 * the same backend, see fault_gate.h. PUT /I on the control port gives gate I a plan (fault_plan.h), GET /I
 * tells its counts.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/upstream/fault_gate.h"
#include "tests/upstream/script.h"

enum { MAX_GATES = 1000 };

static fault_gate *gates[MAX_GATES];
static unsigned long n_gates;

static bool say(int fd, int status, const char *text)
{
    return up_respond(fd, status, NULL, *text == '\0' ? "" : "application/json", text, strlen(text), false);
}

static bool control(int fd, const up_request *req)
{
    char *end;
    unsigned long i = strtoul(req->target + 1, &end, 10);
    const char *why;
    if (*end != '\0' || end == req->target + 1 || i >= n_gates)
        return say(fd, 404, "no such gate");
    if (strcmp(req->method, "PUT") == 0) {
        fault_plan *plan = fault_plan_new(req->body, req->n_body, &why);
        if (plan == NULL)
            return say(fd, 400, why);
        fault_gate_set(gates[i], plan);
        return say(fd, 204, "");
    }
    json_t *stats = fault_gate_stats(gates[i]);
    char *text = json_dumps(stats, JSON_COMPACT);
    bool said = say(fd, 200, text);
    free(text);
    json_decref(stats);
    return said;
}

static int listen_for_control(uint16_t *out_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &n) != 0) {
        perror("listen");
        exit(1);
    }
    *out_port = ntohs(a.sin_port);
    return fd;
}

static void tell_ports(uint16_t control_port)
{
    printf("{\"control\":%u,\"gates\":[", control_port);
    for (unsigned long i = 0; i < n_gates; i++)
        printf("%s%u", i == 0 ? "" : ",", fault_gate_port(gates[i]));
    puts("]}");
    fflush(stdout);
}

/* One order a connection, one after the other: tests give few. */
static void serve_control(int listener)
{
    for (;;) {
        up_request req;
        const char *why;
        up_reader *r = calloc(1, sizeof *r);
        r->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (r->fd < 0) {
            perror("accept");
            exit(1);
        }
        if (up_request_read(r, &req, &why) == UP_READ_OK)
            control(r->fd, &req);
        up_request_release(&req);
        close(r->fd);
        free(r);
    }
}

int main(int argc, char **argv)
{
    const char *dir = NULL;
    unsigned long backend = 0;
    uint16_t port;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--dir") == 0)
            dir = argv[i + 1];
        else if (strcmp(argv[i], "--backend") == 0)
            backend = strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--gates") == 0)
            n_gates = strtoul(argv[i + 1], NULL, 10);
    }
    if (dir == NULL || backend == 0 || backend > 65535 || n_gates == 0 || n_gates > MAX_GATES) {
        fputs("usage: fault_proxy --dir DIR --backend PORT --gates N\n", stderr);
        return 2;
    }
    for (unsigned i = 0; i < n_gates; i++)
        gates[i] = fault_gate_new(i, dir, (uint16_t)backend);
    int listener = listen_for_control(&port);
    tell_ports(port);
    serve_control(listener);
}
