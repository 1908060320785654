/* SPDX-License-Identifier: MIT */
/*
 * The recorder's side of HTTP/1.1: reads one request after another from a blocking socket and accepts nothing
 * that RFC 9112 leaves to taste. A gateway that writes anything odd is told so here, because a backend behind
 * another proxy might read it differently.
 */
#ifndef TESTS_UPSTREAM_HTTP_H
#define TESTS_UPSTREAM_HTTP_H

#include <stdbool.h>
#include <stddef.h>

enum { UP_MAX_HEADERS = 100, UP_MAX_HEAD = 64 * 1024, UP_MAX_BODY = 256 * 1024 * 1024 };

typedef struct up_header {
    char *name, *value; /* owned by the request's head copy */
} up_header;

typedef struct up_request {
    char *raw_head; /* owned: as received, with the empty line */
    size_t n_raw_head;
    char *head; /* owned: cut into the strings below */
    char *method, *target;
    up_header headers[UP_MAX_HEADERS];
    size_t n_headers;
    unsigned char *body; /* owned: without the chunk framing */
    size_t n_body;
    bool close;
} up_request;

typedef struct up_reader {
    int fd;
    unsigned char buf[64 * 1024];
    size_t start, end;
} up_reader;

typedef enum up_read_result { UP_READ_OK, UP_READ_EOF, UP_READ_BAD } up_read_result;

/* Reads the next request. UP_READ_BAD: *out_why is a literal. The request must be released in any case. */
up_read_result up_request_read(up_reader *r, up_request *out_req, const char **out_why);
void up_request_release(up_request *req);

/* Value of the header (any case), or "" when absent. */
const char *up_request_header(const up_request *req, const char *name);

/* Writes everything; false when the peer is gone. */
bool up_write(int fd, const void *p, size_t n);

#endif
