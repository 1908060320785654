/* SPDX-License-Identifier: MIT */
/* Forms of programs and documents that have no key: hashes, fields with codes, lines of fixed order. */
#include "tests/unit/unit.h"

#include "tests/unit/detect_try.h"

#define BIT(name) (UINT64_C(1) << RD_DETECTOR_##name)
#define ALL       ((UINT64_C(1) << RD_DETECTOR_COUNT) - 1)

static void test_detect_forms__password_hashes(void **state)
{
    static const detect_row rows[] = {
        {"root:$6$kq8ZbW2t$9aXbVZCJ3fKf0z1Qm0hOqfVJk3Wz7e1cF6nM1fX1o7:19000:0:", "root:$6$***:19000:0:"},
        {"erika:$apr1$h7gTt4Vq$Qe9vK3z0rJmJ1yF0aPz2u/", "erika:$apr1$***"},
        {"erika:$2y$10$KIXQ2e3a9bCdEfGhIjKlMOuVwXyZ0123456789abcdefghijkl", "erika:$2y$***"},
        {"v=$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$RdescudvJCsgt3ub", "v=$argon2id$***"},
        {"pbkdf2_sha256$600000$q8ZbW2tk$Zk9vYmFyYmF6cXV4MTIz=", "pbkdf2_sha256$***"},
        {"pbkdf2:sha256:600000$q8ZbW2tk$9f86d081884c7d659a2f", "pbkdf2:***"},
        {"is {SSHA}Zk9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==", "is {SSHA}***"},
        {"SELECT $1::$2 WHERE a=:$3$4", NULL},
        {"price:$5$ or {SHA} alone, pbkdf2 iterations: 600000", NULL},
        {"PATH:$HOME$USER$SOMETHING$ELSE", NULL},
    };
    (void)state;
    DETECT_CHECK(BIT(PASSWORD), rows);
}

static void test_detect_forms__documents(void **state)
{
    static const detect_row rows[] = {
        {"(0010,0010) PN [MUSTER^MAX]  # 10, 1", "(0010,0010) PN [***]  # 10, 1"},
        {"(0010,0030) DA [19610314] (0008,0020) DA [20250102]",
         "(0010,0030) DA [***] (0008,0020) DA [20250102]"},
        {"(0010, 0010) Patient's Name PN: 'Muster^Max'", "(0010, 0010) Patient's Name PN: '***'"},
        {"(0010, 0030) Patient's Birth Date DA: '19610314'", "(0010, 0030) Patient's Birth Date DA: '***'"},
        {"VERSION:3.0 FN:Max Muster TEL;TYPE=HOME:1", "VERSION:3.0 FN:*** TEL;TYPE=HOME:1"},
        {"VERSION:4.0\nN:Muster;Max;;;\nFN:Max Muster\nEND:VCARD",
         "VERSION:4.0\nN:***;;;\nFN:***\nEND:VCARD"},
        {"FN:Max Muster\\nN:Muster;Max;;;\\nEND", "FN:***\\nN:***;;;\\nEND"},
        {"xFN:Max Muster", NULL},
        {"GUEST_NAME Muster, Max ROOM 12", "GUEST_NAME *** ROOM 12"},
        {"FILE_NAME Report Final", NULL},
    };
    (void)state;
    DETECT_CHECK(BIT(PERSON_NAME) | BIT(DATE_OF_BIRTH), rows);
}

