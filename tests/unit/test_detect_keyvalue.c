/* SPDX-License-Identifier: MIT */
/* Values behind keys and words, in the notations of logs. All values are made up. */
#include "tests/unit/unit.h"

#include "tests/unit/detect_try.h"

#define BIT(name) (UINT64_C(1) << RD_DETECTOR_##name)
#define SECRETS   (BIT(PASSWORD) | BIT(SECRET) | BIT(SESSION))

static void test_detect_keyvalue__notations(void **state)
{
    static const detect_row rows[] = {
        {"password=hunter2 x", "password=*** x"},
        {"password: hunter2", "password: ***"},
        {"password = \"hun ter2\";", "password = \"***\";"},
        {"{\"password\":\"hun\\\"ter2\",\"a\":1}", "{\"password\":\"***\",\"a\":1}"},
        {"{\\\"password\\\":\\\"hunter2\\\"}", "{\\\"password\\\":\\\"***\\\"}"},
        {"{'password': 'hunter2'}", "{'password': '***'}"},
        {":password=>\"hunter2\"", ":password=>\"***\""},
        {"\"password\" => 'hunter2'", "\"password\" => '***'"},
        {"passwd := `hunter2`", "passwd := `***`"},
        {"?user=a&password=hun%26ter&x=1", "?user=a&password=***&x=1"},
        {"password%3Dhunter2%26x%3D1", "password%3D***%26x%3D1"},
        {"%22password%22%3A%22hunter2%22", "%22password%22%3A%22***%22"},
        {"&quot;password&quot;:&quot;hunter2&quot;", "&quot;password&quot;:&quot;***&quot;"},
        {"<password>hunter2</password>", "<password>***</password>"},
        {"<db:password>\n  hunter2\n</db:password>", "<db:password>\n  ***\n</db:password>"},
        {"<user name=\"a\" password=\"hunter2\"/>", "<user name=\"a\" password=\"***\"/>"},
        {"<add key=\"Password\" value=\"hunter2\"/>", "<add key=\"Password\" value=\"***\"/>"},
        {"{\"key\":\"db.password\",\"value\":\"hunter2\"}", "{\"key\":\"db.password\",\"value\":\"***\"}"},
        {"setenv(\"DB_PASSWORD\", \"hunter2\")", "setenv(\"DB_PASSWORD\", \"***\")"},
        {"config[\"password\"] = 'hunter2'", "config[\"password\"] = '***'"},
        {"map[password:hunter2 user:x]", "map[password:*** user:x]"},
        {"Config{user=x, password=hunter2}", "Config{user=x, password=***}"},
        {"Server=db;Password=hun;ter2;Encrypt=true", "Server=db;Password=***;Encrypt=true"},
        {"password=hunter2, user=x", "password=***, user=x"},
        {"(password: hunter2)", "(password: ***)"},
        {"'password=hunter2'", "'password=***'"},
        {"X-Api-Key: 7f3a9c2e51d84b60", "X-Api-Key: ***"},
        {"passw\xc3\xb6rd=x contrase\xc3\xb1"
         "a=hunter2",
         "passw\xc3\xb6rd=x contrase\xc3\xb1"
         "a=***"},
        {"password=\"hunter2", "password=\"***"},
        {"PGPASSWORD=hunter2 psql", "PGPASSWORD=*** psql"},
        {"password1=hunter2", "password1=***"},
        {"<property name=\"password\">hunter2</property>", "<property name=\"password\">***</property>"},
        {"- name: DB_PASSWORD\n  value: hunter2\n", "- name: DB_PASSWORD\n  value: ***\n"},
        {"pw: hunter2", "pw: ***"},
        {"pw=hunter2 \"pw\":\"hunter3\"", "pw=*** \"pw\":\"***\""},
        {"login with password hunter2 ok", "login with password *** ok"},
        {"has\xc5\x82o = hunter2 jelsz\xc3\xb3 : hunter3", "has\xc5\x82o = *** jelsz\xc3\xb3 : ***"},
        {"\xe5\xaf\x86\xe7\xa0\x81 = hunter2", "\xe5\xaf\x86\xe7\xa0\x81 = ***"},
        {"cookie = sid=abc; theme=dark", "cookie = sid=***; theme=dark"},
        {"kennwort        = hunter2 kennwort\t = hunter2", "kennwort        = *** kennwort\t = ***"},
        {"\"kennwort\"    : \"hunter2\" kennwort   : hunter2", "\"kennwort\"    : \"***\" kennwort   : ***"},
        {"APP_PGPASSWORD=hunter2 my-clientsecret=hunter23", "APP_PGPASSWORD=*** my-clientsecret=***"},
        {"dbPassword=hunter2 DB-PASSWORD=hunter3 userPwd=hunter4",
         "dbPassword=*** DB-PASSWORD=*** userPwd=***"},
        {"pin: 4711 cvv=123", "pin: *** cvv=***"},
        {"client_secret=s3cr3tvalue access_token: 9f8e7d6c5b4a", "client_secret=*** access_token: ***"},
        {"Authorization: ApiKey 7f3a9c2e51", "Authorization: ApiKey ***"},
        {"Authorization: 7f3a9c2e51d84b60", "Authorization: ***"},
        {"Cookie: sessionid=0d41baa02743964039403a54; theme=dark", "Cookie: sessionid=***; theme=dark"},
        {"Set-Cookie: tracker=Zk3x9QwL7bT1mVc8RyUeHn5D; Path=/", "Set-Cookie: tracker=***; Path=/"},
        {"JSESSIONID=8F3A9C2E51D84B60A7 x", "JSESSIONID=*** x"},
    };
    DETECT_CHECK(SECRETS, rows);
}

