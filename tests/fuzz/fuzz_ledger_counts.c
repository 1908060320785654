/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: what `redactd ledger counts` makes of the records of a whole ledger. Each line of the input is
 * the middle of one record; number, time, and both hashes around it are right, so that the chain holds.
 *
 * Checked: the verb comes to an end with an exit code of cli.h; what goes to the terminal has no control
 * character in it but line feeds; as JSON, the rows add up to the sum that it tells.
 */
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "gateway/cli.h"
#include "gateway/cli_ledger.h"
#include "gateway/ledger_read.h"
#include "tests/fuzz/check.h"

enum { MAX_RECORDS = 16, MAX_MIDDLES = 1 << 14 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = P_tmpdir "/ledger-counts-XXXXXX", file[sizeof directory + GW_LEDGER_NAME_BYTES + 8];

static void remove_all(void)
{
    (void)unlink(file);
    (void)rmdir(directory);
}

static void make_directory(void)
{
    char name[GW_LEDGER_NAME_BYTES + 8];
    CHECK(mkdtemp(directory) != NULL);
    gw_ledger_name(1, name);
    snprintf(file, sizeof file, "%s/%s", directory, name);
    CHECK(atexit(remove_all) == 0);
}

static void append_sum(rd_buf *out, size_t from)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    CHECK(EVP_Digest(out->p + from, out->n - from, digest, NULL, EVP_sha256(), NULL) == 1);
    rd_buf_append_str(out, ",\"sha256\":\"");
    for (unsigned i = 0; i < GW_LEDGER_HEX / 2; i++)
        rd_buf_printf(out, "%02x", digest[i]);
    rd_buf_append_str(out, "\"}");
}

/* Appends the record, unless its middle breaks the form. */
static void append_record(rd_buf *out, gw_ledger_head *head, rd_slice middle)
{
    gw_ledger_record r;
    gw_ledger_head next = *head;
    size_t from = out->n;
    rd_buf_printf(out,
                  "{\"seq\":%u,\"time\":\"2026-11-25T10:%02u:00Z\",\"kind\":\"counts\",\"previous\":\"%s\",",
                  (unsigned)head->seq + 1, (unsigned)head->seq, head->hash);
    rd_buf_append(out, middle.p, middle.n);
    append_sum(out, from);
    if (gw_ledger_follow(&next, (rd_slice){out->p + from, out->n - from}, &r) != GW_LEDGER_FAULT_OK) {
        out->n = from;
        return;
    }
    rd_buf_append_byte(out, '\n');
    *head = next;
}

static void write_ledger(const uint8_t *data, size_t size)
{
    rd_buf lines;
    gw_ledger_head head;
    rd_buf_init(&lines, 1 << 20);
    gw_ledger_head_init(&head);
    for (size_t at = 0; at < size && head.seq < MAX_RECORDS;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t n = end != NULL ? (size_t)(end - data) - at : size - at;
        append_record(&lines, &head, (rd_slice){data + at, n});
        at += n + 1;
    }
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, lines.p, lines.n) == (ssize_t)lines.n && close(fd) == 0);
    rd_buf_release(&lines);
}

static int run(bool json, char **out, size_t *n_out)
{
    char ledger[] = "ledger", counts[] = "counts", as_json[] = "--json";
    char *argv[] = {ledger, counts, directory, json ? as_json : NULL, NULL}, *err = NULL;
    size_t n_err = 0;
    FILE *old_out = stdout, *old_err = stderr;
    stdout = open_memstream(out, n_out);
    stderr = open_memstream(&err, &n_err);
    CHECK(stdout != NULL && stderr != NULL);
    int rc = gw_cli_ledger_counts(json ? 4 : 3, argv);
    CHECK(fclose(stdout) == 0 && fclose(stderr) == 0);
    stdout = old_out;
    stderr = old_err;
    CHECK(rc == GW_EXIT_OK ? n_err == 0 : n_err > 0);
    free(err);
    return rc;
}

static void check_text(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        CHECK(((uint8_t)text[i] >= 0x20 || text[i] == '\n') && text[i] != 0x7f);
}

static void check_sum(const char *text, size_t n)
{
    json_t *answer = json_loadb(text, n, 0, NULL), *row;
    json_int_t sum = 0;
    size_t i;
    CHECK(answer != NULL);
    json_array_foreach(json_object_get(answer, "redactions"), i, row) sum +=
        json_integer_value(json_object_get(row, "finds"));
    CHECK(sum == json_integer_value(json_object_get(answer, "finds")));
    json_decref(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = NULL, *json = NULL;
    size_t n_text = 0, n_json = 0;
    if (size > MAX_MIDDLES)
        return 0;
    if (file[0] == '\0')
        make_directory();
    write_ledger(data, size);
    int rc = run(false, &text, &n_text);
    CHECK(run(true, &json, &n_json) == rc);
    CHECK(rc == GW_EXIT_OK || rc == GW_EXIT_FAILED);
    check_text(text, n_text);
    if (rc == GW_EXIT_OK)
        check_sum(json, n_json);
    free(text);
    free(json);
    return 0;
}
