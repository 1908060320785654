/* SPDX-License-Identifier: MIT */
/*
 * The other end of a connection: its address, and the names of its certificate if it showed one that the
 * listener's authorities verified. Names are written as the configuration writes them:
 *
 *    subject:CN=shop,O=ACME     RFC 4514, most specific part first
 *    dns:shop.example           lower case
 *    uri:spiffe://acme/shop
 *    email:shop@acme.example    lower case behind the @
 *    sha256:5e88...             fingerprint of the DER form, hex
 */
#ifndef GW_PEER_H
#define GW_PEER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { GW_PEER_MAX_NAMES = 64, GW_PEER_MEMO_MAX = 2048 };

/* Whose the last request of the connection was, and by which credential; identity.h knows what it is good
 * for. */
typedef struct gw_peer_memo {
    uint8_t *credential; /* owned, wiped; NULL: nothing is known */
    size_t n, cap;       /* at most GW_PEER_MEMO_MAX */
    uint64_t generation; /* of the table of workspaces; 0: nothing is known */
    uint32_t workspace;  /* of that table */
    int64_t until;       /* seconds since 1970 */
} gw_peer_memo;

typedef struct gw_peer {
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d; all zero: not known */
    bool verified;       /* there was a certificate, and it was verified */
    unsigned n_names;
    char *names[GW_PEER_MAX_NAMES]; /* owned; the fingerprint first */
    gw_peer_memo memo;
} gw_peer;

/* Reads the certificate of a finished handshake; `ssl` may be NULL. NULL: there is none, or no memory. */
gw_peer *gw_peer_of_ssl(SSL *ssl);
void gw_peer_set_address(gw_peer *p, const struct sockaddr *sa);
void gw_peer_free(gw_peer **p);
/* Forgets the memo, and wipes it. */
void gw_peer_forget(gw_peer *p);

/* A network: "10.0.0.0/8", "2001:db8::/32" or one address. */
typedef struct gw_network {
    uint8_t address[16];
    unsigned bits;
} gw_network;

/* False: `text` is none, or has bits behind its prefix. */
bool gw_network_parse(const char *text, gw_network *out);
bool gw_network_has(const gw_network *n, const uint8_t address[16]);

#endif
