/* SPDX-License-Identifier: MIT */
#include "gateway/config_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "filters/base/buf.h"

/* The first 16 digits of what sha256sum says about the file. */
static void hash_text(const char *text, size_t n, char *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    static const char hex[] = "0123456789abcdef";
    EVP_Digest(text, n, digest, NULL, EVP_sha256(), NULL);
    for (int i = 0; i < 8; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[16] = '\0';
}

gw_config *gw_config_parse_in(const char *text, size_t n, const char *name, const char *dir, gw_access access,
                              gw_diagnostics *d)
{
    size_t errors_before = gw_diagnostics_errors(d);
    gw_yaml_doc doc = {0};
    gw_mem *mem = calloc(1, sizeof *mem);
    if (mem == NULL) {
        gw_diag_file(d, name, "out of memory");
        return NULL;
    }
    gw_config *c = gw_mem_alloc(mem, sizeof *c);
    atomic_init(&c->refs, 1);
    gw_loader l = {.mem = mem, .d = d, .dir = dir, .access = access};
    c->memory = mem;
    hash_text(text, n, c->hash);
    if (!gw_yaml_parse(&doc, text, n, name, gw_is_key, d))
        goto out;
    if (doc.root == NULL || gw_yaml_is_null(doc.root)) {
        gw_diag_file(d, name,
                     "the configuration is empty; the least is `version`, `upstreams` and `workspaces`");
        goto out;
    }
    if (doc.root->kind != GW_YAML_MAPPING) {
        gw_diag_at(d, doc.root, NULL, "the configuration must be a mapping of keys to values");
        goto out;
    }
    gw_show_known(&gw_root_section, doc.root);
    gw_yaml_find_duplicates(&doc, d);
    gw_load_section(&l, &gw_root_section, doc.root, c);
    gw_config_derive(&l, c, doc.root);
    gw_config_check(&l, c, doc.root);
out:
    gw_yaml_free(&doc);
    if (gw_diagnostics_errors(d) != errors_before)
        gw_config_free(&c);
    return c;
}

gw_config *gw_config_parse(const char *text, size_t n, const char *name, gw_diagnostics *d)
{
    const char *slash = strrchr(name, '/');
    char *dir = strndup(name, slash != NULL ? (size_t)(slash - name) + 1 : 0);
    gw_config *c = NULL;
    if (dir != NULL)
        c = gw_config_parse_in(text, n, name, dir, GW_OPEN, d);
    else
        gw_diag_file(d, name, "out of memory");
    free(dir);
    return c;
}

bool gw_config_read(const char *path, rd_buf *text, gw_diagnostics *d)
{
    bool ok = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        gw_diag_file(d, path, "cannot open: %s", strerror(errno));
        return false;
    }
    for (;;) {
        enum { STEP = 64 << 10 };
        uint8_t *room = rd_buf_reserve(text, STEP);
        ssize_t got = room != NULL ? read(fd, room, STEP) : -1;
        if (room == NULL)
            gw_diag_file(d, path, "larger than %zu MiB", text->max >> 20);
        else if (got < 0)
            gw_diag_file(d, path, "cannot read: %s", strerror(errno));
        if (got < 0)
            break;
        text->n += (size_t)got;
        if (got == 0) {
            ok = true;
            break;
        }
    }
    close(fd);
    return ok;
}

char *gw_config_directory(const char *path)
{
    char *real = realpath(path, NULL);
    char *slash = real != NULL ? strrchr(real, '/') : NULL;
    if (slash != NULL)
        slash[1] = '\0';
    return real;
}

gw_config *gw_config_load(const char *path, gw_diagnostics *d)
{
    gw_config *c = NULL;
    char *dir = NULL;
    rd_buf text;
    rd_buf_init(&text, GW_YAML_MAX_BYTES + (128 << 10));
    if (!gw_config_read(path, &text, d))
        goto out;
    dir = gw_config_directory(path);
    if (dir == NULL)
        gw_diag_file(d, path, "cannot find its directory: %s", strerror(errno));
    else
        c = gw_config_parse_in((const char *)text.p, text.n, path, dir, GW_OPEN, d);
out:
    rd_buf_wipe(&text);
    rd_buf_release(&text);
    free(dir);
    return c;
}

const char *gw_config_default_text(size_t *out_n)
{
    return gw_embedded("default.yaml", out_n);
}

bool gw_config_sends(const gw_config *c, size_t upstream, gw_signal s)
{
    for (size_t i = 0; i < c->n_routes; i++) {
        if (c->routes[i].upstream_index == upstream && c->routes[i].signal == s)
            return true;
    }
    return false;
}

gw_config *gw_config_ref(gw_config *c)
{
    atomic_fetch_add(&c->refs, 1);
    return c;
}

void gw_config_free(gw_config **pc)
{
    gw_config *c = *pc;
    *pc = NULL;
    if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    gw_mem *mem = c->memory;
    gw_mem_release(mem);
    free(mem);
}
