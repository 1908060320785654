/* SPDX-License-Identifier: MIT */
#include "gateway/translate.h"

#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "collector.pb-c.h"
#include "status.pb-c.h"

enum { MAX_DETAIL = 1024, MAX_RETRY_AFTER_S = 3600, TEXT_ROOM = 128 << 10 };

uint32_t gw_translate_retry_after(rd_slice value, time_t now)
{
    char buf[64];
    struct tm tm = {0};
    if (value.n == 0 || value.n >= sizeof buf)
        return 0;
    memcpy(buf, value.p, value.n);
    buf[value.n] = '\0';
    int64_t s = 0;
    size_t digits = strspn(buf, "0123456789");
    if (digits == value.n) {
        s = digits > 9 ? MAX_RETRY_AFTER_S : strtol(buf, NULL, 10);
    } else {
        const char *end = strptime(buf, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        if (end == NULL || *end != '\0')
            return 0;
        s = timegm(&tm) - now;
    }
    return s <= 0 ? 0 : s > MAX_RETRY_AFTER_S ? MAX_RETRY_AFTER_S : (uint32_t)s;
}

static gw_outcome outcome_of_status(int status)
{
    if (status >= 200 && status <= 299)
        return GW_OUTCOME_DELIVERED;
    switch (status) {
    case 400:
    case 422:
        return GW_OUTCOME_UPSTREAM_REFUSED;
    case 413:
        return GW_OUTCOME_TOO_LARGE;
    case 429:
        return GW_OUTCOME_UPSTREAM_LIMITED;
    case 502:
        return GW_OUTCOME_UPSTREAM_BAD;
    case 504:
        return GW_OUTCOME_UPSTREAM_TIMEOUT;
    default:
        break;
    }
    if (status >= 500)
        return GW_OUTCOME_UPSTREAM_BUSY;
    /* 3xx and the other 4xx speak of this gateway's address, credentials or methods. */
    return GW_OUTCOME_UPSTREAM_MISCONFIGURED;
}

static gw_outcome outcome_of_failure(gw_call_result r)
{
    switch (r) {
    case GW_CALL_SEND_TIMEOUT:
    case GW_CALL_FIRST_BYTE_TIMEOUT:
    case GW_CALL_TOTAL_TIMEOUT:
        return GW_OUTCOME_UPSTREAM_TIMEOUT;
    case GW_CALL_PROTOCOL:
    case GW_CALL_TOO_LARGE:
    case GW_CALL_RESET:
        return GW_OUTCOME_UPSTREAM_BAD;
    case GW_CALL_INVALID:
        return GW_OUTCOME_UPSTREAM_MISCONFIGURED;
    case GW_CALL_BUSY:
        return GW_OUTCOME_UPSTREAM_BUSY;
    default:
        return GW_OUTCOME_UPSTREAM_DOWN;
    }
}

static bool type_is(rd_slice content_type, const char *want)
{
    rd_slice w = rd_slice_str(want);
    return content_type.n >= w.n && rd_slice_eq_nocase((rd_slice){content_type.p, w.n}, w) &&
           (content_type.n == w.n || content_type.p[w.n] == ';' || content_type.p[w.n] == ' ');
}

/* Redacts `words` to the end of `text`. */
static rd_slice redacted(gw_scrubber *s, const gw_scrub *of, rd_slice words, rd_buf *text)
{
    size_t from = text->n;
    gw_scrub_text(s, of, words, MAX_DETAIL, text);
    return (rd_slice){text->p + from, text->n - from};
}

/* ---- partial_success ---- */

/* The three response messages have the same numbers; the logs one reads them all. */
static void partial_of_protobuf(rd_slice body, gw_translated *out, gw_scrubber *s, const gw_scrub *of,
                                rd_buf *text)
{
    Opentelemetry__Proto__Collector__V1__ExportLogsServiceResponse *m =
        opentelemetry__proto__collector__v1__export_logs_service_response__unpack(NULL, body.n, body.p);
    if (m == NULL)
        return;
    if (m->partial_success != NULL) {
        out->partial.rejected = m->partial_success->rejected_log_records;
        out->partial.message = redacted(s, of, rd_slice_str(m->partial_success->error_message), text);
    }
    opentelemetry__proto__collector__v1__export_logs_service_response__free_unpacked(m, NULL);
}

static void partial_of_json(rd_slice body, gw_translated *out, gw_scrubber *s, const gw_scrub *of,
                            rd_buf *text)
{
    static const char *const counts[] = {"rejectedLogRecords", "rejectedSpans", "rejectedDataPoints"};
    json_t *root = json_loadb((const char *)body.p, body.n, 0, NULL);
    const json_t *partial = json_object_get(root, "partialSuccess");
    const char *message = json_string_value(json_object_get(partial, "errorMessage"));
    for (unsigned i = 0; i < 3; i++) {
        const json_t *n = json_object_get(partial, counts[i]);
        if (json_is_integer(n))
            out->partial.rejected = json_integer_value(n);
        else if (json_is_string(n))
            out->partial.rejected = strtoll(json_string_value(n), NULL, 10);
    }
    if (message != NULL)
        out->partial.message = redacted(s, of, rd_slice_str(message), text);
    json_decref(root);
}

/* ---- error texts ---- */

static rd_slice status_of_protobuf(rd_slice body, gw_scrubber *s, const gw_scrub *of, rd_buf *text)
{
    rd_slice found = {0};
    Google__Rpc__Status *m = google__rpc__status__unpack(NULL, body.n, body.p);
    if (m == NULL)
        return found;
    found = redacted(s, of, rd_slice_str(m->message), text);
    google__rpc__status__free_unpacked(m, NULL);
    return found;
}

static rd_slice status_of_json(rd_slice body, gw_scrubber *s, const gw_scrub *of, rd_buf *text)
{
    rd_slice found = {0};
    json_t *root = json_loadb((const char *)body.p, body.n, 0, NULL);
    const char *message = json_string_value(json_object_get(root, "message"));
    if (message != NULL)
        found = redacted(s, of, rd_slice_str(message), text);
    json_decref(root);
    return found;
}

static rd_slice error_words(const gw_call_response *res, gw_scrubber *s, const gw_scrub *of, rd_buf *text)
{
    if (type_is(res->content_type, "application/x-protobuf"))
        return status_of_protobuf(res->body, s, of, text);
    if (type_is(res->content_type, "application/json"))
        return status_of_json(res->body, s, of, text);
    if (!type_is(res->content_type, "text/plain"))
        return (rd_slice){0}; /* an HTML page helps nobody */
    rd_slice words = res->body;
    while (words.n > 0 && (words.p[words.n - 1] == '\n' || words.p[words.n - 1] == '\r'))
        words.n--;
    return redacted(s, of, words, text);
}

void gw_translate(gw_call_result r, const gw_call_response *res, const gw_reply_to *to, gw_scrubber *scrubber,
                  const gw_scrub *of, rd_buf *text, gw_translated *out)
{
    *out = (gw_translated){0};
    if (r != GW_CALL_OK) {
        out->outcome = outcome_of_failure(r);
        return;
    }
    (void)rd_buf_reserve(text, TEXT_ROOM); /* slices below must not move */
    out->outcome = outcome_of_status(res->status);
    out->retry_after_s = gw_translate_retry_after(res->retry_after, time(NULL));
    if (out->outcome != GW_OUTCOME_DELIVERED) {
        out->detail = error_words(res, scrubber, of, text);
        return;
    }
    out->ack = res->ack;
    out->loki_status = res->status == 260 ? 260 : 0;
    /* In whichever of the two formats the backend speaks. */
    if (to->dialect == GW_DIALECT_LOKI || res->body.n <= 2)
        return;
    if (type_is(res->content_type, "application/x-protobuf"))
        partial_of_protobuf(res->body, out, scrubber, of, text);
    else if (type_is(res->content_type, "application/json"))
        partial_of_json(res->body, out, scrubber, of, text);
}
