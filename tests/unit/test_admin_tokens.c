/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/admin_tokens.h"

static char dir[64], path[128], why[512];

static int set_up(void **state)
{
    snprintf(dir, sizeof dir, "/tmp/redactd-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/token", dir);
    why[0] = '\0';
    return 0;
}

static int tear_down(void **state)
{
    (void)unlink(path);
    return rmdir(dir); /* fails when a file was left behind */
}

static void write_file(const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && fchmod(fd, mode) == 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static gw_admin_tokens *with_file(bool make)
{
    gw_admin_cfg cfg = {.token_file = path};
    return gw_admin_tokens_new(&cfg, make, why, sizeof why);
}

static const gw_admin_caller *find(const gw_admin_tokens *t, const char *token)
{
    return gw_admin_tokens_find(t, rd_slice_str(token));
}

static void test_tokens__known_by_their_hash(void **state)
{
    gw_admin_token_cfg list[] = {
        /* of "" and of "abc": FIPS 180-2 */
        {"nobody", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", GW_ADMIN_OPERATOR},
        {"viewer", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", GW_ADMIN_VIEWER}};
    gw_admin_cfg cfg = {.tokens = list, .n_tokens = 2};
    gw_admin_tokens *t = gw_admin_tokens_new(&cfg, true, why, sizeof why);
    assert_non_null(t);
    assert_true(gw_admin_tokens_any(t));
    assert_string_equal(find(t, "abc")->name, "viewer");
    assert_int_equal(find(t, "abc")->role, GW_ADMIN_VIEWER);
    for (const char *const *w =
             (const char *const[]){"", "ab", "abcd", "abd", "ABC", " abc", "abc ", list[1].sha256, NULL};
         *w != NULL; w++)
        assert_null(find(t, *w));
    gw_admin_tokens_free(&t);
    assert_null(t);
}

static void test_tokens__too_long_is_nobodys(void **state)
{
    char token[GW_ADMIN_TOKEN_MAX + 2];
    memset(token, 'x', sizeof token - 1);
    token[sizeof token - 1] = '\0';
    gw_admin_cfg cfg = {0};
    gw_admin_tokens *t = gw_admin_tokens_new(&cfg, true, why, sizeof why);
    assert_false(gw_admin_tokens_any(t));
    assert_null(find(t, token));
    gw_admin_tokens_free(&t);
}

static void test_tokens__file_is_made_once(void **state)
{
    char first[GW_ADMIN_TOKEN_MAX + 1], second[GW_ADMIN_TOKEN_MAX + 1];
    struct stat st;
    mode_t before = umask(0);
    gw_admin_tokens *t = with_file(true);
    umask(before);
    assert_non_null(t);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(gw_admin_token_read(path, first, why, sizeof why));
    assert_int_equal(strlen(first), 64);
    assert_string_equal(find(t, first)->name, GW_ADMIN_TOKEN_FILE_NAME);
    assert_int_equal(find(t, first)->role, GW_ADMIN_OPERATOR);
    gw_admin_tokens_free(&t);
    t = with_file(true);
    assert_true(gw_admin_token_read(path, second, why, sizeof why));
    assert_string_equal(first, second);
    gw_admin_tokens_free(&t);
}

static void test_tokens__two_installs_differ(void **state)
{
    char first[GW_ADMIN_TOKEN_MAX + 1], second[GW_ADMIN_TOKEN_MAX + 1];
    gw_admin_tokens *t = with_file(true);
    gw_admin_tokens_free(&t);
    assert_true(gw_admin_token_read(path, first, why, sizeof why));
    assert_int_equal(unlink(path), 0);
    t = with_file(true);
    assert_null(find(t, first));
    assert_true(gw_admin_token_read(path, second, why, sizeof why));
    assert_string_not_equal(first, second);
    gw_admin_tokens_free(&t);
}

static void test_tokens__a_check_makes_no_file(void **state)
{
    gw_admin_tokens *t = with_file(false);
    assert_non_null(t);
    assert_false(gw_admin_tokens_any(t));
    assert_int_not_equal(access(path, F_OK), 0);
    gw_admin_tokens_free(&t);
}

static void refused(const char *text, mode_t mode, const char *word)
{
    write_file(text, mode);
    assert_null(with_file(true));
    assert_non_null(strstr(why, path));
    if (strstr(why, word) == NULL)
        fail_msg("%s does not say %s", why, word);
    if (strlen(text) > 3)
        assert_null(strstr(why, text));
}

static void test_tokens__bad_files(void **state)
{
    char text[GW_ADMIN_TOKEN_MAX + 3];
    refused("", 0600, "holds no token");
    refused("\n", 0600, "holds no token");
    refused("fifteen-letters", 0600, "holds no token");
    refused("sixteen letters here", 0600, "holds no token");
    refused("two-lines-of-it\ntwo-lines-of-it\n", 0600, "holds no token");
    refused("0123456789abcdef0123456789abcdef", 0604, "everyone may read it");
    memset(text, 'x', sizeof text);
    text[GW_ADMIN_TOKEN_MAX + 1] = '\0';
    refused(text, 0600, "holds no token");
    text[GW_ADMIN_TOKEN_MAX] = '\n';
    write_file(text, 0640);
    gw_admin_tokens *t = with_file(true);
    assert_non_null(t);
    gw_admin_tokens_free(&t);
}

static void test_tokens__a_place_that_cannot_be_written(void **state)
{
    gw_admin_cfg cfg = {.token_file = "/proc/nowhere/token"};
    assert_null(gw_admin_tokens_new(&cfg, true, why, sizeof why));
    assert_non_null(strstr(why, "/proc/nowhere/token"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_tokens__known_by_their_hash),
        T(test_tokens__too_long_is_nobodys),
        T(test_tokens__file_is_made_once),
        T(test_tokens__two_installs_differ),
        T(test_tokens__a_check_makes_no_file),
        T(test_tokens__bad_files),
        T(test_tokens__a_place_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
