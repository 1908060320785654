/* SPDX-License-Identifier: MIT */
#include "gateway/peer.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

enum { MAX_NAME = 1024 };

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* ---- names of a certificate ---- */

/* Names with a NUL inside or of absurd length are none: two readers could see two names. */
static void add_name(gw_peer *p, const char *kind, const void *text, size_t n)
{
    char name[MAX_NAME + 16];
    if (p->n_names == GW_PEER_MAX_NAMES || n == 0 || n > MAX_NAME || memchr(text, '\0', n) != NULL)
        return;
    snprintf(name, sizeof name, "%s:%.*s", kind, (int)n, (const char *)text);
    p->names[p->n_names] = strdup(name);
    p->n_names += p->names[p->n_names] != NULL;
}

static void add_lower(gw_peer *p, const char *kind, const ASN1_STRING *s, size_t from)
{
    char text[MAX_NAME];
    size_t n = (size_t)ASN1_STRING_length(s);
    if (n > sizeof text)
        return;
    memcpy(text, ASN1_STRING_get0_data(s), n);
    for (size_t i = from; i < n; i++)
        text[i] = (char)tolower((unsigned char)text[i]);
    add_name(p, kind, text, n);
}

static void add_email(gw_peer *p, const ASN1_STRING *s)
{
    const unsigned char *text = ASN1_STRING_get0_data(s),
                        *at = memchr(text, '@', (size_t)ASN1_STRING_length(s));
    if (at != NULL)
        add_lower(p, "email", s, (size_t)(at - text));
}

static void add_fingerprint(gw_peer *p, const X509 *cert)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char text[2 * EVP_MAX_MD_SIZE];
    if (X509_digest(cert, EVP_sha256(), md, &n) != 1)
        return;
    for (unsigned i = 0; i < n; i++) {
        text[2 * i] = hex[md[i] >> 4];
        text[2 * i + 1] = hex[md[i] & 15];
    }
    add_name(p, "sha256", text, 2 * n);
}

static void add_subject(gw_peer *p, const X509 *cert)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (b != NULL &&
        X509_NAME_print_ex(b, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        long n = BIO_get_mem_data(b, &text);
        if (n > 0)
            add_name(p, "subject", text, (size_t)n);
    }
    BIO_free(b);
}

static void add_alternatives(gw_peer *p, const X509 *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
        if (g->type == GEN_DNS)
            add_lower(p, "dns", g->d.dNSName, 0);
        else if (g->type == GEN_EMAIL)
            add_email(p, g->d.rfc822Name);
        else if (g->type == GEN_URI)
            add_name(p, "uri", ASN1_STRING_get0_data(g->d.uniformResourceIdentifier),
                     (size_t)ASN1_STRING_length(g->d.uniformResourceIdentifier));
    }
    GENERAL_NAMES_free(names);
}

gw_peer *gw_peer_of_ssl(SSL *ssl)
{
    X509 *cert = ssl != NULL ? SSL_get0_peer_certificate(ssl) : NULL;
    if (cert == NULL || SSL_get_verify_result(ssl) != X509_V_OK ||
        SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE)
        return NULL;
    gw_peer *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->verified = true;
    add_fingerprint(p, cert);
    add_subject(p, cert);
    add_alternatives(p, cert);
    return p;
}

void gw_peer_free(gw_peer **pp)
{
    gw_peer *p = *pp;
    *pp = NULL;
    for (unsigned i = 0; p != NULL && i < p->n_names; i++)
        free(p->names[i]);
    if (p != NULL)
        gw_peer_forget(p);
    free(p);
}

void gw_peer_forget(gw_peer *p)
{
    if (p->memo.credential != NULL)
        OPENSSL_cleanse(p->memo.credential, p->memo.cap);
    free(p->memo.credential);
    p->memo = (gw_peer_memo){0};
}

/* ---- addresses ---- */

void gw_peer_set_address(gw_peer *p, const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET6) {
        memcpy(p->address, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
    } else if (sa->sa_family == AF_INET) {
        memcpy(p->address, mapped, sizeof mapped);
        memcpy(p->address + 12, &((const struct sockaddr_in *)sa)->sin_addr, 4);
    }
}

static bool parse_bits(const char *s, unsigned max, unsigned *out)
{
    unsigned v = 0;
    if (*s == '\0' || strlen(s) > 3 || (s[0] == '0' && s[1] != '\0'))
        return false;
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9')
            return false;
        v = v * 10 + (unsigned)(*s - '0');
    }
    *out = v;
    return v <= max;
}

bool gw_network_parse(const char *text, gw_network *out)
{
    char host[64];
    const char *slash = strchr(text, '/');
    size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
    gw_network net = {.bits = 128};
    if (n == 0 || n >= sizeof host)
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    bool v4 = inet_pton(AF_INET, host, net.address + 12) == 1;
    if (v4)
        memcpy(net.address, mapped, sizeof mapped);
    else if (inet_pton(AF_INET6, host, net.address) != 1)
        return false;
    if (slash != NULL && !parse_bits(slash + 1, v4 ? 32 : 128, &net.bits))
        return false;
    net.bits += slash != NULL && v4 ? 96 : 0;
    for (unsigned i = net.bits; i < 128; i++) {
        if (net.address[i / 8] >> (7 - i % 8) & 1)
            return false;
    }
    *out = net;
    return true;
}

bool gw_network_has(const gw_network *n, const uint8_t address[16])
{
    unsigned whole = n->bits / 8, rest = n->bits % 8;
    if (memcmp(n->address, address, whole) != 0)
        return false;
    return rest == 0 || ((n->address[whole] ^ address[whole]) >> (8 - rest)) == 0;
}