static void test_detect_keyvalue__authorization(void **state)
{
    static const detect_row rows[] = {
        {"authorization=\"secretvalue\"", "authorization=\"***\""},
        {"authorization: hunter2", "authorization: ***"},
        {"authorization=hunter2 status=200", "authorization=*** status=200"},
        {"authorization=swordfish level=info", "authorization=*** level=info"},
        {"{\"Proxy-Authorization\":\"swordfish\"}", "{\"Proxy-Authorization\":\"***\"}"},
        {"{\"authorization\":\"Token hunter\"}", "{\"authorization\":\"Token ***\"}"},
        {"Authorization: Token hunter", "Authorization: Token ***"},
        {"Authorization: Custom 7f3a9c2e51 ok", "Authorization: Custom *** ok"},
        {"Authorization: Digest username=\"Mufasa\", response=\"x1\"",
         "Authorization: Digest username=\"***\", response=\"***\""},
        {"map[Authorization:[hunter2] Accept:[text]]", "map[Authorization:[***] Accept:[text]]"},
        {"{\"authorization\":[\"swordfish\",\"Token hunter\"]}",
         "{\"authorization\":[\"***\",\"Token ***\"]}"},
        {"authorization: required", NULL},
        {"authorization=failed \"authorization\":\"none\" authorization: ok", NULL},
        {"authorization: user alice is not allowed", NULL},
        {"authorization: swordfish and a sentence", NULL},
        {"authorization=RBAC mode authorization=bearer authorization=403", NULL},
        {"Authorization: Token ${TOKEN} authorization=https://h/x", NULL},
        {"Authorization: Custom *** ok", NULL},
        {"authorization=a.b.Manager@1f2e3d4c authorization=get(a)", NULL},
    };
    DETECT_CHECK(SECRETS, rows);
}

/* Finds of several words count as one in a header, as their masks will. */
static void test_detect_keyvalue__finds_of_several_words(void **state)
{
    static const detect_row rows[] = {
        {"Cookie: -----BEGIN PRIVATE KEY-----; hunter2; a1b2c3d4e5f6", "Cookie: ***; hunter2; ***"},
        {"Cookie: k=-----BEGIN PRIVATE KEY-----\\nMIIEvQ\\n-----END PRIVATE KEY-----; x; a1b2c3d4e5f6",
         "Cookie: k=***; x; ***"},
        {"Cookie: +49 30 90182054; x; a1b2c3d4e5f6", "Cookie: +49***54; x; ***"},
        {"Cookie: (415) 555-2671; x; a1b2c3d4e5f6", "Cookie: ***71; x; ***"},
        {"Cookie: nobody has any of them; see a1b2c3d4e5f6",
         "Cookie: nobody has any of them; see a1b2c3d4e5f6"},
        {"token=***;a1b2c3d4e5f6", "token=***;a1b2c3d4e5f6"},
    };
    DETECT_CHECK(SECRETS | BIT(PRIVATE_KEY) | BIT(PHONE), rows);
}

