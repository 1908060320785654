/* SPDX-License-Identifier: MIT */
#include "gateway/admin_tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "gateway/log.h"

enum { HASH_BYTES = 32, MADE_BYTES = 32, MIN_TOKEN = 16 };

typedef struct entry {
    gw_admin_caller caller;
    unsigned char sha256[HASH_BYTES];
} entry;

struct gw_admin_tokens {
    size_t n;
    entry entries[];
};

static bool hash(rd_slice token, unsigned char out[HASH_BYTES])
{
    return EVP_Digest(token.p, token.n, out, NULL, EVP_sha256(), NULL) == 1;
}

/* ---- the file ---- */

static bool cannot(char *why, size_t n_why, const char *path, const char *what)
{
    snprintf(why, n_why, "admin.token_file %s: %s", path, what);
    return false;
}

/* The same rule as for private keys. */
static int open_token(const char *path, char *why, size_t n_why)
{
    struct stat st;
    const char *what = NULL;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0)
        what = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        what = "not a regular file";
    else if ((st.st_mode & S_IROTH) != 0)
        what = "everyone may read it; a secret needs chmod o-rwx";
    else
        return fd;
    if (fd >= 0)
        close(fd);
    (void)cannot(why, n_why, path, what);
    return -1;
}

bool gw_admin_token_read(const char *path, char out[GW_ADMIN_TOKEN_MAX + 1], char *why, size_t n_why)
{
    char text[GW_ADMIN_TOKEN_MAX + 2] = "";
    size_t n = 0;
    ssize_t got = 1;
    int fd = open_token(path, why, n_why);
    if (fd < 0)
        return false;
    while (n < sizeof text && (got = read(fd, text + n, sizeof text - n)) > 0)
        n += (size_t)got;
    close(fd);
    n -= n > 0 && text[n - 1] == '\n';
    bool ok = got >= 0 && n >= MIN_TOKEN && n <= GW_ADMIN_TOKEN_MAX;
    for (size_t i = 0; ok && i < n; i++)
        ok = text[i] > 0x20 && text[i] < 0x7f;
    if (ok) {
        memcpy(out, text, n);
        out[n] = '\0';
    }
    OPENSSL_cleanse(text, sizeof text);
    return ok || cannot(why, n_why, path, "holds no token; remove it, and a new one is made");
}

static bool make_token(char out[2 * MADE_BYTES + 2])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[MADE_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    for (unsigned i = 0; i < MADE_BYTES; i++) {
        out[2 * i] = hex[bytes[i] >> 4];
        out[2 * i + 1] = hex[bytes[i] & 15];
    }
    out[2 * MADE_BYTES] = '\n';
    out[2 * MADE_BYTES + 1] = '\0';
    OPENSSL_cleanse(bytes, sizeof bytes);
    return true;
}

/* By a name of its own and link(2): the file appears whole or not at all, and a file that is there already
 * stays as it is. */
static bool write_token(const char *path, char *why, size_t n_why)
{
    char temporary[PATH_MAX], text[2 * MADE_BYTES + 2];
    int n = snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary)
        return cannot(why, n_why, path, "the name is too long");
    (void)unlink(temporary);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return cannot(why, n_why, path, strerror(errno));
    bool ok =
        make_token(text) && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1 && fsync(fd) == 0;
    ok = close(fd) == 0 && ok && (link(temporary, path) == 0 || errno == EEXIST);
    int e = errno;
    OPENSSL_cleanse(text, sizeof text);
    (void)unlink(temporary);
    if (ok)
        gw_log(ADMIN_TOKEN_MADE, gw_word("file", path));
    return ok || cannot(why, n_why, path, strerror(e));
}

static bool add_file(gw_admin_tokens *t, const char *path, bool make, char *why, size_t n_why)
{
    char token[GW_ADMIN_TOKEN_MAX + 1];
    if (access(path, F_OK) != 0) {
        if (!make)
            return true;
        if (!write_token(path, why, n_why))
            return false;
    }
    if (!gw_admin_token_read(path, token, why, n_why))
        return false;
    entry *e = &t->entries[t->n++];
    *e = (entry){.caller = {.name = GW_ADMIN_TOKEN_FILE_NAME, .role = GW_ADMIN_OPERATOR}};
    bool ok = hash(rd_slice_str(token), e->sha256);
    OPENSSL_cleanse(token, sizeof token);
    return ok || cannot(why, n_why, path, "SHA-256 is not available");
}

/* ---- the list ---- */

static unsigned nibble(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

static void add_hash(gw_admin_tokens *t, const gw_admin_token_cfg *cfg)
{
    entry *e = &t->entries[t->n++];
    *e = (entry){.caller = {.role = cfg->role}};
    snprintf(e->caller.name, sizeof e->caller.name, "%s", cfg->name);
    for (unsigned i = 0; i < HASH_BYTES; i++)
        e->sha256[i] = (unsigned char)(nibble(cfg->sha256[2 * i]) << 4 | nibble(cfg->sha256[2 * i + 1]));
}

gw_admin_tokens *gw_admin_tokens_new(const gw_admin_cfg *cfg, bool make, char *why, size_t n_why)
{
    gw_admin_tokens *t = calloc(1, sizeof *t + (cfg->n_tokens + 1) * sizeof t->entries[0]);
    if (t == NULL) {
        snprintf(why, n_why, "no memory");
        return NULL;
    }
    for (size_t i = 0; i < cfg->n_tokens; i++)
        add_hash(t, &cfg->tokens[i]);
    if (cfg->token_file != NULL && !add_file(t, cfg->token_file, make, why, n_why))
        gw_admin_tokens_free(&t);
    return t;
}

void gw_admin_tokens_free(gw_admin_tokens **t)
{
    free(*t);
    *t = NULL;
}

const gw_admin_caller *gw_admin_tokens_find(const gw_admin_tokens *t, rd_slice token)
{
    unsigned char sha256[HASH_BYTES];
    const gw_admin_caller *found = NULL;
    if (token.n == 0 || token.n > GW_ADMIN_TOKEN_MAX || !hash(token, sha256))
        return NULL;
    for (size_t i = 0; i < t->n; i++) {
        if (CRYPTO_memcmp(sha256, t->entries[i].sha256, HASH_BYTES) == 0)
            found = &t->entries[i].caller;
    }
    return found;
}

bool gw_admin_tokens_any(const gw_admin_tokens *t)
{
    return t->n > 0;
}
