/* SPDX-License-Identifier: MIT */
/* Certificates made on the spot, in a temporary directory. Any failure ends the process: these are tests. */
#ifndef TESTS_SUPPORT_CERTS_H
#define TESTS_SUPPORT_CERTS_H

typedef struct certs certs;

certs *certs_new(void);
void certs_free(certs **c); /* removes the directory */

/* A self-signed CA; gives the file name of its certificate, owned by `c`. */
const char *certs_ca(certs *c, const char *name);
/* A certificate <name>.pem with key <name>.key, signed by `ca`, for subjectAltName `san`
 * ("DNS:localhost,IP:127.0.0.1"), valid from `from_days` to `to_days` from now. */
const char *certs_leaf(certs *c, const char *name, const char *ca, const char *san, int from_days,
                       int to_days);
/* The file name of a key made by either. */
const char *certs_key(certs *c, const char *name);

#endif