static void test_detect_keyvalue__cookies(void **state)
{
    static const detect_row rows[] = {
        {"cookie: sid=abc123def456; theme=dark", "cookie: sid=***; theme=dark"},
        {"{\"cookie\":\"sid=abc; lang=de;uid=u12345678\"}", "{\"cookie\":\"sid=***; lang=de;uid=***\"}"},
        {"{\\\"cookie\\\":\\\"a=b; jwt=abc\\\"}", "{\\\"cookie\\\":\\\"a=b; jwt=***\\\"}"},
        {"Set-Cookie: session=eyJhbGciOi; Path=/; Max-Age=36000000; HttpOnly; SameSite=Lax",
         "Set-Cookie: session=***; Path=/; Max-Age=36000000; HttpOnly; SameSite=Lax"},
        {"Set-Cookie: a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Path=/, __Host-auth=abc; Secure",
         "Set-Cookie: a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Path=/, __Host-auth=***; Secure"},
        {"curl -H \"Cookie: SIDCC=abcxyz; theme=dark\" -H \"X: a=12345678\"",
         "curl -H \"Cookie: SIDCC=***; theme=dark\" -H \"X: a=12345678\""},
        {"Cookie: sid=\"abc\"; b=c; remember_me=xyz", "Cookie: sid=\"***\"; b=c; remember_me=***"},
        {"Cookie: _ga=GA1.2.1234.567; n=1; consent=1234567", "Cookie: _ga=***; n=1; consent=1234567"},
        {"cookie: ref=https://h/?password=hunter; a=b", "cookie: ref=***; a=b"},
        {"map[Cookie:[sid=abcd; theme=dark] Accept:[text]]",
         "map[Cookie:[sid=***; theme=dark] Accept:[text]]"},
        {"{\"set-cookie\":[\"a=1; Path=/\",\"sid=xyz; Path=/\"]}",
         "{\"set-cookie\":[\"a=1; Path=/\",\"sid=***; Path=/\"]}"},
        {"{\\\"Set-Cookie\\\":[\\\"a=1\\\", \\\"sid=xyz\\\"]}",
         "{\\\"Set-Cookie\\\":[\\\"a=1\\\", \\\"sid=***\\\"]}"},
        {"\"cookie\":\"s%3Aabc.def12345\"", "\"cookie\":\"***\""},
        {"Cookie: a=\"x\\\"y; sid=abc; b=c", "Cookie: a=\"x\\\"y; sid=***; b=c"},
        {"\"cookie\":\"sid=ab\\u0063; x=y\"", "\"cookie\":\"sid=***; x=y\""},
        {"cookie=a=b request_id=12345678 trace=abc", NULL},
        {"cookie: theme=dark; sidebar=open; sid=; sid=***; logged_in=1; token=null", NULL},
        {"cookie: expired cookie=0x14ed93111f20005 cookies: 1234567890", NULL},
        {"{\"cookies\":{\"theme\":\"dark\"}} cookie: [] cookie=[", NULL},
    };
    DETECT_CHECK(SECRETS, rows);
}

/* A value that stays hides no other one: each of these was skipped once. */
#define PROSE                                                                                                \
    "a long text of many words that is no secret itself and stands behind a key, and so it goes on and on "
#define LONG PROSE PROSE PROSE

