/* SPDX-License-Identifier: MIT */
/*
 * A recording upstream for the end-to-end tests: a strict OTLP and Loki backend on 127.0.0.1 that keeps all
 * it gets.
 *
 *   recorder --dir DIR [--port N] [--any-label-order] [--lines]
 *
 * Prints its port on standard output. Request number n becomes DIR/n.head and n.body (as received), n.plain
 * (after the content coding) and last n.json: {"n", "connection", "method", "target", "headers", "signal",
 * "error", "decoded"}. `error` says what a strict backend refuses about it: HTTP framing, types, codings,
 * protobuf, JSON, Loki's rules; such a request is answered 400. Answers can be scripted, see script.h. With
 * --lines there is one file for all, DIR/requests.jsonl, of the same objects. A GET is a health check: 200,
 * and nothing is kept of it. One thread per connection.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/upstream/body.h"
#include "tests/upstream/http.h"
#include "tests/upstream/script.h"

static const char *dir;
static bool any_label_order, as_lines;
static FILE *lines;
static up_script *script;
static atomic_uint n_requests, n_connections;

static void save(unsigned n, const char *suffix, const void *p, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%06u.%s", dir, n, suffix);
    FILE *f = fopen(path, "wb");
    if (f == NULL || (size > 0 && fwrite(p, 1, size, f) != size) || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

static void save_json(unsigned n, unsigned connection, const up_request *req, const up_body *body,
                      const char *error)
{
    json_t *headers = json_array();
    for (size_t i = 0; i < req->n_headers; i++)
        json_array_append_new(headers, json_pack("[ss]", req->headers[i].name, req->headers[i].value));
    json_t *all =
        json_pack("{si si ss* ss* so ss sb ss? sO?}", "n", n, "connection", connection, "method", req->method,
                  "target", req->target, "headers", headers, "signal", up_signal_word(body->signal),
                  "is_json", body->is_json, "error", error, "decoded", body->decoded);
    char *text = json_dumps(all, JSON_COMPACT | JSON_ENSURE_ASCII), from[4096], to[4096];
    if (text == NULL) {
        fputs("cannot render a request\n", stderr);
        exit(1);
    }
    if (as_lines) {
        flockfile(lines);
        if (fprintf(lines, "%s\n", text) < 0 || fflush(lines) != 0) {
            perror("requests.jsonl");
            exit(1);
        }
        funlockfile(lines);
        free(text);
        json_decref(all);
        return;
    }
    save(n, "tmp", text, strlen(text));
    snprintf(from, sizeof from, "%s/%06u.tmp", dir, n);
    snprintf(to, sizeof to, "%s/%06u.json", dir, n);
    rename(from, to);
    free(text);
    json_decref(all);
}

/* Keeps a request, good or bad, and answers it; false: close. */
static bool record(int fd, unsigned connection, const up_request *req, const char *http_error)
{
    unsigned n = atomic_fetch_add(&n_requests, 1) + 1;
    up_body body = {.signal = UP_SIGNAL_NONE};
    const char *error = http_error != NULL ? http_error : up_body_decode(req, any_label_order, &body);
    if (!as_lines) {
        save(n, "head", req->raw_head, req->n_raw_head);
        save(n, "body", req->body, req->n_body);
        save(n, "plain", body.plain, body.n_plain);
    }
    save_json(n, connection, req, &body, error);
    bool keep;
    if (error == NULL)
        keep = up_script_answer(script, fd, req, &body) && !req->close;
    else
        keep = up_respond(fd, 400, NULL, "text/plain", error, strlen(error), false) && http_error == NULL;
    up_body_release(&body);
    return keep;
}

static bool control(int fd, const up_request *req)
{
    const char *why = up_script_set(script, req->body, req->n_body);
    if (why != NULL)
        return up_respond(fd, 400, NULL, "text/plain", why, strlen(why), false);
    return up_respond(fd, 204, NULL, "", NULL, 0, false);
}

static void *serve(void *arg)
{
    up_reader *r = arg;
    unsigned connection = atomic_fetch_add(&n_connections, 1) + 1;
    for (bool keep = true; keep;) {
        up_request req;
        const char *why = NULL;
        up_read_result result = up_request_read(r, &req, &why);
        if (result == UP_READ_OK && strcmp(req.target, "/_script") == 0)
            keep = control(r->fd, &req);
        else if (result == UP_READ_OK && strcmp(req.method, "GET") == 0)
            keep = up_respond(r->fd, 200, NULL, "text/plain", "ok", 2, false) && !req.close;
        else if (result != UP_READ_EOF)
            keep = record(r->fd, connection, &req, result == UP_READ_BAD ? why : NULL);
        else
            keep = false;
        up_request_release(&req);
    }
    close(r->fd);
    free(r);
    return NULL;
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t n = sizeof sin;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&sin, sizeof sin) != 0 || listen(fd, 256) != 0 ||
        getsockname(fd, (struct sockaddr *)&sin, &n) != 0) {
        perror("listen");
        exit(1);
    }
    printf("%u\n", ntohs(sin.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    unsigned long port = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--any-label-order") == 0)
            any_label_order = true;
        else if (strcmp(argv[i], "--lines") == 0)
            as_lines = true;
        else if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc)
            dir = argv[++i];
        else if (strcmp(argv[i], "--port") == 0 && i + 1 < argc)
            port = strtoul(argv[++i], NULL, 10);
    }
    if (dir == NULL || port > 65535) {
        fputs("usage: recorder --dir DIR [--port N] [--any-label-order] [--lines]\n", stderr);
        return 2;
    }
    if (as_lines) {
        char path[4096];
        snprintf(path, sizeof path, "%s/requests.jsonl", dir);
        lines = fopen(path, "ab");
        if (lines == NULL) {
            perror(path);
            return 1;
        }
    }
    script = up_script_new();
    int listener = listen_on((uint16_t)port);
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (;;) {
        up_reader *r = calloc(1, sizeof *r);
        pthread_t thread;
        int on = 1;
        r->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (r->fd < 0 || pthread_create(&thread, &detached, serve, r) != 0) {
            perror("accept");
            return 1;
        }
    }
}
