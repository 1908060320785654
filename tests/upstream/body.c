/* SPDX-License-Identifier: MIT */
#include "tests/upstream/body.h"

#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "collector.pb-c.h"
#include "loki_push.pb-c.h"
#include "tests/upstream/loki.h"
#include "tests/upstream/pb_json.h"

enum { MAX_PLAIN = 256 * 1024 * 1024 };

static const struct {
    const char *word, *path_end, *json_member;
    const ProtobufCMessageDescriptor *message;
} signals[] = {
    [UP_LOGS] = {"logs", "/v1/logs", "resourceLogs",
                 &opentelemetry__proto__collector__v1__export_logs_service_request__descriptor},
    [UP_TRACES] = {"traces", "/v1/traces", "resourceSpans",
                   &opentelemetry__proto__collector__v1__export_trace_service_request__descriptor},
    [UP_METRICS] = {"metrics", "/v1/metrics", "resourceMetrics",
                    &opentelemetry__proto__collector__v1__export_metrics_service_request__descriptor},
    [UP_LOKI] = {"loki_push", "/push", "streams", &logproto__push_request__descriptor},
};

const char *up_signal_word(up_signal s)
{
    return s < UP_SIGNAL_NONE ? signals[s].word : "none";
}

up_signal up_signal_of_path(const char *target)
{
    size_t n = strcspn(target, "?");
    for (up_signal s = 0; s < UP_SIGNAL_NONE; s++) {
        size_t n_end = strlen(signals[s].path_end);
        if (n >= n_end && strncmp(target + n - n_end, signals[s].path_end, n_end) == 0)
            return s;
    }
    return UP_SIGNAL_NONE;
}

static const char *gunzip(const up_request *req, up_body *b)
{
    z_stream z = {.next_in = req->body, .avail_in = (uInt)req->n_body};
    size_t room = 4 * req->n_body + 4096;
    int rc = inflateInit2(&z, 16 + MAX_WBITS);
    b->plain = malloc(room);
    while (rc == Z_OK) {
        if (b->n_plain == room)
            b->plain = realloc(b->plain, room *= 2);
        z.next_out = b->plain + b->n_plain;
        z.avail_out = (uInt)(room - b->n_plain);
        rc = inflate(&z, Z_NO_FLUSH);
        b->n_plain = room - z.avail_out;
        if (b->n_plain > MAX_PLAIN)
            rc = Z_DATA_ERROR;
    }
    bool whole = rc == Z_STREAM_END && z.avail_in == 0;
    inflateEnd(&z);
    return whole ? NULL : "broken gzip";
}

static const char *unzstd(const up_request *req, up_body *b)
{
    ZSTD_DCtx *ctx = ZSTD_createDCtx();
    ZSTD_inBuffer in = {req->body, req->n_body, 0};
    size_t room = 4 * req->n_body + 4096, left = 1;
    b->plain = malloc(room);
    while (in.pos < in.size || left != 0) {
        if (b->n_plain == room)
            b->plain = realloc(b->plain, room *= 2);
        ZSTD_outBuffer out = {b->plain, room, b->n_plain};
        size_t in_before = in.pos, out_before = out.pos;
        left = ZSTD_decompressStream(ctx, &out, &in);
        b->n_plain = out.pos;
        if (ZSTD_isError(left) || b->n_plain > MAX_PLAIN || (in.pos == in_before && out.pos == out_before))
            break;
    }
    ZSTD_freeDCtx(ctx);
    return left == 0 && in.pos == in.size ? NULL : "broken zstd";
}

static const char *unsnappy(const unsigned char *p, size_t n, up_body *b)
{
    size_t size = 0;
    if (snappy_uncompressed_length((const char *)p, n, &size) != SNAPPY_OK || size > MAX_PLAIN)
        return "broken snappy";
    unsigned char *plain = malloc(size + 1);
    if (snappy_uncompress((const char *)p, n, (char *)plain, &size) != SNAPPY_OK) {
        free(plain);
        return "broken snappy";
    }
    free(b->plain);
    b->plain = plain;
    b->n_plain = size;
    return NULL;
}

/* Loki's protobuf is snappy whether or not Content-Encoding says so. */
static const char *uncode(const up_request *req, up_body *b)
{
    const char *coding = up_request_header(req, "content-encoding");
    bool snappy = b->signal == UP_LOKI && !b->is_json;
    if (snappy && (*coding == '\0' || strcmp(coding, "snappy") == 0))
        return unsnappy(req->body, req->n_body, b);
    if (strcmp(coding, "gzip") == 0)
        return snappy ? "gzip around snappy" : gunzip(req, b);
    if (strcmp(coding, "zstd") == 0)
        return snappy ? "zstd around snappy" : unzstd(req, b);
    if (*coding != '\0')
        return "unknown Content-Encoding";
    b->plain = malloc(req->n_body + 1);
    if (req->n_body > 0)
        memcpy(b->plain, req->body, req->n_body);
    b->n_plain = req->n_body;
    return NULL;
}

static const char *decode_protobuf(up_body *b, bool any_label_order)
{
    ProtobufCMessage *m = protobuf_c_message_unpack(signals[b->signal].message, NULL, b->n_plain, b->plain);
    if (m == NULL)
        return "broken protobuf";
    b->decoded = up_pb_json(m);
    protobuf_c_message_free_unpacked(m, NULL);
    if (b->decoded == NULL)
        return "a string is not UTF-8";
    return b->signal == UP_LOKI ? up_loki_protobuf_check(b->decoded, any_label_order) : NULL;
}

static const char *decode_json(up_body *b, bool any_label_order)
{
    json_error_t ignored;
    b->decoded = json_loadb((const char *)b->plain, b->n_plain, JSON_ALLOW_NUL, &ignored);
    if (b->decoded == NULL)
        return "broken JSON";
    if (b->signal == UP_LOKI)
        return up_loki_json_check(b->decoded, any_label_order);
    const json_t *list = json_object_get(b->decoded, signals[b->signal].json_member);
    return !json_is_object(b->decoded) || (list != NULL && !json_is_array(list)) ? "not an OTLP request"
                                                                                 : NULL;
}

const char *up_body_decode(const up_request *req, bool any_label_order, up_body *out_body)
{
    *out_body = (up_body){.signal = up_signal_of_path(req->target)};
    if (strcmp(req->method, "POST") != 0 || out_body->signal == UP_SIGNAL_NONE)
        return "not a push endpoint";
    const char *type = up_request_header(req, "content-type");
    out_body->is_json = strcmp(type, "application/json") == 0;
    if (!out_body->is_json && strcmp(type, "application/x-protobuf") != 0)
        return "wrong Content-Type";
    const char *why = uncode(req, out_body);
    if (why != NULL)
        return why;
    return out_body->is_json ? decode_json(out_body, any_label_order)
                             : decode_protobuf(out_body, any_label_order);
}

void up_body_release(up_body *b)
{
    free(b->plain);
    if (b->decoded != NULL)
        json_decref(b->decoded);
    memset(b, 0, sizeof *b);
}