static void test_detect_forms__logins(void **state)
{
    static const detect_row rows[] = {
        {"openvpn[7]: erika/192.0.2.7:1194 TLS: Initial packet",
         "openvpn[7]: ***/192.0.2.***:1194 TLS: Initial packet"},
        {"node1/192.0.2.7:9300 joined", "node1/192.0.2.***:9300 joined"},
        {"GET /x - 443 CORP\\nadia 192.0.2.7 UA", "GET /x - 443 CORP\\*** 192.0.2.*** UA"},
        {"GET /x - 443 erika 192.0.2.7 UA", "GET /x - 443 *** 192.0.2.*** UA"},
        {"GET /x - 443 - 192.0.2.7 UA", "GET /x - 443 - 192.0.2.*** UA"},
        {"took 12 of 192.0.2.7", "took 12 of 192.0.2.***"},
        {"[erika_roth] OK UPLOAD: Client \"::\"", "[***] OK UPLOAD: Client \"::\""},
        {"x.pdf owned by erika.roth-may on \\\\H was printed", "x.pdf owned by *** on \\\\H was printed"},
        {"Authentication of [erika] failed, failed to authenticate user [erika] here",
         "Authentication of [***] failed, failed to authenticate user [***] here"},
        {"state [OK] for user [erika]", "state [OK] for user [***]"},
    };
    (void)state;
    DETECT_CHECK(BIT(PERSON_NAME) | BIT(IPV4), rows);
}

static void test_detect_forms__secrets(void **state)
{
    static const detect_row rows[] = {
        {"sqlplus -L scott/T1ger9x@//db:1521/ORCL @x.sql", "sqlplus -L scott/***@//db:1521/ORCL @x.sql"},
        {"expdp userid=etl/T1ger9x@orcl full=y", "expdp userid=etl/***@orcl full=y"},
        {"sqlplus /nolog", NULL},
        {"sqlplus / as sysdba", NULL},
        {"snmp-server community q8Zb RO 10", "snmp-server community *** RO 10"},
        {"snmp community string is unset", NULL},
        {"tacacs-server key 7 0822455D0A16", "tacacs-server key 7 ***"},
        {"cache key 7 expired", NULL},
        {"name=\"String\"; value=\"x9!Kd\"", NULL},
        {"ParameterBinding(ConvertTo-SecureString): name=\"String\"; value=\"x9!Kd\"",
         "ParameterBinding(ConvertTo-SecureString): name=\"String\"; value=\"***\""},
        {"k 0123456789abcdef0123456789abcdee-us12", "k ***-us12"},
        {"bucket logs-us1 0123-us12", NULL},
        {"bot MTA1NjM4MDk4NzY1NDMyMTA5OA.GkQ9aZ.q8XkV3mZ0aB2cD4eF6gH8iJ0kL2mN4oP6qR8sT", "bot ***"},
        {"put(\"token\",\"xK9sd82jsQ\",3)", "put(\"token\",\"***\",3)"},
        {"define('AUTH_SALT', 'x|9(jK2mVq-Rr5{lw}8Kp+zX7Yt;dH3*Gn0');", "define('AUTH_SALT', '***');"},
        {"?appid=9d26658be6f0a470f89f8f9cbe440534&q=x", "?appid=***&q=x"},
        {"appid=application_1700000000000_0001", NULL},
    };
    (void)state;
    DETECT_CHECK(ALL & ~BIT(PERSON_NAME), rows);
}

static void test_detect_forms__numbers(void **state)
{
    static const detect_row rows[] = {
        {"dst=0013125550154 x", "dst=001***54 x"},
        {"id=0013125550154 dst=00131255", NULL},
        {"Anruf von (069) 360090 auf 12", "Anruf von ***90 auf 12"},
        {"R\xc3\xbc"
         "ckruf unter 030/33990-24 um 9",
         "R\xc3\xbc"
         "ckruf unter ***24 um 9"},
        {"Mobilnr. 01761292569, Tel.-Nr.: 030 1234567", "Mobilnr. ***69, Tel.-Nr.: ***67"},
        {"duid=[00:03:00:01:58:70:4d:e7:95:7d]", "duid=[00:03:00:01:58:70:4d:***]"},
        {"duid 00:01:00:01:2a:3b:4c:5d:58:70:4d:e7:95:7d,", "duid 00:01:00:01:2a:3b:4c:5d:58:70:4d:***,"},
        {"id 00:02:00:01:58:70:4d:e7:95:7d", NULL},
        {"Geburtstag 07.12.1954, Geburtsdatum 7.1.54", "Geburtstag ***, Geburtsdatum ***"},
        {"field=geburtsdatum rejected value=[31.03.1977]", "field=geburtsdatum rejected value=[***]"},
    };
    (void)state;
    DETECT_CHECK(BIT(PHONE) | BIT(MAC) | BIT(DATE_OF_BIRTH), rows);
}

