/* SPDX-License-Identifier: MIT */
/*
 * A backend for tests that behaves exactly as badly as told: a listening socket on loopback, a thread for
 * each connection, and a script (a C function of the test) that each of them runs.
 */
#ifndef TESTS_SUPPORT_BACKEND_H
#define TESTS_SUPPORT_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct backend backend;
typedef struct line line; /* one accepted connection, in its thread */

/* `nth` counts connections from 0. When the script returns, the connection is closed in order. */
typedef void (*backend_script)(line *l, unsigned nth);

typedef struct backend_tls {
    const char *certificate, *key; /* PEM files */
    int max_version;               /* TLS1_2_VERSION ...; 0: the latest */
    const char *client_ca;         /* demands a certificate from it; NULL: none */
} backend_tls;

backend *backend_start(backend_script script, const backend_tls *tls);
/* A listening socket that never accepts and whose queue is full: connects hang. */
backend *backend_start_deaf(void);
void backend_stop(backend **b); /* ends all scripts and joins their threads */
uint16_t backend_port(const backend *b);
unsigned backend_connections(backend *b);
unsigned backend_requests(backend *b);
/* The head of the last request read, NUL-terminated; the length of its body, and a sum over it. */
void backend_last_request(backend *b, char *out_head, size_t n, size_t *out_body_n, uint32_t *out_body_sum);
uint32_t backend_sum(const void *p, size_t n);

/* Verbs of scripts; they return false when the connection or the test has ended. */
bool line_read_head(line *l);
bool line_read_body(line *l); /* of the head just read */
bool line_read_request(line *l);
bool line_say(line *l, const char *text);
bool line_send(line *l, const void *p, size_t n);
bool line_pause(line *l, unsigned ms);
void line_wait_for_end(line *l); /* until the client closes, ignoring what it says */
void line_hold(line *l);         /* until the test ends, reading nothing */
void line_reset(line *l);        /* RST */
void line_small_window(line *l); /* little is received until it is read */
bool line_read_some(line *l, size_t n);
void line_close_write(line *l);               /* FIN; under TLS without close_notify */
const char *line_server_name(const line *l);  /* what TLS SNI said; NULL: nothing */
void line_say_raw(line *l, const char *text); /* past TLS, straight to the socket */
void line_alert(line *l);                     /* ends TLS with a fatal alert */
void line_close_notify(line *l);              /* TLS only */

#endif
