/* SPDX-License-Identifier: MIT */
#include "gateway/http1_rooms.h"

#include <stdlib.h>

enum {
    SMALLEST = 8 << 10,
    SPARE = 8 /* unused buffers of each size that a server keeps */
};

void gw_http1_rooms_init(gw_http1_rooms *r)
{
    for (unsigned i = 0; i < GW_ROOM_COUNT; i++) {
        r->sizes[i].allocator.max = SPARE;
        r->sizes[i]._initial_buf.capacity = (size_t)SMALLEST << i;
        r->sizes[i].mmap_settings = &h2o_socket_buffer_mmap_settings;
    }
}

unsigned gw_http1_rooms_fit(const gw_http1_rooms *r, size_t n)
{
    for (unsigned i = 0; i < GW_ROOM_COUNT; i++) {
        if (r->sizes[i]._initial_buf.capacity >= n)
            return i;
    }
    return 0;
}

void gw_http1_rooms_consume(gw_http1_rooms *r, h2o_socket_t *sock, size_t n, size_t keep)
{
    h2o_buffer_consume(&sock->input, n);
    bool has_memory = sock->input->_prototype != NULL;
    if (sock->input->size > 0 || sock->input->capacity <= keep || !has_memory)
        return;
    h2o_buffer_dispose(&sock->input);
    h2o_buffer_init(&sock->input, &r->sizes[0]);
}

static void release_input(void *owner)
{
    h2o_buffer_t *b = owner;
    h2o_buffer_dispose(&b);
}

static void release_buf(void *owner)
{
    rd_buf *b = owner;
    rd_buf_release(b);
    free(b);
}

gw_body gw_http1_body_of_input(h2o_buffer_t *input, size_t n)
{
    return (gw_body){.bytes = {(const uint8_t *)input->bytes, n}, .release = release_input, .owner = input};
}

gw_body gw_http1_body_of_buf(rd_buf *b)
{
    rd_buf *owned = malloc(sizeof *owned);
    if (owned == NULL)
        return (gw_body){0};
    (void)rd_buf_reserve(b, 0); /* an empty body still has its readable tail */
    *owned = *b;
    rd_buf_init(b, b->max);
    return (gw_body){.bytes = rd_buf_slice(owned), .release = release_buf, .owner = owned};
}
