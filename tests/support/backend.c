/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "tests/support/backend.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct line {
    backend *owner;
    pthread_t thread;
    int fd;
    SSL *ssl;
    unsigned nth;
    char head[16 * 1024];
    size_t head_n, body_n;
    char more[16 * 1024]; /* read past the head */
    size_t more_n;
    line *next;
};

struct backend {
    int fd;
    uint16_t port;
    backend_script script;
    SSL_CTX *tls;
    pthread_t thread;
    bool has_thread;
    atomic_bool stopping;
    pthread_mutex_t lock; /* of the rest */
    line *lines;
    unsigned n_connections, n_requests;
    char last_head[16 * 1024];
    size_t last_body_n;
    uint32_t last_body_sum;
    int fillers[64];
    unsigned n_fillers;
};

static void die(const char *what)
{
    perror(what);
    abort();
}

static int listen_on_loopback(int backlog, uint16_t *out_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, backlog) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        die("listen");
    *out_port = ntohs(a.sin_port);
    return fd;
}

/* --- one connection --- */

static ssize_t line_recv(line *l, void *p, size_t n)
{
    if (l->ssl != NULL)
        return SSL_read(l->ssl, p, (int)n);
    ssize_t k;
    while ((k = recv(l->fd, p, n, 0)) == -1 && errno == EINTR)
        ;
    return k;
}

bool line_send(line *l, const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        size_t part = n < 1 << 20 ? n : 1 << 20;
        ssize_t k = l->ssl != NULL ? SSL_write(l->ssl, at, (int)part) : send(l->fd, at, part, MSG_NOSIGNAL);
        if (k <= 0)
            return false;
        at += k;
        n -= (size_t)k;
    }
    return true;
}

bool line_say(line *l, const char *text)
{
    return line_send(l, text, strlen(text));
}

bool line_read_head(line *l)
{
    l->head_n = l->more_n;
    memcpy(l->head, l->more, l->more_n);
    l->more_n = 0;
    for (;;) {
        l->head[l->head_n] = '\0';
        char *end = strstr(l->head, "\r\n\r\n");
        if (end != NULL) {
            size_t n = (size_t)(end + 4 - l->head);
            l->more_n = l->head_n - n;
            memcpy(l->more, l->head + n, l->more_n);
            l->head_n = n;
            l->head[n] = '\0';
            break;
        }
        ssize_t k = line_recv(l, l->head + l->head_n, sizeof l->head - 1 - l->head_n);
        if (k <= 0)
            return false;
        l->head_n += (size_t)k;
    }
    const char *length = strcasestr(l->head, "\r\ncontent-length:");
    l->body_n = length != NULL ? strtoul(length + 17, NULL, 10) : 0;
    return true;
}

static uint32_t sum_more(uint32_t sum, const void *p, size_t n)
{
    const unsigned char *at = p;
    for (size_t i = 0; i < n; i++)
        sum = sum * 31 + at[i];
    return sum;
}

uint32_t backend_sum(const void *p, size_t n)
{
    return sum_more(0, p, n);
}

bool line_read_body(line *l)
{
    char buf[16 * 1024];
    size_t left = l->body_n;
    uint32_t sum = 0;
    size_t part = l->more_n < left ? l->more_n : left;
    sum = sum_more(sum, l->more, part);
    memmove(l->more, l->more + part, l->more_n - part);
    l->more_n -= part;
    left -= part;
    while (left > 0) {
        ssize_t k = line_recv(l, buf, left < sizeof buf ? left : sizeof buf);
        if (k <= 0)
            return false;
        sum = sum_more(sum, buf, (size_t)k);
        left -= (size_t)k;
    }
    backend *b = l->owner;
    pthread_mutex_lock(&b->lock);
    b->n_requests++;
    memcpy(b->last_head, l->head, l->head_n + 1);
    b->last_body_n = l->body_n;
    b->last_body_sum = sum;
    pthread_mutex_unlock(&b->lock);
    return true;
}

bool line_read_request(line *l)
{
    return line_read_head(l) && line_read_body(l);
}

bool line_pause(line *l, unsigned ms)
{
    for (; ms > 0 && !atomic_load(&l->owner->stopping); ms--)
        usleep(1000);
    return !atomic_load(&l->owner->stopping);
}

void line_wait_for_end(line *l)
{
    char buf[16 * 1024];
    while (line_recv(l, buf, sizeof buf) > 0)
        ;
}

void line_hold(line *l)
{
    while (line_pause(l, 1000))
        ;
}

void line_reset(line *l)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    SSL_free(l->ssl);
    l->ssl = NULL;
    pthread_mutex_lock(&l->owner->lock);
    close(l->fd);
    l->fd = -1;
    pthread_mutex_unlock(&l->owner->lock);
}

void line_small_window(line *l)
{
    int n = 64 * 1024; /* less than a segment of loopback would stall on probes */
    setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &n, sizeof n);
}

/* Up to `n` bytes, thrown away. */
bool line_read_some(line *l, size_t n)
{
    char buf[64 * 1024];
    return line_recv(l, buf, n < sizeof buf ? n : sizeof buf) > 0;
}

void line_close_write(line *l)
{
    shutdown(l->fd, SHUT_WR);
}

