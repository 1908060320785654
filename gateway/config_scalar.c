/* SPDX-License-Identifier: MIT */
/*
 * From a node to the text it stands for: ${VARIABLE} and ${VARIABLE:-default} inside scalars, {file: path} in
 * place of one. Happens after parsing, so what a variable or file holds is never taken for YAML.
 */
#include "gateway/config_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filters/base/buf.h"
#include "filters/base/utf8.h"

enum { VALUE_MAX_BYTES = 64 << 10 };

static const char *path_of(gw_loader *l, const gw_key *k, const gw_yaml_node *n)
{
    const char *path = gw_yaml_path(n, l->mem);
    return *path != '\0' ? path : k->name;
}

const char *gw_resolve(gw_loader *l, const char *name)
{
    return *name == '/' ? name : gw_mem_format(l->mem, "%s%s", l->dir, name);
}

static bool is_variable(const char *s)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    return *s != '\0' && strchr(letters, *s) != NULL &&
           strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
                     "0123456789") == strlen(s);
}

/* One reference, `inner` being what stands between the braces. */
static bool append_variable(gw_loader *l, const gw_key *k, const gw_yaml_node *n, char *inner, rd_buf *out)
{
    char *dash = strstr(inner, ":-");
    if (dash != NULL)
        *dash = '\0';
    if (!is_variable(inner)) {
        gw_diag_at(l->d, n, "a literal ${ is written $${", "`%s`: what stands in ${...} is no variable name",
                   path_of(l, k, n));
        return false;
    }
    const char *value = l->access == GW_SEALED ? NULL : getenv(inner);
    if ((value == NULL || *value == '\0') && dash != NULL)
        value = dash + 2;
    if (value == NULL) {
        gw_diag_at(l->d, n, NULL, "`%s`: the environment has no variable `%s`", path_of(l, k, n), inner);
        return false;
    }
    rd_buf_append_str(out, value);
    return true;
}

static bool expand(gw_loader *l, const gw_key *k, const gw_yaml_node *n, rd_buf *out)
{
    for (const char *s = n->text; *s != '\0';) {
        if (strncmp(s, "$${", 3) == 0) {
            rd_buf_append_str(out, "${");
            s += 3;
        } else if (strncmp(s, "${", 2) != 0) {
            rd_buf_append_byte(out, (uint8_t)*s++);
        } else {
            const char *end = strchr(s, '}');
            if (end == NULL) {
                gw_diag_at(l->d, n, "a literal ${ is written $${", "`%s`: ${ without }", path_of(l, k, n));
                return false;
            }
            if (!append_variable(l, k, n, gw_mem_text(l->mem, s + 2, (size_t)(end - s) - 2), out))
                return false;
            s = end + 1;
        }
    }
    return true;
}

static bool plain_text(gw_loader *l, const gw_key *k, gw_yaml_node *n, const char **out)
{
    rd_buf b;
    bool ok = false;
    if (gw_yaml_is_null(n)) {
        gw_diag_at(l->d, n, NULL, "`%s` has no value", path_of(l, k, n));
        return false;
    }
    if (strstr(n->text, "${") == NULL) {
        *out = gw_mem_text(l->mem, n->text, strlen(n->text));
        return true;
    }
    rd_buf_init(&b, VALUE_MAX_BYTES);
    if (!expand(l, k, n, &b))
        goto out;
    if (b.failed != RD_OK) {
        gw_diag_at(l->d, n, NULL, "`%s` is too long", path_of(l, k, n));
        goto out;
    }
    if (!rd_utf8_valid(rd_buf_slice(&b))) {
        gw_diag_at(l->d, n, NULL, "`%s` is not UTF-8 once its variables are replaced", path_of(l, k, n));
        goto out;
    }
    *out = gw_mem_text(l->mem, (const char *)b.p, b.n);
    ok = true;
out:
    rd_buf_wipe(&b);
    rd_buf_release(&b);
    return ok;
}

/* Opens a regular file; -1 with *out_why set. FIFOs and devices must not hang or feed a start. */
static int open_regular(const char *path, bool must_be_private, struct stat *st, const char **out_why)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        *out_why = strerror(errno);
        return -1;
    }
    if (fstat(fd, st) != 0)
        *out_why = strerror(errno);
    else if (!S_ISREG(st->st_mode))
        *out_why = "not a regular file";
    else if (must_be_private && (st->st_mode & S_IROTH) != 0)
        *out_why = "everyone may read it; a secret needs chmod o-rwx";
    else
        return fd;
    close(fd);
    return -1;
}

void gw_require_file(gw_loader *l, const gw_key *k, const gw_yaml_node *n, const char *path)
{
    struct stat st;
    const char *why = NULL;
    if (l->access == GW_SEALED)
        return;
    int fd = open_regular(path, (k->flags & GW_KEY_PRIVATE) != 0, &st, &why);
    if (fd >= 0)
        close(fd);
    else
        gw_diag_at(l->d, n, NULL, "`%s`: cannot use file `%s`: %s", path_of(l, k, n), path, why);
}

/* The whole content without one line end; NULL with *out_why set. */
static const char *read_whole(gw_loader *l, int fd, const struct stat *st, const char **out_why)
{
    if (st->st_size > VALUE_MAX_BYTES) {
        *out_why = "larger than 64 KiB";
        return NULL;
    }
    size_t room = (size_t)st->st_size + 1, n = 0;
    char *text = gw_mem_alloc(l->mem, room + 1);
    for (ssize_t got; n < room && (got = read(fd, text + n, room - n)) != 0;) {
        if (got < 0) {
            *out_why = strerror(errno);
            return NULL;
        }
        n += (size_t)got;
    }
    n -= n > 0 && text[n - 1] == '\n';
    text[n] = '\0';
    if (strlen(text) != n || !rd_utf8_valid(rd_slice_of(text, n))) {
        *out_why = "not text";
        return NULL;
    }
    return text;
}

static bool file_text(gw_loader *l, const gw_key *k, gw_yaml_node *n, gw_yaml_node *name_node,
                      const char **out)
{
    struct stat st;
    const char *name, *why = "files are not read here", *text = NULL;
    if (!plain_text(l, k, name_node, &name))
        return false;
    const char *path = gw_resolve(l, name);
    int fd = l->access == GW_SEALED ? -1 : open_regular(path, (k->flags & GW_KEY_SECRET) != 0, &st, &why);
    if (fd >= 0) {
        text = read_whole(l, fd, &st, &why);
        close(fd);
    }
    if (text == NULL) {
        gw_diag_at(l->d, name_node, NULL, "`%s`: cannot use file `%s`: %s", path_of(l, k, n), path, why);
        return false;
    }
    *out = text;
    return true;
}

bool gw_scalar(gw_loader *l, const gw_key *k, gw_yaml_node *n, const char **out)
{
    if (n->kind == GW_YAML_SCALAR)
        return plain_text(l, k, n, out);
    gw_yaml_node *file = gw_yaml_get(n, "file");
    if (file != NULL && n->n_children == 1 && file->kind == GW_YAML_SCALAR)
        return file_text(l, k, n, file, out);
    gw_diag_at(l->d, n, NULL, "`%s` must be a single value, not a %s", path_of(l, k, n),
               n->kind == GW_YAML_SEQUENCE ? "list" : "mapping");
    return false;
}
