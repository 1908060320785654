/* SPDX-License-Identifier: MIT */
/* `redactd token new` and `redactd password hash`: what goes to the sender, and what goes into the
 * configuration. */
#include "gateway/cli.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "gateway/cli_usage.h"
#include "gateway/password.h"

/* 256 random bits; the prefix lets scanners of repositories know a token when they see one. */
enum { TOKEN_BYTES = 32 };
static const char token_prefix[] = "rdt_";

/* URL-safe base64 without padding: 43 characters. */
static void put_base64url(const unsigned char *p, size_t n, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned bits = 0, n_bits = 0;
    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | p[i];
        for (n_bits += 8; n_bits >= 6; n_bits -= 6)
            *out++ = digits[bits >> (n_bits - 6) & 63];
        bits &= 63;
    }
    if (n_bits > 0)
        *out++ = digits[bits << (6 - n_bits) & 63];
    *out = '\0';
}

int gw_cli_token(int argc, char **argv)
{
    unsigned char bytes[TOKEN_BYTES], hash[EVP_MAX_MD_SIZE];
    char token[sizeof token_prefix + 4 * TOKEN_BYTES / 3 + 4];
    if (argc != 2 || strcmp(argv[1], "new") != 0)
        return gw_cli_usage("token");
    memcpy(token, token_prefix, sizeof token_prefix);
    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        fputs("redactd: no random numbers\n", stderr);
        return GW_EXIT_FAILED;
    }
    put_base64url(bytes, sizeof bytes, token + sizeof token_prefix - 1);
    unsigned n = 0;
    if (EVP_Digest(token, strlen(token), hash, &n, EVP_sha256(), NULL) != 1) {
        fputs("redactd: no SHA-256\n", stderr);
        return GW_EXIT_FAILED;
    }
    printf("token   %s\nsha256  ", token);
    for (unsigned i = 0; i < n; i++)
        printf("%02x", hash[i]);
    fputs("\n", stdout);
    fputs("The token is shown this once: give it to the sender. Put the sha256 into `tokens` of its "
          "workspace.\n",
          stderr);
    OPENSSL_cleanse(token, sizeof token);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return fflush(stdout) == 0 ? GW_EXIT_OK : GW_EXIT_FAILED;
}

/* One line of standard input, without echo on a terminal. */
static bool read_password(char *out, size_t room)
{
    struct termios was, quiet;
    bool terminal = isatty(STDIN_FILENO) != 0 && tcgetattr(STDIN_FILENO, &was) == 0;
    if (terminal) {
        fputs("password: ", stderr);
        quiet = was;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    bool ok = fgets(out, (int)room, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
        fputc('\n', stderr);
    }
    size_t n = ok ? strcspn(out, "\n") : 0;
    bool whole = ok && (out[n] == '\n' || n + 1 < room);
    out[n] = '\0';
    return whole && n > 0;
}

int gw_cli_password(int argc, char **argv)
{
    char password[GW_PASSWORD_MAX + 2] = "", encoded[GW_PASSWORD_ENCODED];
    if (argc != 2 || strcmp(argv[1], "hash") != 0)
        return gw_cli_usage("password");
    bool ok = read_password(password, sizeof password);
    if (!ok)
        fprintf(stderr, "redactd: standard input holds no password of 1 to %d characters\n", GW_PASSWORD_MAX);
    else if (!(ok = gw_password_hash(rd_slice_str(password), encoded)))
        fputs("redactd: the password cannot be hashed: no memory\n", stderr);
    OPENSSL_cleanse(password, sizeof password);
    if (!ok)
        return GW_EXIT_FAILED;
    puts(encoded);
    return fflush(stdout) == 0 ? GW_EXIT_OK : GW_EXIT_FAILED;
}
