/* SPDX-License-Identifier: MIT */
/* A state file that is believed has a right sum, and lines that are written as they were read. The input is
 * taken as it is, and again with a right frame around it, so that lines are reached. */
#include "gateway/quota_file.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#define HEAD_1 "redactd quota 1\n"
#define HEAD_2 "redactd quota 2\n"

static void rewrite(void *arg, const gw_quota_record *r)
{
    gw_quota_record_write(r, arg);
}

static void frame(rd_slice lines, const char *head, rd_buf *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    rd_buf_append_str(out, head);
    rd_buf_append(out, lines.p, lines.n);
    EVP_Digest(out->p, out->n, digest, NULL, EVP_sha256(), NULL);
    rd_buf_append_str(out, "sha256 ");
    for (unsigned i = 0; i < 32; i++)
        rd_buf_printf(out, "%02x", digest[i]);
    rd_buf_append_byte(out, '\n');
}

/* What was read is a fixed point: written, framed and read again it is the same. */
static void check_lines(rd_slice text)
{
    rd_buf once, framed, twice;
    rd_buf_init(&once, 1 << 24);
    rd_buf_init(&framed, 1 << 24);
    rd_buf_init(&twice, 1 << 24);
    if (gw_quota_file_parse(text, rewrite, &once)) {
        frame(rd_buf_slice(&once), HEAD_2, &framed);
        if (!gw_quota_file_parse(rd_buf_slice(&framed), rewrite, &twice) ||
            !rd_slice_eq(rd_buf_slice(&once), rd_buf_slice(&twice)))
            abort();
    } else if (once.n != 0) {
        abort(); /* half a file was believed */
    }
    rd_buf_release(&once);
    rd_buf_release(&framed);
    rd_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const heads[] = {HEAD_1, HEAD_2};
    check_lines((rd_slice){data, size});
    for (unsigned i = 0; i < 2; i++) {
        rd_buf framed;
        rd_buf_init(&framed, 1 << 24);
        frame((rd_slice){data, size}, heads[i], &framed);
        check_lines(rd_buf_slice(&framed));
        rd_buf_release(&framed);
    }
    return 0;
}
