/* SPDX-License-Identifier: MIT */
/* Texts that mean other than their bytes, and the forms of elements, segments and phrases that have no key.
 */
#include "tests/unit/detect_try.h"
#include "tests/unit/unit.h"

static void test_detect_views__escapes(void **state)
{
    static const detect_row rows[] = {
        {"{\"m\":\"jane\\u0040example.com\"}", "{\"m\":\"j***\\u0040example.com\"}"},
        {"{\"m\":\"{\\\"a\\\":\\\"jane\\\\u0040example.com\\\"}\"}",
         "{\"m\":\"{\\\"a\\\":\\\"j***\\\\u0040example.com\\\"}\"}"},
        {"call \\u002b4915112345678 now", "call \\u002b***78 now"},
        {"a=jane&#64;example.com", "a=j***&#64;example.com"},
        {"GET /a?m=jane%40example.com&x=1", "GET /a?m=j***%40example.com&x=1"},
        {"GET /a?card=4111%201111%201111%201111", "GET /a?card=***1111"},
        {"\\u0041\\u00e9 is no address", NULL},
        {"100%20 %4", NULL},
        {"u0040 u00 &#64; &#640;", NULL},
    };
    DETECT_CHECK(UINT64_MAX, rows);
}

/* All of a base64 run goes when there is something in what it means. */
static void test_detect_views__base64(void **state)
{
    static const detect_row rows[] = {
        {"data=dXNlcj1qYW5lQGV4YW1wbGUuY29tJmE9MQ== ok", "data=*** ok"}, /* user=jane@example.com&a=1 */
        {"conf eyJwYXNzd29yZCI6ICJodW50ZXIyeHkifQ", "conf ***"},         /* {"password": "hunter2xy"} */
        {"TmV0d29yayB1bnJlYWNoYWJsZSBvbiBub2Rl", NULL},                  /* Network unreachable on node */
        {"cursor=eyJwYWdlIjogNTksICJjdXJzb3IiOiAiODQ4YWQifQ==", NULL},
        {"dXNlcj1qYW5lQ", NULL},
    };
    DETECT_CHECK(UINT64_MAX & ~(UINT64_C(1) << RD_DETECTOR_SECRET), rows);
}

static void test_detect_views__forms_without_keys(void **state)
{
    static const detect_row rows[] = {
        {"<p:Password Type=\"Text\">tiger77x</p:Password>", "<p:Password Type=\"Text\">***</p:Password>"},
        {"<phone kind=\"home\">0171 2345678</phone>", "<phone kind=\"home\">***78</phone>"},
        {"<item kind=\"home\">Anna Smith</item>", NULL},
        {"PID|1||99^^^H||Smith^Anna||19700131|F", "PID|1||99^^^H||***||***|F"},
        {"RAPID|1||x||Smith^Anna||19700131", NULL},
        {"From: \"Anna Smith\" <a@example.com>", "From: \"***\" <***@example.com>"},
        {"To: Anna Smith <anna@example.com>", "To: *** <a***@example.com>"},
        {"reject <anna@example.com>", "reject <a***@example.com>"},
        {"17 UTC [9] jsmith@orders FATAL:  no", "17 UTC [9] ***@orders FATAL:  no"},
        {"jsmith@orders is a word", NULL},
        {"FAILED SU (to root) jsmith on pts/1", "FAILED SU (to root) *** on pts/1"},
        {"net use Z: \\\\fs\\a /user:CORP\\jsmith tiger77x", "net use Z: \\\\fs\\a /user:CORP\\*** ***"},
        {"1.2 [0 x] \"AUTH\" \"tiger77x\"", "1.2 [0 x] \"AUTH\" \"***\""},
        {"jdbc:oracle:thin:jsmith/tiger77x@//h:1521/X", "jdbc:oracle:thin:***/***@//h:1521/X"},
        {"Unseal Key 1: dGhpcyBpcyBhIGtleSE5OTk=", "Unseal Key 1: ***"},
        {"DB_PASS set to tiger77x", "DB_PASS set to ***"},
        {"password set to expire soon", NULL},
        {"docker login -u x -p tiger77x reg", "docker login -u x -p *** reg"},
        {"docker run -p 8080:80 x", NULL},
        {"smbclient //a/b -U jsmith%tiger77x", "smbclient //a/b -U ***%***"},
        {"https://api.telegram.org/bot1234567890:AAE3hKqPz9sT_b7XcVnM2wL-aDfGhJk4R5y/x",
         "https://api.telegram.org/bot1234567890:***/x"},
        {"MAC=00:1a:2b:3c:4d:5e:00:1f:2e:3d:4c:5b:08:00 SRC", "MAC=00:1a:2b:***:00:1f:2e:***:08:00 SRC"},
        {"fingerprint 00:1a:2b:3c:4d:5e:00:1f:2e:3d:4c:5b:6a:79 x", NULL},
        {"nr 0049 171 2345678 now", "nr 0049***78 now"},
        {"barcode 4006381333931", NULL},
        {"PWD=/home/x", NULL},
    };
    DETECT_CHECK(UINT64_MAX, rows);
}

static void test_detect_views__keys_of_other_languages(void **state)
{
    static const detect_row rows[] = {
        {"kullan\xc4\xb1"
         "c\xc4\xb1=jsmith \xc5\x9fifre=tiger",
         "kullan\xc4\xb1"
         "c\xc4\xb1=*** \xc5\x9fifre=***"},
        {"utilisateur=jsmith mot_de_passe=tiger", "utilisateur=*** mot_de_passe=***"},
        {"usuario=jsmith contrase\xc3\xb1"
         "a=tiger",
         "usuario=*** contrase\xc3\xb1"
         "a=***"},
        {"{\"nom\":\"Smith\",\"pr\xc3\xa9nom\":\"Anna\"}", "{\"nom\":\"***\",\"pr\xc3\xa9nom\":\"***\"}"},
        {"nom=3 ad=true family=inet6 first=1", NULL},
        {"Vorname: Anna, Nachname: Smith, Tel.: 0171/2345678", "Vorname: ***, Nachname: ***, Tel.: ***78"},
        {"{\"\xe6\xb0\x8f\xe5\x90\x8d\":\"\xe4\xbd\x90\xe8\x97\xa4\xe8\x8a\xb1\"}",
         "{\"\xe6\xb0\x8f\xe5\x90\x8d\":\"***\"}"},
        {"PatientName=[Smith^Anna]", "PatientName=[***]"},
        {"password=${X} user=null", NULL},
    };
    DETECT_CHECK(UINT64_MAX, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detect_views__escapes),
        cmocka_unit_test(test_detect_views__base64),
        cmocka_unit_test(test_detect_views__forms_without_keys),
        cmocka_unit_test(test_detect_views__keys_of_other_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
