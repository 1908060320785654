/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: what a server may answer to the verbs that ask a running redactd. Byte 0 chooses the verb,
 * byte 1 whether the answer is shown as it came, the rest is all that the server sends, to every call alike.
 *
 * Checked: a verb comes to an end, after a call or two, with an exit code of cli.h; what goes to the terminal
 * has no control character in it but line feeds; without a word on standard error it was a success.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/cli.h"
#include "tests/fuzz/check.h"

enum { MAX_ANSWER = 1 << 16, MAX_CALLS = 2, MAX_ARGUMENTS = 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t n);

static struct {
    const uint8_t *answer;
    size_t n;
    int peers[MAX_CALLS];
    unsigned n_calls;
} server;

/* A peer that has said everything before it is asked. */
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t n)
{
    static const int room = 4 * MAX_ANSWER;
    int pair[2];
    CHECK(server.n_calls < MAX_CALLS);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    CHECK(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
    CHECK(send(pair[0], server.answer, server.n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)server.n);
    CHECK(shutdown(pair[0], SHUT_WR) == 0 && dup2(pair[1], fd) == fd && close(pair[1]) == 0);
    server.peers[server.n_calls++] = pair[0];
    return 0;
}

static const struct {
    int (*run)(int argc, char **argv);
    const char *words[MAX_ARGUMENTS - 2]; /* NULL at the end */
} verbs[] = {
    {gw_cli_status, {"status"}},
    {gw_cli_log_level, {"log-level", "info"}},
    {gw_cli_breaker, {"breaker", "ls"}},
    {gw_cli_breaker, {"breaker", "ls", "up"}},
    {gw_cli_breaker, {"breaker", "open", "up", "--ttl", "10m"}},
    {gw_cli_rules, {"rules", "ls"}},
    {gw_cli_rules, {"rules", "ls", "--unused"}},
    {gw_cli_rules, {"rules", "ls", "--workspace", "a"}},
    {gw_cli_workspace, {"workspace", "ls"}},
    {gw_cli_workspace, {"workspace", "show", "a"}},
    {gw_cli_workspace, {"workspace", "block", "a", "--ttl", "1h"}},
    {gw_cli_workspace, {"workspace", "limit", "a", "items_per_second=5", "mode=shadow", "--ttl", "1h"}},
};

static void check_terminal(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)text[i], next = i + 1 < n ? (uint8_t)text[i + 1] : 0;
        CHECK((c >= 0x20 || c == '\n') && c != 0x7f);
        CHECK(c != 0xc2 || next < 0x80 || next > 0x9f);
    }
}

typedef struct words {
    char *owned[MAX_ARGUMENTS], *argv[MAX_ARGUMENTS + 1];
    int n;
} words;

static void add(words *w, const char *word)
{
    CHECK(w->n < MAX_ARGUMENTS);
    w->owned[w->n] = w->argv[w->n] = strdup(word);
    CHECK(w->owned[w->n] != NULL);
    w->n++;
}

/* Its exit code; *out and *err are what it wrote. */
static int run(unsigned verb, bool json, char **out, size_t *n_out, char **err, size_t *n_err)
{
    words w = {.n = 0};
    FILE *old_out = stdout, *old_err = stderr;
    for (const char *const *word = verbs[verb].words; *word != NULL; word++)
        add(&w, *word);
    add(&w, "--admin");
    add(&w, "127.0.0.1:9");
    if (json)
        add(&w, "--json");
    stdout = open_memstream(out, n_out);
    stderr = open_memstream(err, n_err);
    CHECK(stdout != NULL && stderr != NULL);
    int rc = verbs[verb].run(w.n, w.argv);
    CHECK(fclose(stdout) == 0 && fclose(stderr) == 0);
    stdout = old_out;
    stderr = old_err;
    while (w.n > 0)
        free(w.owned[--w.n]);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *out = NULL, *err = NULL;
    size_t n_out = 0, n_err = 0;
    if (size < 2 || size - 2 > MAX_ANSWER)
        return 0;
    CHECK(setenv("REDACTD_ADMIN_TOKEN", "0123456789abcdef", 1) == 0);
    server.answer = data + 2;
    server.n = size - 2;
    server.n_calls = 0;
    bool json = (data[1] & 1) != 0;
    int rc = run(data[0] % (sizeof verbs / sizeof verbs[0]), json, &out, &n_out, &err, &n_err);
    CHECK(server.n_calls > 0 && (rc == GW_EXIT_OK || rc == GW_EXIT_FAILED));
    CHECK(rc == GW_EXIT_FAILED || n_err == 0);
    check_terminal(err, n_err);
    if (!json)
        check_terminal(out, n_out);
    while (server.n_calls > 0)
        close(server.peers[--server.n_calls]);
    free(out);
    free(err);
    return 0;
}
