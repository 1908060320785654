/* SPDX-License-Identifier: MIT */
/* Media types: what a Content-Type means here, and what backends are told. */
#ifndef GW_MEDIA_H
#define GW_MEDIA_H

#include "filters/coding/coding.h"
#include "filters/base/slice.h"
#include "gateway/signal.h"

typedef enum gw_media { GW_MEDIA_OTHER, GW_MEDIA_PROTOBUF, GW_MEDIA_JSON } gw_media;

/* Parameters (charset) and case do not matter. OTLP: application/x-protobuf or application/json, nothing else
 * (a missing type neither). Loki: JSON is JSON; application/x-protobuf and what old Loki clients send for it
 * (application/x-snappy, application/octet-stream) is snappy protobuf. Loki itself takes every other type,
 * even none, for protobuf; here that is refused, because a body must be what it says. Source: OTLP
 * specification "OTLP/HTTP Request"; Loki HTTP API. */
gw_media gw_media_of(rd_slice content_type, bool loki);

/* Written exactly as the strictest backend compares it. */
rd_slice gw_media_upstream(gw_format format);
/* Content-Encoding for a backend; empty: no header. */
rd_slice gw_media_upstream_coding(gw_signal signal, gw_format format, rd_coding coding);

#endif
