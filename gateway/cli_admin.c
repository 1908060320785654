/* SPDX-License-Identifier: MIT */
#include "gateway/cli_admin.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "filters/base/buf.h"
#include "gateway/cli.h"
#include "gateway/config_open.h"
#include "gateway/config_scan.h"
#include "gateway/endpoint_response.h"

enum { TIMEOUT_S = 10, MAX_ANSWER = 32 << 20, MAX_COLUMNS = 24 };

__attribute__((format(printf, 2, 3))) static int fail(int code, const char *fmt, ...)
{
    va_list ap;
    fputs("redactd: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return code;
}

/* ---- options ---- */

typedef struct options {
    const char *config, *admin, *token_file;
} options;

static int take_options(gw_cli_admin *a, options *o, int argc, char **argv)
{
    const struct {
        const char *word;
        const char **value;
    } known[] = {{"-c", &o->config},
                 {"--config", &o->config},
                 {"--admin", &o->admin},
                 {"--token-file", &o->token_file}};
    a->verb = argv[0];
    a->args = argv + 1; /* what stays is moved to the front of it */
    for (int i = 1; i < argc; i++) {
        unsigned k = 0;
        while (k < sizeof known / sizeof known[0] && strcmp(argv[i], known[k].word) != 0)
            k++;
        if (k < sizeof known / sizeof known[0]) {
            if (i + 1 == argc)
                return fail(GW_EXIT_USAGE, "%s needs a value", argv[i]);
            *known[k].value = argv[++i];
        } else if (strcmp(argv[i], "--json") == 0) {
            a->json = true;
        } else {
            a->args[a->n_args++] = argv[i];
        }
    }
    a->args[a->n_args] = NULL;
    return GW_EXIT_OK;
}

static int set_address(gw_cli_admin *a, const char *text)
{
    static const char scheme[] = "http://";
    gw_mem mem = {0};
    gw_address address;
    if (strncmp(text, scheme, sizeof scheme - 1) == 0)
        text += sizeof scheme - 1;
    const char *why = gw_scan_address(text, &mem, &address);
    if (why == NULL) {
        snprintf(a->host, sizeof a->host, "%s", address.host);
        snprintf(a->port, sizeof a->port, "%u", address.port);
    }
    gw_mem_release(&mem);
    return why == NULL ? GW_EXIT_OK : fail(GW_EXIT_USAGE, "--admin %s", why);
}

static int read_token(gw_cli_admin *a, const char *path)
{
    char why[512];
    if (gw_admin_token_read(path, a->token, why, sizeof why))
        return GW_EXIT_OK;
    return fail(GW_EXIT_FAILED, "%s", why);
}

/* Address and token from the configuration, as far as they are not given. */
static int use_config(gw_cli_admin *a, const options *o, bool wants_token)
{
    gw_config *cfg = gw_config_open(o->config);
    int rc = GW_EXIT_OK;
    if (cfg == NULL)
        return GW_EXIT_CONFIG;
    if (!cfg->has_admin && o->admin == NULL)
        rc = fail(GW_EXIT_CONFIG, "the configuration says `admin: none`");
    else if (o->admin == NULL)
        rc = set_address(a, cfg->admin.listener.address);
    if (rc == GW_EXIT_OK && wants_token && cfg->admin.token_file == NULL)
        rc = fail(
            GW_EXIT_CONFIG,
            "no token: give the configuration `admin.token_file` (redactd makes the file when it starts), "
            "or use --token-file FILE or REDACTD_ADMIN_TOKEN");
    else if (rc == GW_EXIT_OK && wants_token)
        rc = read_token(a, cfg->admin.token_file);
    gw_config_free(&cfg);
    return rc;
}

int gw_cli_admin_open(gw_cli_admin *a, int argc, char **argv)
{
    options o = {0};
    const char *token = getenv("REDACTD_ADMIN_TOKEN");
    bool has_token = token != NULL && *token != '\0';
    *a = (gw_cli_admin){0};
    int rc = take_options(a, &o, argc, argv);
    if (rc == GW_EXIT_OK && o.admin != NULL)
        rc = set_address(a, o.admin);
    if (rc == GW_EXIT_OK && has_token &&
        snprintf(a->token, sizeof a->token, "%s", token) >= (int)sizeof a->token)
        rc = fail(GW_EXIT_USAGE, "REDACTD_ADMIN_TOKEN is too long");
    else if (rc == GW_EXIT_OK && !has_token && o.token_file != NULL)
        rc = read_token(a, o.token_file);
    bool wants_token = !has_token && o.token_file == NULL;
    if (rc == GW_EXIT_OK && (o.admin == NULL || wants_token))
        rc = use_config(a, &o, wants_token);
    if (rc != GW_EXIT_OK)
        gw_cli_admin_release(a);
    return rc;
}

void gw_cli_admin_release(gw_cli_admin *a)
{
    OPENSSL_cleanse(a->token, sizeof a->token);
}

/* ---- one call ---- */

static bool is_loopback(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24) == 127;
    return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

/* -1: said why. The token goes over this socket in plain, so it must not leave the machine. */
static int dial(const gw_cli_admin *a)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list = NULL;
    struct timeval limit = {TIMEOUT_S, 0};
    int fd = -1, e = getaddrinfo(a->host, a->port, &hints, &list);
    const char *why = e != 0 ? gai_strerror(e) : "is not a loopback address";
    for (struct addrinfo *ai = list; ai != NULL && fd < 0; ai = ai->ai_next) {
        if (!is_loopback(ai->ai_addr))
            continue;
        fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
            connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
            break;
        why = strerror(errno);
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    if (list != NULL)
        freeaddrinfo(list);
    if (fd < 0)
        (void)fail(0, "no redactd answers at %s port %s: %s", a->host, a->port, why);
    return fd;
}

static bool send_all(int fd, rd_slice s)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s.p += n;
        s.n -= (size_t)n;
    }
    return true;
}

