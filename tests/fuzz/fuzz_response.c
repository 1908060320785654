/* SPDX-License-Identifier: MIT */
/*
 * Answers of a backend. Input: two bytes that say where to cut, then what the backend sends.
 *
 * Checked: the outcome does not depend on the cuts; sizes stay under their ceilings; and what is taken as a
 * whole answer is taken the same way by picohttpparser alone, whose chunk decoder accepts a superset of ours.
 */
#include <strings.h>
#include <sys/types.h>

#include "tests/support/response_drive.h"

enum { MAX_BODY = 4096 };

struct phr_header {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};
struct phr_chunked_decoder {
    size_t bytes_left_in_chunk;
    char consume_trailer;
    char _hex_count;
    char _state;
};
int phr_parse_response(const char *buf, size_t len, int *minor_version, int *status, const char **msg,
                       size_t *msg_len, struct phr_header *headers, size_t *num_headers, size_t last_len);
ssize_t phr_decode_chunked(struct phr_chunked_decoder *decoder, char *buf, size_t *bufsz);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

/* The final head as the library alone sees it: where it begins, and whether it says chunked. */
static size_t final_head(const char *p, size_t n, int *out_status, size_t *out_head_n, bool *out_chunked)
{
    size_t at = 0;
    for (;;) {
        struct phr_header headers[GW_RESPONSE_MAX_HEADERS];
        size_t n_headers = GW_RESPONSE_MAX_HEADERS, reason_n;
        const char *reason;
        int minor, used = phr_parse_response(p + at, n - at, &minor, out_status, &reason, &reason_n, headers,
                                             &n_headers, 0);
        must(used > 0);
        *out_chunked = false;
        for (size_t i = 0; i < n_headers; i++)
            *out_chunked |=
                headers[i].name_len == 17 && strncasecmp(headers[i].name, "transfer-encoding", 17) == 0;
        *out_head_n = (size_t)used;
        if (*out_status >= 200)
            return at;
        at += (size_t)used;
    }
}

static void check_answer(const driven *d, const char *p, size_t n)
{
    int status;
    size_t head_n;
    bool chunked;
    size_t at = final_head(p, n, &status, &head_n, &chunked);
    must(status == d->r.status && head_n == d->r.head_n && memcmp(p + at, d->buf, head_n) == 0);
    must(head_n <= GW_RESPONSE_MAX_HEAD && d->r.body_n <= MAX_BODY && d->n_extra <= n);
    must(d->r.content_type.at + d->r.content_type.n <= head_n &&
         d->r.retry_after.at + d->r.retry_after.n <= head_n);

    size_t left = n - at - head_n;
    if (!chunked || status == 204 || status == 304) {
        must(d->r.body_n + d->n_extra == left);
        must(memcmp(p + at + head_n, d->buf + head_n, (size_t)d->r.body_n) == 0);
        return;
    }
    char *body = malloc(left + 1);
    struct phr_chunked_decoder decoder = {.consume_trailer = 1};
    size_t body_n = left;
    memcpy(body, p + at + head_n, left);
    ssize_t extra = phr_decode_chunked(&decoder, body, &body_n);
    must(extra >= 0 && (size_t)extra == d->n_extra && body_n == d->r.body_n);
    must(memcmp(body, d->buf + head_n, body_n) == 0);
    free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const char *p = (const char *)data + 2;
    size_t n = size - 2;
    size_t cut_1 = n * data[0] / 256, cut_2 = n * data[1] / 256;
    driven whole = drive(p, n, MAX_BODY, false, n, n);
    driven cut = drive(p, n, MAX_BODY, false, cut_1, cut_2);
    driven each = drive(p, n, MAX_BODY, true, 0, 0);
    must(driven_diff(&whole, &cut) == NULL && driven_diff(&whole, &each) == NULL);
    if (whole.step == GW_RESPONSE_DONE)
        check_answer(&whole, p, n);
    free(whole.buf);
    free(cut.buf);
    free(each.buf);
    return 0;
}
