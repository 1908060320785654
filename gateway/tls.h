/* SPDX-License-Identifier: MIT */
/* TLS of listeners: TLS 1.2 and later, optional or required client certificates, no renegotiation. */
#ifndef GW_TLS_H
#define GW_TLS_H

#include <openssl/ssl.h>

#include "gateway/config.h"

/* NULL: `why` names the file and OpenSSL's reason. The caller owns the result. */
SSL_CTX *gw_tls_server_ctx(const gw_listener_tls_cfg *cfg, char *why, size_t n_why);

#endif
