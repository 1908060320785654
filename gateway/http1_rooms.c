/* SPDX-License-Identifier: MIT */
#include "gateway/http1_rooms.h"

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