/* Statements whose values are listed behind them. */
static void test_detect_forms__bound_values(void **state)
{
    static const detect_row rows[] = {
        {"INSERT INTO p (last_name, dob, n) VALUES ($1,$2,$3)\nDETAIL:  parameters: $1 = 'Roth', $2 = "
         "'1970-01-31', $3 = '4'",
         "INSERT INTO p (last_name, dob, n) VALUES ($1,$2,$3)\nDETAIL:  parameters: $1 = '***', $2 = '***', "
         "$3 = '4'"},
        {"WHERE n = $1 AND last_name = $2 parameters: $1 = '4', $2 = 'Roth'",
         "WHERE n = $1 AND last_name = $2 parameters: $1 = '4', $2 = '***'"},
        {"[SQL: INSERT INTO p (last_name, n) VALUES (%s, %s)] [parameters: ('Roth', 4)]",
         "[SQL: INSERT INTO p (last_name, n) VALUES (%s, %s)] [parameters: ('***', 4)]"},
        {"SET password = $2 WHERE n = $1 -- PARAMETERS: [4,\"hunter2\"]",
         "SET password = $2 WHERE n = $1 -- PARAMETERS: [4,\"***\"]"},
        {"INSERT INTO p (n) VALUES ($1) parameters: $1 = 'Roth'", NULL},
        {"INSERT INTO p (\"last_name\", \"password\") VALUES ($1, $2)", NULL},
        {"last_name = $9 parameters: $1 = 'Roth'", NULL},
        {"last_name = $0 parameters:", NULL},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

static void test_detect_forms__people_in_documents(void **state)
{
    static const detect_row rows[] = {
        {"ORGANIZER;CN=\xc3\x81lvaro Roth:mailto:x", "ORGANIZER;CN=***:mailto:x"},
        {"ATTENDEE;CN=Erika Roth:invalid:nomail", "ATTENDEE;CN=***:invalid:nomail"},
        {"Name: Erika Ort: Ulm", NULL},
        {"BDAY;VALUE=DATE:1970-01-31", "BDAY;VALUE=DATE:***"},
        {"DTSTART;VALUE=DATE:2030-01-31", NULL},
        {"\"name\":[{\"use\":\"official\",\"text\":\"Erika Roth\"}]",
         "\"name\":[{\"use\":\"official\",\"text\":\"***\"}]"},
        {"\"note\":{\"text\":\"Erika Roth\"},\"name\":1,\"text\":\"Erika Roth\"", NULL},
        {"{\"a\":{\"name\":1},\"b\":[{\"text\":\"Erika Roth\"}]}", NULL},
        {"\"Alphabetic\":\"Roth^Erika\" patient=ROTH^ERIKA", "\"Alphabetic\":\"***\" patient=***"},
        {"PID|||7^M11||Roth^Erika^^^^L||19700131|", "PID|||7^M11||***^^^^L||***|"},
        {"PID|||7^M11||Roth^Erika^J||19700131|", "PID|||7^M11||***||***|"},
        {"\"corp.example.com/Users/Erika Roth\",", "\"corp.example.com/Users/***\","},
        {"corp.example.com/Staff/Ulm/Erika Roth", "corp.example.com/Staff/Ulm/***"},
        {"https://corp.example.com/Users/Erika Roth /Users/Erika Roth/x a.example/Lib/Erika Roth", NULL},
        {"al\xc4\xb1"
         "c\xc4\xb1=Erika Roth odbiorca=Erika Roth; Versicherungsnehmer: Erika Roth,",
         "al\xc4\xb1"
         "c\xc4\xb1=*** odbiorca=***; Versicherungsnehmer: ***,"},
        {"odbiorca=kolejka1 Versicherungsnehmer: Roth", NULL},
        {"\"givenNames\":\"Erika\"", "\"givenNames\":\"***\""},
        {"NM1*IL*1*Roth*Erika****34*1~ DMG*D8*19700131*F~", "NM1*IL*1************34*1~ DMG*D8*****F~"},
        {"NM1*PR*2*Roth Insurance*****PI*1~ DMG*D8*19700131*F~", NULL},
        {"NM1*IL*1*R*E~NM1*IL*2*X~ DMG*D8*19700131*F~", NULL},
        {"?20SVWZ+Rent?32Roth Erika?33", "?20SVWZ+Rent?32***?33"},
        {"?32ROTH SERVICE GMBH?33", NULL},
        {"memberOf=CN=Roth\\, Erika,OU=x reported_by=\"Erika Roth\"",
         "memberOf=CN=***,OU=x reported_by=\"***\""},
        {"\"customers\":[\"Erika Roth\",\"Max Roth\"]", "\"customers\":[\"***\",\"***\"]"},
        {"include_uname: Optional[bool] = None", NULL},
        {"Relative Distinguished Names", NULL},
        {"export user tokens.csv row 4", NULL},
        {"username=device-859 user=phone user 'etl' at", NULL},
        {"pam_sss(login:auth): ok", NULL},
    };
    (void)state;
    DETECT_CHECK(BIT(PERSON_NAME) | BIT(DATE_OF_BIRTH), rows);
}

static void test_detect_forms__callers(void **state)
{
    static const detect_row rows[] = {
        {"\"\"\"Erika Roth\"\" <0013125550154>\"", "\"\"\"***\"\" <***54>\""},
        {"\"\",\"0013125550154\",\"9\",\"PJSIP/t-1\"", "\"\",\"***54\",\"9\",\"PJSIP/t-1\""},
        {"\"\",\"0013125550154\",\"9\"", NULL},
        {"caller=13125550154 customer=13125550154", "caller=***54 customer=13125550154"},
        {"sms to 07700900123", "sms to ***23"},
        {"0 for sms to come", NULL},
        {"<00131255> <0001312555015> \"a\",\"0001312555015\",\"SIP/1\"", NULL},
    };
    (void)state;
    DETECT_CHECK(BIT(PHONE) | BIT(PERSON_NAME), rows);
}

static void test_detect_forms__routers(void **state)
{
    static const detect_row rows[] = {
        {"username backup privilege 15 secret q8ZrLw", "username backup privilege 15 secret ***"},
        {"username nadia password 0 hunter", "username nadia password 0 ***"},
        {"enable secret 5 $1$mERr$hx5rVt7rPNoS4wqb", "enable secret 5 ***"},
        {"enable password hunter", "enable password ***"},
        {"enable secret rotation for app", NULL},
        {"the username and password portion of, enable password hunter today", NULL},
        {"username nadia password hunter\n", "username nadia password ***\n"},
        {"the secret hunter, enable password recovery", NULL},
    };
    (void)state;
    DETECT_CHECK(BIT(PASSWORD), rows);
}

#define HEX64 "a42a8d179b287ec467fe388ffc61479055a454cf018f1027880475cfedd2bcaf"

static void test_detect_forms__authorizations(void **state)
{
    static const detect_row rows[] = {
        {"Authorization: AWS4-HMAC-SHA256 Credential=AKIASDSSECHABWG7OR63/20300131/eu/s3/aws4_request, "
         "SignedHeaders=host;date, Signature=" HEX64,
         "Authorization: AWS4-HMAC-SHA256 Credential=AKIA***/20300131/eu/s3/aws4_request, "
         "SignedHeaders=host;date, "
         "Signature=***"},
        {"Authorization: Digest username=\"nadia\", realm=\"a\", nonce=\"dcd98b71\", uri=\"/x\", qop=auth",
         "Authorization: Digest username=\"***\", realm=\"a\", nonce=\"***\", uri=\"/x\", qop=auth"},
        {"Authorization: Digest uri=\"/reset?code=SECRETTOKEN123456abc\", response=\"abc\"",
         "Authorization: Digest uri=\"***\", response=\"***\""},
        {"Authorization: Digest realm=\"ines.bauer\", uri=\"/u/ines.bauer/4711\", response=\"abc\"",
         "Authorization: Digest realm=\"***\", uri=\"***\", response=\"***\""},
        {"Authorization: Digest realm=\"api\", uri=\"/v/users/me\", response=\"abc\"",
         "Authorization: Digest realm=\"api\", uri=\"/v/users/me\", response=\"***\""},
        {"Authorization: Digest abc nonce=dcd98b71", "Authorization: Digest ***"},
        {"\"Authorization: Basic bmFkaWE6aHVudGVyMg==[\\r][\\n]\"", "\"Authorization: Basic ***[\\r][\\n]\""},
        {"client_token=hmac-sha256:" HEX64, NULL},
        {"client_token=hmac-sha1:" HEX64, "client_token=***"},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

/* Notations that say that no value stands there, and values written like them. */
static void test_detect_forms__values_that_look_like_notations(void **state)
{
    static const detect_row rows[] = {
        {"password: Optional(hunter2)", "password: ***)"},
        {"password -> Optional(.HdTt3v", "password -> ***"},
        {"password: Optional(4711)", "password: Optional(***)"},
        {"password: Optional[Sun,shine9] x", "password: ***] x"},
        {"lastName: Optional[\"Bauer\"]", "lastName: Optional[\"***\"]"},
        {"password=Str(abc)def99", "password=***"},
        {"-> customer.full_name: Str(Thoralf Brand)", "-> customer.full_name: Str(***)"},
        {"\"params\":[\"username\",\"password\",\"Hunter22\"]",
         "\"params\":[\"username\",\"password\",\"***\"]"},
        {"columns: [\"username\", \"password\", \"hunter\"]",
         "columns: [\"username\", \"password\", \"***\"]"},
        {"params: [\"email\",\"cashier\",\"Ines Bauer\"]", "params: [\"email\",\"cashier\",\"***\"]"},
        {"columns: [\"first_name\", \"last_name\", \"email\"]", NULL},
        {"password | red.text", "password | ***"},
        {"private_key\t%dGH:s", "private_key\t***"},
        {"Seedphrase | uNADbzfy:6~Ei~s", "Seedphrase | ***"},
        {"id | password | value", NULL},
        {"tool --password query --host x", "tool --password *** --host x"},
        {"tool --password from 2024abc", "tool --password *** 2024abc"},
        {"Using --password via the CLI is insecure", NULL},
        {"--secret dbPassword value", NULL},
    };
    (void)state;
    DETECT_CHECK(BIT(PASSWORD) | BIT(SECRET) | BIT(PERSON_NAME), rows);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detect_forms__password_hashes),
        cmocka_unit_test(test_detect_forms__documents),
        cmocka_unit_test(test_detect_forms__logins),
        cmocka_unit_test(test_detect_forms__secrets),
        cmocka_unit_test(test_detect_forms__numbers),
        cmocka_unit_test(test_detect_forms__bound_values),
        cmocka_unit_test(test_detect_forms__people_in_documents),
        cmocka_unit_test(test_detect_forms__callers),
        cmocka_unit_test(test_detect_forms__routers),
        cmocka_unit_test(test_detect_forms__authorizations),
        cmocka_unit_test(test_detect_forms__values_that_look_like_notations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
