/* SPDX-License-Identifier: MIT */
/* What stands in sentences, under heads of tables, in segments, indexes and calls instead of behind a key. */
#include "tests/unit/unit.h"

#include "tests/unit/detect_try.h"

#define BIT(name) (UINT64_C(1) << RD_DETECTOR_##name)
#define ALL       ((UINT64_C(1) << RD_DETECTOR_COUNT) - 1)

static void test_detect_words__people(void **state)
{
    static const detect_row rows[] = {
        {"Kunde Ines Bauer (Nr. 4) rief an", "Kunde *** (Nr. 4) rief an"},
        {"Kunde Herr Bauer rief an", "Kunde Herr *** rief an"},
        {"Dear Ms Okafor, your order is here", "Dear Ms ***, your order is here"},
        {"Dear Ines, thank you", "Dear ***, thank you"},
        {"Hello Ines Bauer, welcome", "Hello ***, welcome"},
        {"signed by Ines Bauer at noon", "signed by *** at noon"},
        {"ticket assigned to BAUER INES by bot", "ticket assigned to *** by bot"},
        {"Mme Blanc et M. Jean Blanc", "Mme *** et M. ***"},
        {"Sr. Gomez y Sra. Lopez", "Sr. *** y Sra. ***"},
        {"Pat. Ines Bauer, Aufnahme", "Pat. ***, Aufnahme"},
        {"message from Ines Bauer, hi", "message from ***, hi"},
        {"invoice for Ines Bauer, paid", "invoice for ***, paid"},
        {"Hello World", NULL},
        {"Dear Customer, thank you", NULL},
        {"written by System Manager", NULL},
        {"started by Cron Daemon", NULL},
        {"connected to Redis Cluster", NULL},
        {"user Retrying now", NULL},
        {"Manager. Retrying Now", NULL},
        {"M. Retrying now", NULL},
    };
    (void)state;
    DETECT_CHECK(BIT(PERSON_NAME), rows);
}

