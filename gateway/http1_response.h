/* SPDX-License-Identifier: MIT */
/* Writes an answer as HTTP/1.1 bytes. */
#ifndef GW_HTTP1_RESPONSE_H
#define GW_HTTP1_RESPONSE_H

#include <time.h>

#include "filters/base/buf.h"
#include "gateway/frontend.h"

const char *gw_http1_reason(int status);
/* `date`: an HTTP-date. `with_body` is false for answers to HEAD. A header value with a control character is
 * left out. */
void gw_http1_write_response(const gw_response *res, bool keep_alive, bool with_body, rd_slice date,
                             rd_buf *out);

/* The Date of answers, made once a second. Zeroed at its start. */
typedef struct gw_http1_date {
    time_t at; /* the second that `text` is for */
    char text[32];
} gw_http1_date;
rd_slice gw_http1_date_at(gw_http1_date *d, time_t now);

#endif
