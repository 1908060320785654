/* SPDX-License-Identifier: MIT */
/*
 * The head of a request. Every part is checked against the grammar of its place (RFC 9110 sections 5.1, 5.5),
 * because a line break in a tenant or a trace header would be a second request. What identifies the sender or
 * describes the body must be right or the call is refused; optional headers that are not are left out.
 */
#include "gateway/endpoint_private.h"

#include <strings.h>

static bool is_token(const char *s)
{
    if (s == NULL || *s == '\0')
        return false;
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s <= 0x20 || (unsigned char)*s >= 0x7f ||
            strchr("\"(),/:;<=>?@[\\]{}", *s) != NULL)
            return false;
    }
    return true;
}

static bool is_value(rd_slice v)
{
    for (size_t i = 0; i < v.n; i++) {
        if ((v.p[i] < 0x20 && v.p[i] != '\t') || v.p[i] == 0x7f)
            return false;
    }
    return true;
}

/* Part of a request target: visible ASCII. */
static bool is_target(rd_slice v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] <= 0x20 || v.p[i] >= 0x7f)
            return false;
    }
    return true;
}

/* What this file writes itself, and what would change the framing or the connection. */
static bool is_ours(const char *name)
{
    static const char *const ours[] = {
        "host",    "content-length", "transfer-encoding", "connection",       "keep-alive", "te", "trailer",
        "upgrade", "expect",         "content-type",      "content-encoding", "user-agent"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        if (strcasecmp(name, ours[i]) == 0)
            return true;
    }
    return false;
}

static void append_header(rd_buf *out, const char *name, rd_slice value)
{
    rd_buf_append_str(out, name);
    rd_buf_append_str(out, ": ");
    rd_buf_append(out, value.p, value.n);
    rd_buf_append_str(out, "\r\n");
}

bool gw_request_fixed_head(rd_buf *out, const gw_upstream_cfg *up, const gw_endpoint_cfg *ep)
{
    if (*ep->host == '\0' || !is_target(rd_slice_str(ep->host)) || !is_target(rd_slice_str(ep->path)) ||
        (up->tenant_header != NULL && (!is_token(up->tenant_header) || is_ours(up->tenant_header))))
        return false;
    bool v6 = strchr(ep->host, ':') != NULL;
    rd_buf_append_str(out, v6 ? "Host: [" : "Host: ");
    rd_buf_append_str(out, ep->host);
    rd_buf_append_str(out, v6 ? "]" : "");
    if (ep->port != (ep->tls ? 443 : 80)) {
        rd_buf_append_byte(out, ':');
        rd_buf_append_u64(out, ep->port);
    }
    rd_buf_append_str(out, "\r\nUser-Agent: redactd/" REDACTD_VERSION "\r\n");
    for (size_t i = 0; i < up->n_headers; i++) {
        rd_slice value = rd_slice_str(up->headers[i].value);
        if (!is_token(up->headers[i].name) || is_ours(up->headers[i].name) || !is_value(value))
            return false;
        append_header(out, up->headers[i].name, value);
    }
    return out->failed == RD_OK;
}

/* Extra headers may not speak for the tenant either. */
static bool may_add(const gw_header_cfg *h, const char *tenant_header)
{
    return is_token(h->name) && !is_ours(h->name) && is_value(rd_slice_str(h->value)) &&
           (tenant_header == NULL || strcasecmp(h->name, tenant_header) != 0);
}

bool gw_request_head(rd_buf *out, rd_slice fixed, const char *tenant_header, const gw_endpoint_cfg *ep,
                     const gw_call_request *req, size_t body_n)
{
    bool has_tenant = req->tenant.n > 0 && tenant_header != NULL;
    bool rooted = *ep->path != '\0' ? *ep->path == '/' : req->path.n > 0 && req->path.p[0] == '/';
    if (!rooted || !is_target(req->path) || !is_value(req->content_type) ||
        !is_value(req->content_encoding) || (has_tenant && !is_value(req->tenant)))
        return false;
    rd_buf_append_str(out, req->body != NULL ? "POST " : "GET ");
    rd_buf_append_str(out, ep->path);
    rd_buf_append(out, req->path.p, req->path.n);
    rd_buf_append_str(out, " HTTP/1.1\r\n");
    rd_buf_append(out, fixed.p, fixed.n);
    if (req->content_type.n > 0)
        append_header(out, "Content-Type", req->content_type);
    if (req->content_encoding.n > 0)
        append_header(out, "Content-Encoding", req->content_encoding);
    if (has_tenant)
        append_header(out, tenant_header, req->tenant);
    for (size_t i = 0; i < req->n_headers; i++) {
        if (may_add(&req->headers[i], tenant_header))
            append_header(out, req->headers[i].name, rd_slice_str(req->headers[i].value));
    }
    if (req->body != NULL) {
        rd_buf_append_str(out, "Content-Length: ");
        rd_buf_append_u64(out, body_n);
        rd_buf_append_str(out, "\r\n");
    }
    rd_buf_append_str(out, "\r\n");
    return out->failed == RD_OK;
}
