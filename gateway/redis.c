/* SPDX-License-Identifier: MIT */
#include "gateway/redis.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "filters/base/buf.h"
#include "gateway/redis_reader.h"

#include "gateway/clock.h"

enum { MAX_OUT = 16 << 20, STEP = 16 << 10 };

struct gw_redis {
    const gw_redis_options *o; /* borrowed */
    int fd;
    SSL_CTX *ctx; /* owned; NULL: plain */
    SSL *ssl;     /* owned */
    redisReader *reader;
    rd_buf out;
    uint64_t until_ms;
};

/* ---- waiting ---- */

static bool wait_for(const gw_redis *r, short events)
{
    for (;;) {
        uint64_t now = gw_now_ms();
        struct pollfd p = {.fd = r->fd, .events = events};
        if (now >= r->until_ms)
            return false;
        int n = poll(&p, 1, (int)(r->until_ms - now));
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

/* After an SSL call that returned `ret`: true when it can be tried again. */
static bool wait_for_tls(const gw_redis *r, int ret)
{
    switch (SSL_get_error(r->ssl, ret)) {
    case SSL_ERROR_WANT_READ:
        return wait_for(r, POLLIN);
    case SSL_ERROR_WANT_WRITE:
        return wait_for(r, POLLOUT);
    default:
        return false;
    }
}

/* Bytes moved; 0: the other side closed, or the time is over. */
static size_t get_some(gw_redis *r, char *p, size_t n)
{
    for (;;) {
        if (r->ssl != NULL) {
            int got = SSL_read(r->ssl, p, (int)n);
            if (got > 0)
                return (size_t)got;
            if (!wait_for_tls(r, got))
                return 0;
            continue;
        }
        ssize_t got = read(r->fd, p, n);
        if (got >= 0)
            return (size_t)got;
        if (errno != EINTR && (errno != EAGAIN || !wait_for(r, POLLIN)))
            return 0;
    }
}

static size_t put_some(gw_redis *r, const uint8_t *p, size_t n)
{
    for (;;) {
        if (r->ssl != NULL) {
            int put = SSL_write(r->ssl, p, (int)n);
            if (put > 0)
                return (size_t)put;
            if (!wait_for_tls(r, put))
                return 0;
            continue;
        }
        ssize_t put = send(r->fd, p, n, MSG_NOSIGNAL);
        if (put > 0)
            return (size_t)put;
        if (errno != EINTR && (errno != EAGAIN || !wait_for(r, POLLOUT)))
            return 0;
    }
}

/* ---- opening ---- */

static int socket_to(gw_redis *r, const struct addrinfo *a)
{
    int one = 1, e = 0;
    socklen_t n = sizeof e;
    r->fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
    if (r->fd < 0)
        return -1;
    setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(r->fd, a->ai_addr, a->ai_addrlen) == 0)
        return r->fd;
    if (errno == EINPROGRESS && wait_for(r, POLLOUT) &&
        getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &e, &n) == 0 && e == 0)
        return r->fd;
    close(r->fd);
    r->fd = -1;
    return -1;
}

static bool connect_any(gw_redis *r)
{
    char port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    snprintf(port, sizeof port, "%u", r->o->port);
    if (getaddrinfo(r->o->host, port, &hints, &list) != 0)
        return false;
    for (const struct addrinfo *a = list; a != NULL && r->fd < 0; a = a->ai_next)
        socket_to(r, a);
    freeaddrinfo(list);
    return r->fd >= 0;
}