static void test_detect_keyvalue__keys_inside_values(void **state)
{
    static const detect_row rows[] = {
        {"<user>login ok kennwort=hunter2 x</user>", "<user>login ok kennwort=*** x</user>"},
        {"<auth>see db_pw=hunter2 for it</auth>", "<auth>see db_pw=*** for it</auth>"},
        {"kennwort>hunter2</kennwort>", "kennwort>***</kennwort>"},
        {"{\"auth\":\"" LONG "kennwort=hunter2 x\"}", "{\"auth\":\"" LONG "kennwort=*** x\"}"},
        {"session='" LONG "db_pw=hunter2 x'", "session='" LONG "db_pw=*** x'"},
        {"user > name kennwort > x <a>", NULL},
    };
    DETECT_CHECK(SECRETS, rows);
    static const detect_row twice[] = {
        {"Bearer Bearer abcdefgh12345678", "Bearer Bearer ***"},
        {"Bearer Basic dXNlcjpwYXNzd29yZA==", "Bearer Basic ***"},
    };
    DETECT_CHECK(BIT(BEARER_TOKEN) | BIT(BASIC_AUTH), twice);
}

static void test_detect_keyvalue__look_alikes_stay(void **state)
{
    static const detect_row rows[] = {
        {"\"password\":\"\" \"password\":null password: true", NULL},
        {"password=**** password=[REDACTED] password=${DB_PASSWORD} password=<hidden>", NULL},
        {"password must be at least 12 characters", NULL},
        {"error: invalid password: required", NULL},
        {"(using password: YES)", NULL},
        {"passwordPolicy=strict secretName: tls-web max_tokens=4096", NULL},
        {"token_type=bearer token_count=12", NULL},
        {"publicToken = \"9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC\"", NULL},
        {"public_key=9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC", NULL},
        {"nextPageToken: 9Cnzj4p4WGeKLs1P", NULL},
        {"tokenizer=9Cnzj4p4WGeKLs1P password_length=12", NULL},
        {"if (password == other)", NULL},
        {"snowflake.password=\nurl=x", NULL},
        {"password= user=x", NULL},
        {"token = getToken(a1)", NULL},
        {"Session: 30546354_3206335572", NULL},
        {"sessionid: 0x14ed93111f20005", NULL},
        {"credentialsId: 'ff083f76-7804-4ef1-80e4-fe975bb9141b'", NULL},
        {"compass=north bypass: on", NULL},
        {"\"role\":\"password\",\"grant\":\"x\"", NULL},
    };
    DETECT_CHECK(SECRETS, rows);
}

static void test_detect_keyvalue__people(void **state)
{
    static const detect_row rows[] = {
        {"Kontoinhaber: Orla A. Xanthopoulos", "Kontoinhaber: ***"},
        {"SET account_holder = 'O''Sullivan, Eleni' WHERE", "SET account_holder = '***' WHERE"},
        {"name='' other='' x", NULL},
        {"full_name=\"Anna M. Schmidt\" x", "full_name=\"***\" x"},
        {"customer: Wanjiru Rossi, order 7", "customer: ***, order 7"},
        {"\"name\":\"Zo\xc3\xab O'Neil-Smith\"", "\"name\":\"***\""},
        {"first_name=Ingrid last_name=Kowalski locale=de", "first_name=*** last_name=*** locale=de"},
        {"customer=Olga Koch shouldBlock ret", "customer=*** shouldBlock ret"},
        {"user=j.lefevre action=login", "user=*** action=login"},
        {"username: CORP\\jdoe", "username: CORP\\***"},
        {"Failed password for okrueger from 10.0.0.1", "Failed password for *** from 10.0.0.1"},
        {"Accepted publickey for invalid user anna from", "Accepted publickey for invalid user *** from"},
        {"Access denied for user 'jmiller'@'10.0.0.1'", "Access denied for user '***'@'10.0.0.1'"},
        {"198.51.100.7 - muellerfr [22/Dec/2023:10:00:00 +0000]",
         "198.51.100.7 - *** [22/Dec/2023:10:00:00 +0000]"},
        {"INSERT INTO c (name, x) VALUES ('Ann Lee', 'v'), ('Bo Li', 'w')",
         "INSERT INTO c (name, x) VALUES ('***', 'v'), ('***', 'w')"},
        {"\"name\":\"gateway\"", NULL},
        {"hostname=web-35 filename=anchor.log thread_name=worker-28", NULL},
        {"user=root username=admin user=0 users=65", NULL},
        {"198.51.100.7 - - [22/Dec/2023:10:00:00 +0000]", NULL},
        {"org.apache.DFSClient: DataStreamer Exception", NULL},
        {"name=Connection Timeout", NULL},
        {"user not found", NULL},
        {"sudo: jmiller : TTY=pts/0", "sudo: *** : TTY=pts/0"},
        {"user 'jmiller' does not exist", "user '***' does not exist"},
        {"cn=Anna Lee,ou=people", "cn=***,ou=people"},
    };
    DETECT_CHECK(BIT(PERSON_NAME), rows);
    static const detect_row birth[] = {
        {"dob=1990-01-31 x", "dob=*** x"},
        {"Geburtsdatum: 31.01.1990, ID", "Geburtsdatum: ***, ID"},
        {"\"birthDate\":\"01/31/1990\"", "\"birthDate\":\"***\""},
        {"Date of birth: 31 Jan 1990;", "Date of birth: ***;"},
        {"born on: January 31, 1990", "born on: ***"},
        {"date_of_birth='19900131'", "date_of_birth='***'"},
        {"date=1990-01-31 birthdays=7", NULL},
        {"born 1990-01-31 in", "born *** in"},
        {"geb. 31.01.1990", "geb. ***"},
        {"dob=unknown", NULL},
        {"newborn 7 units", NULL},
        {"valid until 2012-08-13", NULL},
    };
    DETECT_CHECK(BIT(DATE_OF_BIRTH), birth);
}