static void test_detect_words__tables(void **state)
{
    static const detect_row rows[] = {
        {"id,name,phone\n4,Ines Bauer,0171 1234567\n5,\"Bauer, Jo\",030 123456",
         "id,name,phone\n4,***,***67\n5,\"***\",***56"},
        {"\"Login\";\"Passwort\"\r\n\"ines.b\";\"hunter2\"\r\n",
         "\"Login\";\"Passwort\"\r\n\"***\";\"***\"\r\n"},
        {" id | password\n----+---------\n  4 | hunter2\n(1 row)",
         " id | password\n----+---------\n  4 | ***\n(1 row)"},
        {"| user | token |\n|---|---|\n| ines.b | a8Kd03jfLs9x |",
         "| user | token |\n|---|---|\n| *** | *** |"},
        {"out: id\tlast_name\n4\tBauer\n", "out: id\tlast_name\n4\t***\n"},
        {"Click here, your password\nclick here, or call us", NULL},
        {"name,phone\n", NULL},
        {"id,size\n4,Ines Bauer", NULL},
        {"a,password\nb,c,d", NULL},
        {"at name,\npassword", NULL},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

static void test_detect_words__indexes_and_calls(void **state)
{
    static const detect_row rows[] = {
        {"password[0]=hunter2", "password[0]=***"},
        {"params[\"password\"][0] = hunter2", "params[\"password\"][0] = ***"},
        {"password['x'] => 'hunter2'", "password['x'] => '***'"},
        {"builder.setPassword(\"hunter2\").build()", "builder.setPassword(\"***\").build()"},
        {".withToken(a8Kd03jfLs9x)", ".withToken(***)"},
        {"setUserId(ines.bauer)", "setUserId(***)"},
        {"setPassword(String)", NULL},
        {"login[4711]: ROOT LOGIN on tty1", NULL},
        {"password[", NULL},
        {"user(root)", NULL},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

static void test_detect_words__segments(void **state)
{
    static const detect_row rows[] = {
        {"NK1|1|Bauer^Ines|SPO||(682) 527-9546", "NK1|1|***|SPO||***46"},
        {"PV1|1|I|W^389^1||||6560^Bauer^Ines|", "PV1|1|I|W^389^1||||6560^***|"},
        {"OBR|1|77^LAB|78||||||||6560^Bauer^Ines", "OBR|1|77^LAB|78||||||||6560^***"},
        {"GT1|1||Bauer^Ines||12 Main St|||19700131", "GT1|1||***||12 Main St|||***"},
        {"XPV1|1|I|W^389^1||||6560^Bauer^Ines|", NULL},
        {"PV1|1|I|W^389^1", NULL},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

#define KEY "FBNtAtiESm7DQ0oV5j0sLd9b/xEVvE4EowdaDCgrITehJt30W+gvPFHR1dVY0aq/6/IQ36q+n9735EmQ+8XCHg=="

static void test_detect_words__storage_keys(void **state)
{
    static const detect_row rows[] = {
        {"rotated " KEY " today", "rotated *** today"},
        {"integrity sha512-" KEY, NULL},
        {"x" KEY, NULL},
        {"a == b, aaa==", NULL},
    };
    (void)state;
    DETECT_CHECK(BIT(AZURE_KEY), rows);
}

static void test_detect_words__more_notations(void **state)
{
    static const detect_row rows[] = {
        {"define( 'DB_PASSWORD', 'hunter2x' );", "define( 'DB_PASSWORD', '***' );"},
        {"define('AUTH_KEY',         'x7kLm29sdf8Qw');", "define('AUTH_KEY',         '***');"},
        {"p.setProperty(\"password\", \"hunter2x\")", "p.setProperty(\"password\", \"***\")"},
        {"?31DE22562917488218049030?32X", "?31DE***9030?32X"},
        {"x31DE22562917488218049030", NULL},
        {"a \xc3\xa9t\xc3\xa9 ex\xc3\xa9"
         "cut\xc3\xa9 le 04/03/2025",
         NULL},
        {"n\xc3\xa9"
         "e le 04/03/1975",
         "n\xc3\xa9"
         "e le ***"},
        {"kex: algorithm: curve25519-sha256@libssh.org", NULL},
        {"MAC hmac-sha2-256-etm@openssh.com negotiated", NULL},
        {"from djm@openssh.com", "from d***@openssh.com"},
        {"verified by SSA CBSV", NULL},
        {"verified by JAN VLK", "verified by ***"},
        {"nextPageToken cursor=eyJvIjo1NjksImsiOiJkYWI3NjIifQ", NULL},
        {"Mandant: Ines Bauer, IdNr.", "Mandant: ***, IdNr."},
        {"Anrufer: Ines Bauer, Tel.", "Anrufer: ***, Tel."},
        {"Anrufer: 0664 8263555", "Anrufer: ***55"},
        {"Paziente: Ines Bauer, data", "Paziente: ***, data"},
        {"<caller_id_name>Ines Bauer</caller_id_name>", "<caller_id_name>***</caller_id_name>"},
        {"NAME1=Ines Bauer TELF1=x", "NAME1=*** TELF1=x"},
        {"<NACHN>Bauer</NACHN><GBDAT>19701003</GBDAT>", "<NACHN>***</NACHN><GBDAT>***</GBDAT>"},
        {"<Name>Bauer</Name><Vorname>Ines</Vorname>", "<Name>***</Name><Vorname>***</Vorname>"},
        {"<Vorname>Ines</Vorname><Name>Bauer</Name>", "<Vorname>***</Vorname><Name>***</Name>"},
        {"<Name>Bauer</Name>", NULL},
        {"machine git.internal login ibauer password hunter2", "machine git.internal login *** password ***"},
        {"the login requires password auth", NULL},
        {"for user [ibauer] -> [ibauer] FAILED", "for user [***] -> [***] FAILED"},
        {"User <ibauer21> IP <x>", "User <***> IP <x>"},
        {"Login failed: 'ibauer' (Remote IP", "Login failed: '***' (Remote IP"},
        {"Build failed: 'libfoo' missing", NULL},
        {"usage: user <name> ", NULL},
        {"die neue Nummer vom Laden ist 07911 418142,", "die neue Nummer vom Laden ist ***42,"},
        {"die Nummer 07911 418142", NULL},
        {"$pw = ConvertTo-SecureString 'hunter2-' -AsPlainText",
         "$pw = ConvertTo-SecureString '***' -AsPlainText"},
        {"Patient : Ines Bauer \xe2\x80\x94 date", "Patient : *** \xe2\x80\x94 date"},
        {"X-Amz-Credential=AKIASDSSECHABWG7OR63%2F20250304%2Fs3", "X-Amz-Credential=AKIA***%2F20250304%2Fs3"},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

static void test_detect_words__values_of_other_notations(void **state)
{
    static const detect_row rows[] = {
        {"[\"password\"]=> string(7) \"hunter2\"", "[\"password\"]=> string(7) \"***\""},
        {"birthday = DATE '1970-01-31'", "birthday = DATE '***'"},
        {"~ db_password = \"hunter2\" -> \"hunter3\"", "~ db_password = \"***\" -> \"***\""},
        {"form-data; name=\"password\"\r\n\r\nhunter2\r\n--x",
         "form-data; name=\"password\"\r\n\r\n***\r\n--x"},
        {"SELECT 'Ines Bauer' AS full_name, 1", "SELECT '***' AS full_name, 1"},
        {"SET PASSWORD FOR 'bot'@'%' = 'hunter2';", "SET PASSWORD FOR 'bot'@'%' = '***';"},
        {"requirepass hunter2", "requirepass ***"},
        {"sentinel auth-pass main hunter2", "sentinel auth-pass main ***"},
        {"{\"name\":\"J\\u00fcrgen Bauer\"}", "{\"name\":\"***\"}"},
        {"member=\xe9\x99\x88\xe5\xbf\x97\xe5\xbc\xba out", "member=*** out"},
        {"name=\xe8\xae\xa2\xe5\x8d\x95\xe6\x9c\x8d\xe5\x8a\xa1", NULL},
        {"userBirthday \xe2\x86\x92 31.01.1970", "userBirthday \xe2\x86\x92 ***"},
        {"verified by birth date 1/31/1970", "verified by birth date ***"},
        {"N\xc3\xa9(e) le : 31/01/1970", "N\xc3\xa9(e) le : ***"},
        {"phone: +49 171 2345678 / 030-6728540 (home)", "phone: +49***78 / ***40 (home)"},
        {"my cell is 030-6728540 now", "my cell is ***40 now"},
        {"PAN=4111111111111111F", "PAN=***1111F"},
        {"user\tpassword\thost\nines.b\thunter2\tdb1", "user\tpassword\thost\n***\t***\tdb1"},
        {"source_addr=192.0.2.1", "source_addr=192.0.2.***"},
        {"2001:db8:57c4::a444:35829 closed", "2001:db8:***:35829 closed"},
        {"pxelinux.cfg/01-d4-fa-cb-71-fb-46", "pxelinux.cfg/01-d4-fa-cb-***"},
        {"serial 77:01:d4:fa:cb:71:fb:46", NULL},
        {"pwd=/srv/app", NULL},
        {"fw-3.32.21.8", NULL},
        {"issuer=CN=Acme Issuing CA 2", NULL},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

/* Other words that end as those for a password do. */
static void test_detect_words__passwords(void **state)
{
    static const detect_row rows[] = {
        {"my password hunter22x", "my password ***"},
        {"the pass-word hunter22x", "the pass-word ***"},
        {"Kennwort hunter22x", "Kennwort ***"},
        {"Losungswort hunter22x", "Losungswort ***"},
        {"my keyword hunter22x", NULL},
        {"crossword puzzle77x", NULL},
        {"Stichwort hunter22x", NULL},
        {"cn=john.doe,ou=people", "cn=***,ou=people"},
        {"cn=config", NULL},
        {"cn=webserver-prod,ou=x", NULL},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

static void test_detect_words__dates_of_birth(void **state)
{
    static const detect_row rows[] = {
        {"Geb.-Datum 31.01.1970; ok", "Geb.-Datum ***; ok"},
        {"Geb.-Dat.: 31.01.1970", "Geb.-Dat.: ***"},
        {"Geb.Dat. 31.01.1970", "Geb.Dat. ***"},
        {"geboortedatum 31-01-1970 ok", "geboortedatum *** ok"},
        {"Geboren 19700131, geboren am 31. Januar 1970", "Geboren ***, geboren am ***"},
        {"date de naissance 31/01/1970", "date de naissance ***"},
        {"fecha de nacimiento 31/01/1970", "fecha de nacimiento ***"},
        {"nata il 31/01/1970", "nata il ***"},
        {"nacido el 31 de enero de 1970, nacida el 19700131", "nacido el ***, nacida el ***"},
        {"servido el 31 de enero", NULL},
        {"nacido el  31.1.1970, geboren  3.4.70", "nacido el  ***, geboren  ***"},
        {"data urodzenia 1970-01-31", "data urodzenia ***"},
        {"f\xc3\xb8"
         "dt 31.01.1970",
         "f\xc3\xb8"
         "dt ***"},
        {"nascimento=31/01/1970", "nascimento=***"},
        {"born on January 31st, 1970", "born on ***"},
        {"born again January 31", NULL},
        {"rebooted 31.01.1970, started 1970-01-31, seen 31/01/1970", NULL},
        {"Geb. Dato 31.01.1970", NULL},
        {"date de naissance 31012", NULL},
    };
    (void)state;
    DETECT_CHECK(BIT(DATE_OF_BIRTH), rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detect_words__people),
        cmocka_unit_test(test_detect_words__tables),
        cmocka_unit_test(test_detect_words__indexes_and_calls),
        cmocka_unit_test(test_detect_words__segments),
        cmocka_unit_test(test_detect_words__storage_keys),
        cmocka_unit_test(test_detect_words__values_of_other_notations),
        cmocka_unit_test(test_detect_words__more_notations),
        cmocka_unit_test(test_detect_words__passwords),
        cmocka_unit_test(test_detect_words__dates_of_birth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