const char *line_server_name(const line *l)
{
    return SSL_get_servername(l->ssl, TLSEXT_NAMETYPE_host_name);
}

void line_say_raw(line *l, const char *text)
{
    send(l->fd, text, strlen(text), MSG_NOSIGNAL);
}

/* A record that cannot be decrypted makes OpenSSL send one: feed it such a record. */
void line_alert(line *l)
{
    static const char record[] = "\x17\x03\x03\x00\x20"
                                 "0123456789abcdef0123456789abcdef";
    BIO *bad = BIO_new_mem_buf(record, sizeof record - 1);
    char c;
    SSL_set0_rbio(l->ssl, bad);
    SSL_read(l->ssl, &c, 1);
}

void line_close_notify(line *l)
{
    SSL_shutdown(l->ssl);
}

static void *line_main(void *arg)
{
    line *l = arg;
    bool up = true;
    if (l->owner->tls != NULL) {
        l->ssl = SSL_new(l->owner->tls);
        SSL_set_fd(l->ssl, l->fd);
        up = SSL_accept(l->ssl) == 1;
    }
    if (up)
        l->owner->script(l, l->nth);
    if (l->ssl != NULL && up)
        SSL_shutdown(l->ssl);
    SSL_free(l->ssl);
    l->ssl = NULL;
    pthread_mutex_lock(&l->owner->lock);
    if (l->fd != -1)
        close(l->fd);
    l->fd = -1;
    pthread_mutex_unlock(&l->owner->lock);
    return NULL;
}

/* --- the backend --- */

static void *accept_main(void *arg)
{
    backend *b = arg;
    for (;;) {
        int fd = accept4(b->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd == -1 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd == -1)
            return NULL; /* backend_stop has shut it down */
        line *l = calloc(1, sizeof *l);
        if (l == NULL)
            die("calloc");
        l->owner = b;
        l->fd = fd;
        pthread_mutex_lock(&b->lock);
        l->nth = b->n_connections++;
        l->next = b->lines;
        b->lines = l;
        if (pthread_create(&l->thread, NULL, line_main, l) != 0)
            die("pthread_create");
        pthread_mutex_unlock(&b->lock);
    }
}

static SSL_CTX *tls_new(const backend_tls *tls)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (ctx == NULL || SSL_CTX_use_certificate_chain_file(ctx, tls->certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, tls->key, SSL_FILETYPE_PEM) != 1)
        die(tls->certificate);
    if (tls->max_version != 0)
        SSL_CTX_set_max_proto_version(ctx, tls->max_version);
    if (tls->client_ca != NULL) {
        SSL_CTX_load_verify_file(ctx, tls->client_ca);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return ctx;
}

static backend *backend_new(void)
{
    backend *b = calloc(1, sizeof *b);
    if (b == NULL)
        die("calloc");
    pthread_mutex_init(&b->lock, NULL);
    return b;
}

backend *backend_start(backend_script script, const backend_tls *tls)
{
    backend *b = backend_new();
    b->script = script;
    b->tls = tls != NULL ? tls_new(tls) : NULL;
    b->fd = listen_on_loopback(512, &b->port);
    b->has_thread = true;
    if (pthread_create(&b->thread, NULL, accept_main, b) != 0)
        die("pthread_create");
    return b;
}

backend *backend_start_deaf(void)
{
    backend *b = backend_new();
    b->fd = listen_on_loopback(0, &b->port);
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(b->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    /* Fill the queue until a connect no longer succeeds. */
    for (unsigned n_stuck = 0; n_stuck < 2 && b->n_fillers < 64;) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        b->fillers[b->n_fillers++] = fd;
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0 && poll(&p, 1, 20) == 0)
            n_stuck++;
    }
    return b;
}

void backend_stop(backend **bp)
{
    backend *b = *bp;
    *bp = NULL;
    if (b == NULL)
        return;
    atomic_store(&b->stopping, true);
    shutdown(b->fd, SHUT_RDWR);
    if (b->has_thread)
        pthread_join(b->thread, NULL);
    close(b->fd);
    pthread_mutex_lock(&b->lock);
    for (line *l = b->lines; l != NULL; l = l->next) {
        if (l->fd != -1)
            shutdown(l->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&b->lock);
    for (line *l; (l = b->lines) != NULL;) {
        b->lines = l->next;
        pthread_join(l->thread, NULL);
        free(l);
    }
    for (unsigned i = 0; i < b->n_fillers; i++)
        close(b->fillers[i]);
    SSL_CTX_free(b->tls);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

uint16_t backend_port(const backend *b)
{
    return b->port;
}

unsigned backend_connections(backend *b)
{
    pthread_mutex_lock(&b->lock);
    unsigned n = b->n_connections;
    pthread_mutex_unlock(&b->lock);
    return n;
}

unsigned backend_requests(backend *b)
{
    pthread_mutex_lock(&b->lock);
    unsigned n = b->n_requests;
    pthread_mutex_unlock(&b->lock);
    return n;
}

void backend_last_request(backend *b, char *out_head, size_t n, size_t *out_body_n, uint32_t *out_body_sum)
{
    pthread_mutex_lock(&b->lock);
    snprintf(out_head, n, "%s", b->last_head);
    *out_body_n = b->last_body_n;
    *out_body_sum = b->last_body_sum;
    pthread_mutex_unlock(&b->lock);
}
