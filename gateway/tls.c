/* SPDX-License-Identifier: MIT */
#include "gateway/tls.h"

#include <openssl/err.h>
#include <string.h>

static SSL_CTX *refuse(SSL_CTX *ctx, const char *what, const char *file, char *why, size_t n_why)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    snprintf(why, n_why, "%s %s: %s", what, file == NULL ? "" : file, reason == NULL ? "not usable" : reason);
    ERR_clear_error();
    SSL_CTX_free(ctx);
    return NULL;
}

/* HTTP/1.1 is all this listener speaks; a client that offers only something else is refused during the
 * handshake. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                   unsigned in_len, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1\x08http/1.0";
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* A key with a passphrase is refused, instead of asking for it on the terminal. */
static int on_passphrase(char *buf, int size, int writing, void *arg)
{
    return -1;
}

static int verify_mode(gw_client_cert c)
{
    switch (c) {
    case GW_CLIENT_CERT_OPTIONAL:
        return SSL_VERIFY_PEER;
    case GW_CLIENT_CERT_REQUIRED:
        return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    default:
        return SSL_VERIFY_NONE;
    }
}

SSL_CTX *gw_tls_server_ctx(const gw_listener_tls_cfg *cfg, char *why, size_t n_why)
{
    static const unsigned char session_context[] = "redactd";
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (ctx == NULL)
        return refuse(ctx, "TLS", NULL, why, n_why);
    SSL_CTX_set_min_proto_version(ctx, cfg->min_version == GW_TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(ctx,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_id_context(ctx, session_context, sizeof session_context - 1);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(ctx, on_passphrase);
    SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
    if (SSL_CTX_use_certificate_chain_file(ctx, cfg->certificate) != 1)
        return refuse(ctx, "certificate", cfg->certificate, why, n_why);
    if (SSL_CTX_use_PrivateKey_file(ctx, cfg->key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1)
        return refuse(ctx, "key", cfg->key, why, n_why);
    if (cfg->client_ca != NULL) {
        STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(cfg->client_ca);
        if (names == NULL || SSL_CTX_load_verify_locations(ctx, cfg->client_ca, NULL) != 1)
            return refuse(ctx, "client CA", cfg->client_ca, why, n_why);
        SSL_CTX_set_client_CA_list(ctx, names);
    }
    SSL_CTX_set_verify(ctx, verify_mode(cfg->client_certificate), NULL);
    return ctx;
}
