/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "tests/support/certs.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CERTS = 16 };

struct certs {
    char dir[64];
    size_t n;
    struct made {
        char name[32], pem[128], key[128];
        X509 *x509;
        EVP_PKEY *pkey;
    } made[MAX_CERTS];
};

static void must(int is_true, const char *what)
{
    if (!is_true) {
        fprintf(stderr, "certs: %s failed\n", what);
        abort();
    }
}

certs *certs_new(void)
{
    certs *c = calloc(1, sizeof *c);
    must(c != NULL, "calloc");
    const char *tmp = getenv("TMPDIR");
    snprintf(c->dir, sizeof c->dir, "%.40s/certs-XXXXXX", tmp != NULL ? tmp : "/tmp");
    must(mkdtemp(c->dir) != NULL, "mkdtemp");
    return c;
}

void certs_free(certs **cp)
{
    certs *c = *cp;
    *cp = NULL;
    for (size_t i = 0; i < c->n; i++) {
        unlink(c->made[i].pem);
        unlink(c->made[i].key);
        X509_free(c->made[i].x509);
        EVP_PKEY_free(c->made[i].pkey);
    }
    rmdir(c->dir);
    free(c);
}

static struct made *find(certs *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->made[i].name, name) == 0)
            return &c->made[i];
    }
    must(0, name);
    return NULL;
}

static void extend(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    must(e != NULL && X509_add_ext(x, e, -1) == 1, value);
    X509_EXTENSION_free(e);
}

static void save(const struct made *m)
{
    FILE *f = fopen(m->pem, "w");
    must(f != NULL && PEM_write_X509(f, m->x509) == 1 && fclose(f) == 0, "writing a certificate");
    f = fopen(m->key, "w");
    must(f != NULL && PEM_write_PrivateKey(f, m->pkey, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0,
         "writing a key");
}

static struct made *make(certs *c, const char *name, struct made *ca, const char *san, int from_days,
                         int to_days)
{
    must(c->n < MAX_CERTS, "room");
    struct made *m = &c->made[c->n++];
    char dir[sizeof c->dir];
    memcpy(dir, c->dir, sizeof dir);
    snprintf(m->name, sizeof m->name, "%s", name);
    snprintf(m->pem, sizeof m->pem, "%s/%s.pem", dir, name);
    snprintf(m->key, sizeof m->key, "%s/%s.key", dir, name);
    m->pkey = EVP_EC_gen("P-256");
    m->x509 = X509_new();
    must(m->pkey != NULL && m->x509 != NULL, "a key");
    ca = ca != NULL ? ca : m;
    X509_set_version(m->x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(m->x509), (long)c->n);
    X509_gmtime_adj(X509_getm_notBefore(m->x509), from_days * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(m->x509), to_days * 86400L);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(m->x509), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(m->x509, X509_get_subject_name(ca->x509));
    X509_set_pubkey(m->x509, m->pkey);
    extend(m->x509, ca->x509, NID_basic_constraints, san == NULL ? "critical,CA:TRUE" : "CA:FALSE");
    if (san != NULL)
        extend(m->x509, ca->x509, NID_subject_alt_name, san);
    must(X509_sign(m->x509, ca->pkey, EVP_sha256()) > 0, "signing");
    save(m);
    return m;
}

const char *certs_ca(certs *c, const char *name)
{
    return make(c, name, NULL, NULL, -1, 10)->pem;
}

const char *certs_leaf(certs *c, const char *name, const char *ca, const char *san, int from_days,
                       int to_days)
{
    return make(c, name, find(c, ca), san, from_days, to_days)->pem;
}

const char *certs_key(certs *c, const char *name)
{
    return find(c, name)->key;
}
