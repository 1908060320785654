/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "tests/unit/detect_try.h"

#define ONLY (UINT64_C(1) << RD_DETECTOR_EMAIL)

static void test_detect_email__addresses(void **state)
{
    static const detect_row rows[] = {
        {"PER*IP**EM*jane@example.com~", "PER*IP**EM*j***@example.com~"},
        {"PER*IP**jane@example.com~", "PER*IP**j***@example.com~"},
        {"https://u%40x.example:a/b@h", "https://***%40x.example:a/b@h"},
        {"jane@example.comXX1 left", "j***@example.comXX1 left"},
        {"anna.mueller@example.com", "a***@example.com"},
        {"mail from <Anna_M+news@mail.example.co.uk>, ok", "mail from <A***@mail.example.co.uk>, ok"},
        {"to=bo@example.org.", "to=b***@example.org."},
        {"j@example.de", "***@example.de"},
        /* a full-width comma, a number; CJK text and a number; NBSP and a number */
        {"jane@example.com\xef\xbc\x8c\xe7\x94\xb5\x31", "j***@example.com\xef\xbc\x8c\xe7\x94\xb5\x31"},
        {"jane@example.com\xe7\x94\xb5\xe8\xaf\x9d\x31\x32",
         "j***@example.com\xe7\x94\xb5\xe8\xaf\x9d\x31\x32"},
        {"jane@example.com\xc2\xa0\x35", "j***@example.com\xc2\xa0\x35"},
        {"GET /u?email=kenji28%40shop.example&x=1", "GET /u?email=k***%40shop.example&x=1"},
        {"?next=%3Femail%3Dkenji%40shop.example", "?next=%3Femail%3Dk***%40shop.example"},
        {"cc 'o'nguyen@example.com'", "cc 'o***@example.com'"},
        {"relay ext%vendor@mail.example.io up", "relay e***@mail.example.io up"},
        {"\xc3\xa4nne@b\xc3\xbc"
         "cher.example",
         "\xc3\xa4***@b\xc3\xbc"
         "cher.example"},
        {"x.y@\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88",
         "x***@\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88"},
        {"user@xn--80ak6aa92e.xn--p1ai", "u***@xn--80ak6aa92e.xn--p1ai"},
        {"ops@[192.0.2.17] relayed", "o***@[192.0.2.17] relayed"},
        {"ops@[IPv6:2001:db8::17]", "o***@[IPv6:2001:db8::17]"},
        {"\"john doe\"@example.com", "\"j***@example.com"},
        {"mailto:anna@example.com?subject=x", "mailto:a***@example.com?subject=x"},
        {"a1@example.com,b2@example.com;c3@example.com",
         "a***@example.com,b***@example.com;c***@example.com"},
        {"anna@163.com", "a***@163.com"},
        {"wait: 123456@example.net", "wait: 1***@example.net"},
        {"{\"mail\":\"anna@example.com\"}", "{\"mail\":\"a***@example.com\"}"},
        {"anna@example.com:25 refused", "a***@example.com:25 refused"},
    };
    DETECT_CHECK(ONLY, rows);
}

static void test_detect_email__look_alikes_stay(void **state)
{
    static const detect_row rows[] = {
        {"git@github.com:org/repo.git", NULL},
        {"origin ssh://git@git.example.org:2222/acme/x.git", NULL},
        {"org-1@ssh.dev.example.com:v3/acme/x", NULL},
        {"https://user:secret@db.example.com/x", NULL},
        {"https://deploy@db.example.com/x", NULL},
        {"@Override public", NULL},
        {"near @app.route('/x')", NULL},
        {"connected as svc@web-01", NULL},
        {"npm WARN @scope/core@17.31.67", NULL},
        {"pkg@1.2.3-beta.rc", NULL},
        {"icon@2x.png", NULL},
        {"java.util.HashMap$Node@c18c184c", NULL},
        {"x@y.z", NULL},
        {"info@example.", NULL},
        {"main@{upstream}", NULL},
        {"@", NULL},
        {"%40", NULL},
        {"a@", NULL},
        {"@b.com", NULL},
        {"a@.com", NULL},
        {"a@b..com", NULL},
        {"100%40 off.com", NULL},
        {"a***@example.com ***@example.com", NULL},
    };
    DETECT_CHECK(ONLY, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detect_email__addresses),
        cmocka_unit_test(test_detect_email__look_alikes_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
