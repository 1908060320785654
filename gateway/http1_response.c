/* SPDX-License-Identifier: MIT */
#include "gateway/http1_response.h"

const char *gw_http1_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {260, "Blocked By Policy"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {410, "Gone"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (unsigned i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Unknown";
}

rd_slice gw_http1_date_at(gw_http1_date *d, time_t now)
{
    if (now != d->at) {
        struct tm tm;
        gmtime_r(&now, &tm);
        strftime(d->text, sizeof d->text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        d->at = now;
    }
    return rd_slice_str(d->text);
}

static bool is_clean(rd_slice v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < 0x20 || v.p[i] == 0x7f)
            return false;
    }
    return true;
}

static void header(rd_buf *out, const char *name, rd_slice value)
{
    if (!is_clean(value))
        return;
    rd_buf_append_str(out, name);
    rd_buf_append(out, ": ", 2);
    rd_buf_append(out, value.p, value.n);
    rd_buf_append(out, "\r\n", 2);
}

void gw_http1_write_response(const gw_response *res, bool keep_alive, bool with_body, rd_slice date,
                             rd_buf *out)
{
    bool may_have_body = res->status != 204 && res->status >= 200;
    rd_buf_append_str(out, "HTTP/1.1 ");
    rd_buf_append_u64(out, (uint64_t)res->status);
    rd_buf_append_byte(out, ' ');
    rd_buf_append_str(out, gw_http1_reason(res->status));
    rd_buf_append(out, "\r\n", 2);
    header(out, "date", date);
    for (unsigned i = 0; i < res->n_headers; i++)
        header(out, res->headers[i].name, res->headers[i].value);
    if (!keep_alive)
        header(out, "connection", RD_SLICE_LIT("close"));
    if (may_have_body) {
        rd_buf_append_str(out, "content-length: ");
        rd_buf_append_u64(out, res->body.n);
        rd_buf_append(out, "\r\n", 2);
    }
    rd_buf_append(out, "\r\n", 2);
    if (may_have_body && with_body)
        rd_buf_append(out, res->body.p, res->body.n);
}