static void put_request(rd_buf *b, const gw_cli_admin *a, const char *method, const char *path,
                        const json_t *body)
{
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    rd_buf_printf(b, "%s %s HTTP/1.1\r\nHost: %s:%s\r\nAuthorization: Bearer %s\r\nConnection: close\r\n",
                  method, path, strchr(a->host, ':') != NULL ? "localhost" : a->host, a->port, a->token);
    if (text != NULL)
        rd_buf_printf(b, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(text));
    rd_buf_append_str(b, "\r\n");
    if (text != NULL)
        rd_buf_append_str(b, text);
    free(text);
}

/* False: no whole answer. */
static bool read_answer(int fd, rd_buf *in, gw_response *r)
{
    enum { STEP = 64 << 10 };
    gw_response_init(r, MAX_ANSWER);
    for (gw_response_step step = GW_RESPONSE_MORE; step != GW_RESPONSE_DONE;) {
        char *room = (char *)rd_buf_reserve(in, STEP);
        ssize_t n = room != NULL ? recv(fd, room, STEP, 0) : -1;
        if (n < 0 && room != NULL && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        in->n += (size_t)n;
        step = n > 0 ? gw_response_feed(r, (char *)in->p, &in->n)
                     : gw_response_close(r, (const char *)in->p, in->n);
        if (step == GW_RESPONSE_BAD || step == GW_RESPONSE_TOO_LARGE || (n == 0 && step == GW_RESPONSE_MORE))
            return false;
    }
    return true;
}

static int judge(const gw_response *r, const rd_buf *in, json_t **out)
{
    json_t *answer = json_loadb((const char *)in->p + r->head_n, (size_t)r->body_n, 0, NULL);
    const json_t *error = json_object_get(answer, "error");
    char text[GW_CLI_CELL] = "refused";
    int rc = GW_EXIT_OK;
    if (json_is_string(error))
        gw_cli_admin_cell(text, error);
    if (r->status >= 400)
        rc = fail(GW_EXIT_FAILED, "%d: %s", r->status, text);
    else if (answer == NULL)
        rc = fail(GW_EXIT_FAILED, "the answer is not JSON; is that redactd's admin address?");
    if (rc == GW_EXIT_OK && out != NULL)
        *out = json_incref(answer);
    json_decref(answer);
    return rc;
}

int gw_cli_admin_call(const gw_cli_admin *a, const char *method, const char *path, const json_t *body,
                      json_t **out_answer)
{
    rd_buf request, in;
    gw_response r;
    int rc = GW_EXIT_FAILED, fd = dial(a);
    if (fd < 0)
        return GW_EXIT_FAILED;
    rd_buf_init(&request, MAX_ANSWER);
    rd_buf_init(&in, MAX_ANSWER + GW_RESPONSE_MAX_HEAD);
    put_request(&request, a, method, path, body);
    if (request.failed != RD_OK || !send_all(fd, rd_buf_slice(&request)) || !read_answer(fd, &in, &r))
        (void)fail(0, "%s port %s: no answer: %s", a->host, a->port,
                   errno != 0 ? strerror(errno) : "cut off");
    else
        rc = judge(&r, &in, out_answer);
    close(fd);
    rd_buf_wipe(&request);
    rd_buf_release(&request);
    rd_buf_release(&in);
    return rc;
}

bool gw_cli_admin_path(char *out, size_t n_out, const char *prefix, const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    size_t n = (size_t)snprintf(out, n_out, "%s", prefix);
    for (; *name != '\0' && n + 4 < n_out; name++)
        n += (size_t)snprintf(out + n, n_out - n, strchr(plain, *name) != NULL ? "%c" : "%%%02X",
                              (unsigned char)*name);
    return *name == '\0' && n < n_out;
}

/* ---- showing ---- */

/* The texts of a list, as far as there is room; nothing but texts is in any. */
static void cell_of_list(char out[GW_CLI_CELL], const json_t *list)
{
    size_t n = 0, i;
    json_t *v;
    snprintf(out, GW_CLI_CELL, "-");
    json_array_foreach((json_t *)list, i, v)
    {
        const char *s = json_string_value(v);
        int k = snprintf(out + n, GW_CLI_CELL - n, "%s%s", i > 0 ? " " : "", s != NULL ? s : "?");
        n += (size_t)k < GW_CLI_CELL - n ? (size_t)k : GW_CLI_CELL - n - 1;
    }
}

/* Control characters, of ASCII and of the block behind it (U+0080 to U+009F), become question marks. */
static void make_plain(char *s)
{
    for (unsigned char *c = (unsigned char *)s; *c != '\0'; c++) {
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
        else if (*c == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
            c[0] = c[1] = '?';
    }
}

void gw_cli_admin_cell(char out[GW_CLI_CELL], const json_t *v)
{
    if (json_is_string(v) && json_string_length(v) > 0)
        snprintf(out, GW_CLI_CELL, "%s", json_string_value(v));
    else if (json_is_integer(v))
        snprintf(out, GW_CLI_CELL, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    else if (json_is_real(v))
        snprintf(out, GW_CLI_CELL, "%.3g", json_real_value(v));
    else if (json_is_array(v))
        cell_of_list(out, v);
    else
        snprintf(out, GW_CLI_CELL, "%s", json_is_true(v) ? "yes" : json_is_false(v) ? "no" : "-");
    make_plain(out);
}

static int finish(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? GW_EXIT_OK : GW_EXIT_FAILED;
}

static int show_json(const json_t *answer)
{
    bool ok = json_dumpf(answer, stdout, JSON_INDENT(2)) == 0 && fputc('\n', stdout) != EOF;
    return ok ? finish() : GW_EXIT_FAILED;
}

static void line(const json_t *row, const gw_cli_column *columns, size_t n, const int *widths)
{
    char text[GW_CLI_CELL];
    for (size_t c = 0; c < n; c++) {
        if (row != NULL)
            gw_cli_admin_cell(text, json_object_get(row, columns[c].key));
        else
            snprintf(text, sizeof text, "%s", columns[c].title);
        printf("%-*s%s", c + 1 < n ? widths[c] : 0, text, c + 1 < n ? "  " : "\n");
    }
}

int gw_cli_admin_show(const gw_cli_admin *a, const json_t *answer, const json_t *rows,
                      const gw_cli_column *columns, size_t n_columns)
{
    char text[GW_CLI_CELL];
    int widths[MAX_COLUMNS] = {0};
    size_t i;
    json_t *row;
    if (a->json)
        return show_json(answer);
    n_columns = n_columns < MAX_COLUMNS ? n_columns : MAX_COLUMNS;
    for (size_t c = 0; c < n_columns; c++) {
        widths[c] = (int)strlen(columns[c].title);
        json_array_foreach((json_t *)rows, i, row)
        {
            gw_cli_admin_cell(text, json_object_get(row, columns[c].key));
            widths[c] = (int)strlen(text) > widths[c] ? (int)strlen(text) : widths[c];
        }
    }
    line(NULL, columns, n_columns, widths);
    json_array_foreach((json_t *)rows, i, row) line(row, columns, n_columns, widths);
    return finish();
}

int gw_cli_admin_show_object(const gw_cli_admin *a, const json_t *answer)
{
    char name[GW_CLI_CELL], text[GW_CLI_CELL];
    const char *key;
    json_t *v;
    if (a->json)
        return show_json(answer);
    json_object_foreach((json_t *)answer, key, v)
    {
        snprintf(name, sizeof name, "%s", key);
        make_plain(name);
        gw_cli_admin_cell(text, v);
        printf("%-20s  %s\n", name, text);
    }
    return finish();
}
