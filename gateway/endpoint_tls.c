/* SPDX-License-Identifier: MIT */
/*
 * TLS towards a backend: TLS 1.2 or later, a trusted chain, and the right name, always. The name is set in
 * the verification parameters, where OpenSSL checks it during the handshake; h2o's own check is skipped under
 * TLS 1.3.
 */
#include "gateway/endpoint_private.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

/* What h2o's interface does not tell: the SSL object, and that the peer has sent a fatal alert, which h2o
 * takes for the end of the input. The BIO carries the socket. */
static void on_tls_info(const SSL *ssl, int where, int ret)
{
    h2o_socket_t *sock = BIO_get_data(SSL_get_rbio(ssl));
    gw_conn *conn = sock != NULL ? sock->data : NULL;
    if (conn == NULL)
        return;
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0)
        conn->ssl = (SSL *)ssl;
    if (where == SSL_CB_READ_ALERT && ret >> 8 == SSL3_AL_FATAL)
        conn->alerted = true;
}

char *gw_tls_name(const gw_upstream_tls_cfg *cfg, const char *host)
{
    const char *name = cfg->server_name != NULL ? cfg->server_name : host;
    size_t n = strlen(name);
    if (n > 1 && name[n - 1] == '.')
        n--;
    return h2o_strdup(NULL, name, n).base;
}

static bool set_name(SSL_CTX *ctx, const char *name)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    gw_address unused;
    if (gw_address_parse(name, 0, &unused))
        return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return *name != '\0' && X509_VERIFY_PARAM_set1_host(param, name, 0) == 1;
}

static bool set_trust(SSL_CTX *ctx, const char *ca, SSL_CTX *share)
{
    if (share != NULL) {
        SSL_CTX_set1_cert_store(ctx, SSL_CTX_get_cert_store(share));
        return true;
    }
    return ca != NULL ? SSL_CTX_load_verify_file(ctx, ca) == 1 : SSL_CTX_set_default_verify_paths(ctx) == 1;
}

/* A key that wants a passphrase is refused; OpenSSL's default would ask the terminal. */
static int no_passphrase(char *buf, int size, int rwflag, void *data)
{
    return -1;
}

static const char *configure(SSL_CTX *ctx, const gw_upstream_tls_cfg *cfg, const char *host, SSL_CTX *share)
{
    char *name = gw_tls_name(cfg, host);
    bool named = set_name(ctx, name);
    free(name);
    if (!named)
        return "not a name or address that a certificate can be checked for";
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
        return "TLS 1.2 is not available";
    if (!set_trust(ctx, cfg->ca, share))
        return "cannot load the trusted certificates (ca)";
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    if (cfg->certificate != NULL && SSL_CTX_use_certificate_chain_file(ctx, cfg->certificate) != 1)
        return "cannot load the client certificate";
    if (cfg->key != NULL && SSL_CTX_use_PrivateKey_file(ctx, cfg->key, SSL_FILETYPE_PEM) != 1)
        return "cannot load the key of the client certificate";
    if (cfg->certificate != NULL && SSL_CTX_check_private_key(ctx) != 1)
        return "client certificate and key do not belong together";
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_info_callback(ctx, on_tls_info);
    return NULL;
}

SSL_CTX *gw_tls_client_new(const gw_upstream_tls_cfg *cfg, const char *host, SSL_CTX *share,
                           const char **out_why)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    const char *why = ctx != NULL ? configure(ctx, cfg, host, share) : "no memory";
    ERR_clear_error();
    if (why == NULL)
        return ctx;
    SSL_CTX_free(ctx);
    *out_why = why;
    return NULL;
}