static void test_detect_keyvalue__commands_and_sql(void **state)
{
    static const detect_row rows[] = {
        {"curl -u anna:hunter2 https://x", "curl -u anna:*** https://x"},
        {"curl --user 'anna:hunter2' x", "curl --user 'anna:***' x"},
        {"curl --user \"anna\":\"hunter2\" x", "curl --user \"anna\":\"***\" x"},
        {"tool --password hunter2 --verbose", "tool --password *** --verbose"},
        {"tool --api-key=7f3a9c2e51d8", "tool --api-key=***"},
        {"mysql -u root -phunter2 db", "mysql -u root -p*** db"},
        {"sshpass -p hunter2 ssh", "sshpass -p *** ssh"},
        {"redis-cli -h cache -a hunter2x ping", "redis-cli -h cache -a *** ping"},
        {"ls -a hunter2x", NULL},
        {"app --x_api_key cdf219b7834cbd3f190147f724712db9", "app --x_api_key ***"},
        {"app --DB_PASSWORD hunter2x -v", "app --DB_PASSWORD *** -v"},
        {"app --PHPSESSID 98E18D824BAE29BCB25407E50F9728B3", "app --PHPSESSID ***"},
        {"git clone https://x-access-token:s3cr3tT0ken42xyz@git.internal/a.git",
         "git clone https://x-access-token:***@git.internal/a.git"},
        {"CREATE USER 'a' IDENTIFIED BY 'hunter2'", "CREATE USER 'a' IDENTIFIED BY '***'"},
        {"ALTER ROLE a WITH PASSWORD 'hunter2';", "ALTER ROLE a WITH PASSWORD '***';"},
        {"docker run -u 1000:1000 img", NULL},
        {"curl -u ${USER}:${PASS} x", NULL},
        {"mkdir -p /tmp/x", NULL},
        {"tool --password --verbose", NULL},
        {"ssh -p 2222 host", NULL},
    };
    DETECT_CHECK(SECRETS, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detect_keyvalue__notations),
        cmocka_unit_test(test_detect_keyvalue__authorization),
        cmocka_unit_test(test_detect_keyvalue__cookies),
        cmocka_unit_test(test_detect_keyvalue__finds_of_several_words),
        cmocka_unit_test(test_detect_keyvalue__keys_inside_values),
        cmocka_unit_test(test_detect_keyvalue__look_alikes_stay),
        cmocka_unit_test(test_detect_keyvalue__people),
        cmocka_unit_test(test_detect_keyvalue__commands_and_sql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