static bool load_tls(gw_redis *r)
{
    const gw_redis_options *o = r->o;
    r->ctx = SSL_CTX_new(TLS_client_method());
    if (r->ctx == NULL || SSL_CTX_set_min_proto_version(r->ctx, TLS1_2_VERSION) != 1)
        return false;
    SSL_CTX_set_verify(r->ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(r->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (o->ca != NULL ? SSL_CTX_load_verify_locations(r->ctx, o->ca, NULL) != 1
                      : SSL_CTX_set_default_verify_paths(r->ctx) != 1)
        return false;
    return o->certificate == NULL || (SSL_CTX_use_certificate_chain_file(r->ctx, o->certificate) == 1 &&
                                      SSL_CTX_use_PrivateKey_file(r->ctx, o->key, SSL_FILETYPE_PEM) == 1);
}

static bool shake_hands(gw_redis *r)
{
    const char *name = r->o->server_name != NULL ? r->o->server_name : r->o->host;
    r->ssl = SSL_new(r->ctx);
    if (r->ssl == NULL || SSL_set_fd(r->ssl, r->fd) != 1)
        return false;
    X509_VERIFY_PARAM *param = SSL_get0_param(r->ssl);
    bool is_ip = X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
    if (!is_ip && (SSL_set1_host(r->ssl, name) != 1 || SSL_set_tlsext_host_name(r->ssl, name) != 1))
        return false;
    for (;;) {
        int ret = SSL_connect(r->ssl);
        if (ret == 1)
            return true;
        if (!wait_for_tls(r, ret))
            return false;
    }
}

static bool authenticate(gw_redis *r)
{
    const char *argv[3] = {"AUTH", r->o->username, r->o->password};
    int argc = 3;
    if (r->o->password == NULL)
        return true;
    if (r->o->username == NULL) {
        argv[1] = r->o->password;
        argc = 2;
    }
    size_t lengths[3] = {4, strlen(argv[1]), argc == 3 ? strlen(argv[2]) : 0};
    redisReply *reply =
        gw_redis_append(r, argc, argv, lengths) && gw_redis_flush(r) ? gw_redis_read(r) : NULL;
    bool ok = reply != NULL && reply->type == REDIS_REPLY_STATUS;
    if (reply != NULL)
        freeReplyObject(reply);
    rd_buf_wipe(&r->out);
    return ok;
}

gw_redis *gw_redis_open(const gw_redis_options *o, const char **out_why)
{
    gw_redis *r = calloc(1, sizeof *r);
    *out_why = "no memory";
    if (r == NULL)
        return NULL;
    r->o = o;
    r->fd = -1;
    rd_buf_init(&r->out, MAX_OUT);
    r->reader = gw_redis_reader_new();
    r->until_ms = gw_now_ms() + o->timeout_ms;
    if (r->reader != NULL && !connect_any(r))
        *out_why = "cannot connect";
    else if (r->reader != NULL && o->tls && !load_tls(r))
        *out_why = "TLS files do not load";
    else if (r->reader != NULL && o->tls && !shake_hands(r))
        *out_why = "TLS handshake failed";
    else if (r->reader != NULL && !authenticate(r))
        *out_why = "AUTH was refused";
    else if (r->reader != NULL)
        return r;
    gw_redis_close(&r);
    return NULL;
}

void gw_redis_close(gw_redis **pr)
{
    gw_redis *r = *pr;
    *pr = NULL;
    if (r == NULL)
        return;
    SSL_free(r->ssl);
    SSL_CTX_free(r->ctx);
    if (r->fd >= 0)
        close(r->fd);
    if (r->reader != NULL)
        redisReaderFree(r->reader);
    rd_buf_release(&r->out);
    free(r);
}

/* ---- a round ---- */

bool gw_redis_append(gw_redis *r, int argc, const char **argv, const size_t *lengths)
{
    char *text = NULL;
    int n = redisFormatCommandArgv(&text, argc, argv, lengths);
    if (n < 0)
        return false;
    rd_buf_append(&r->out, text, (size_t)n);
    OPENSSL_cleanse(text, (size_t)n);
    redisFreeCommand(text);
    return r->out.failed == RD_OK;
}

bool gw_redis_flush(gw_redis *r)
{
    size_t at = 0;
    r->until_ms = gw_now_ms() + r->o->timeout_ms;
    while (at < r->out.n) {
        size_t put = put_some(r, r->out.p + at, r->out.n - at);
        if (put == 0)
            return false;
        at += put;
    }
    r->out.n = 0;
    return true;
}

redisReply *gw_redis_read(gw_redis *r)
{
    void *reply = NULL;
    char bytes[STEP];
    for (;;) {
        if (redisReaderGetReply(r->reader, &reply) != REDIS_OK)
            return NULL;
        if (reply != NULL)
            return reply;
        size_t n = get_some(r, bytes, sizeof bytes);
        if (n == 0 || !gw_redis_reader_feed(r->reader, bytes, n))
            return NULL;
    }
}
