/* SPDX-License-Identifier: MIT */
/*
 * Changes any snappy block anywhere: the first byte says how many changes, three bytes each say how much is
 * kept, cut and put in, the rest is the block. What must hold: the block is taken or refused as libsnappy
 * would, and says the same; the result decodes, with libsnappy, to the changed content.
 */
#include <snappy-c.h>
#include <stdint.h>
#include <stdlib.h>

#include "filters/coding/coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const size_t buffer_max = 1u << 20;
static const rd_decode_limits lim = {1u << 20, UINT32_MAX};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static uint32_t change(const uint8_t *data, uint32_t n_changes, rd_slice old_body, rd_kept *kept,
                       rd_buf *new_body)
{
    uint32_t n = 0;
    size_t at = 0;
    for (uint32_t i = 0; i <= n_changes && at < old_body.n; i++) {
        const uint8_t *c = data + 3 * i;
        size_t left = old_body.n - at, len = i == n_changes ? left : c[0] < left ? c[0] : left;
        if (len > 0) {
            kept[n++] = (rd_kept){(uint32_t)at, (uint32_t)new_body->n, (uint32_t)len};
            rd_buf_append(new_body, old_body.p + at, len);
        }
        if (i == n_changes)
            break;
        at += len + c[1];
        for (unsigned k = 0; k < c[2] % 32u; k++)
            rd_buf_append_byte(new_body, (uint8_t)(c[2] + k));
    }
    return n;
}

/* libsnappy takes a literal of 4 GiB for one of no bytes. */
static bool has_huge_literal(rd_slice block)
{
    return block.n >= 5 && memmem(block.p, block.n, "\xfc\xff\xff\xff\xff", 5) != NULL;
}

/* What libsnappy makes of the block. */
static void check_decoded(rd_slice block, bool taken, rd_slice content)
{
    size_t n = 0;
    if (snappy_uncompressed_length((const char *)block.p, block.n, &n) != SNAPPY_OK || n > lim.max_bytes) {
        must(!taken);
        return;
    }
    char *peer = malloc(n + 1);
    must(peer != NULL);
    bool peer_takes = snappy_uncompress((const char *)block.p, block.n, peer, &n) == SNAPPY_OK;
    must(taken == peer_takes || (!taken && has_huge_literal(block)));
    must(!taken || (n == content.n && (n == 0 || memcmp(peer, content.p, n) == 0)));
    free(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size < 1 + 3 * (size_t)data[0])
        return 0;
    uint32_t n_changes = data[0];
    rd_kept kept[257];
    rd_coder *coder = rd_coder_new();
    rd_buf block, old_body, new_body, made, back, *bufs[] = {&block, &old_body, &new_body, &made, &back};
    rd_error err;
    must(coder != NULL);
    for (unsigned i = 0; i < 5; i++)
        rd_buf_init(bufs[i], 4 * buffer_max);
    rd_buf_append(&block, data + 1 + 3 * n_changes, size - 1 - 3 * n_changes);
    (void)rd_buf_reserve(&block, 0);
    bool taken = block.n > 0 && rd_decode(coder, RD_CODING_SNAPPY_BLOCK, rd_buf_slice(&block), &lim,
                                          &old_body, &err) == RD_OK;
    if (block.n > 0)
        check_decoded(rd_buf_slice(&block), taken, rd_buf_slice(&old_body));
    if (taken) {
        uint32_t n = change(data + 1, n_changes, rd_buf_slice(&old_body), kept, &new_body);
        must(rd_snappy_splice(coder, rd_buf_slice(&block), kept, n, rd_buf_slice(&new_body), &made, &err) ==
             RD_OK);
        check_decoded(rd_buf_slice(&made), true, rd_buf_slice(&new_body));
        must(rd_decode(coder, RD_CODING_SNAPPY_BLOCK, rd_buf_slice(&made), &lim, &back, &err) == RD_OK);
        must(rd_slice_eq(rd_buf_slice(&back), rd_buf_slice(&new_body)));
    }
    for (unsigned i = 0; i < 5; i++)
        rd_buf_release(bufs[i]);
    rd_coder_free(&coder);
    return 0;
}
