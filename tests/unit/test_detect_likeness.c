/* SPDX-License-Identifier: MIT */
/* Values that are not what their key or form says, beside those that are. */
#include "tests/unit/unit.h"

#include "tests/unit/detect_try.h"

#define BIT(name) (UINT64_C(1) << RD_DETECTOR_##name)
#define ALL       ((UINT64_C(1) << RD_DETECTOR_COUNT) - 1)

static void test_detect_likeness__addresses(void **state)
{
    static const detect_row rows[] = {
        {"Started serial-getty@ttyS0.service on boot", NULL},
        {"user@120.slice: removed, user-runtime-dir@120.mount", NULL},
        {"node 'rabbit@mq-0.queue.internal' is up", NULL},
        {"emqx@10-0-0-1.pods.cluster joined", NULL},
        {"user@shop.services wrote", "u***@shop.services wrote"},
        {"NAD+BY'COM+lee.ito@example.org:EM'", "NAD+BY'COM+l***@example.org:EM'"},
    };
    (void)state;
    DETECT_CHECK(BIT(EMAIL), rows);
}

static void test_detect_likeness__secrets(void **state)
{
    static const detect_row rows[] = {
        {"ref vault:kv/app#password version=15", NULL},
        {"set password version2=x", "set password ***"},
        {"volume \"db-password\" : secret \"zinc-password\" missing", NULL},
        {"volume \"db-password\" : \"zinc-password\"", "volume \"db-password\" : \"***\""},
        {"Culture=neutral, PublicKeyToken=31bf3856ad364e35", NULL},
        {"ticket=INC0041232 ticket: CHG-20113", NULL},
        {"ticket=ST-18-aF3kQ9zLm2-cas", "ticket=***"},
        {"token=INC0041232", "token=***"},
        {"session=S-1-abcdef0123456789abcdef", "session=***"},
        {"password = secret \"quoted\"", "password = *** \"quoted\""},
        {"volume \"db-password\" : secret \"db-password\" not found", NULL},
        {"password: hunter \"quoted\"", "password: *** \"quoted\""},
        {"ticket=AB123456789012", "ticket=***"},
        {"username: bot-hans.meier", "username: ***"},
        {"SID=S-1-5-21-1004336348-1177238915-682003330-512", NULL},
        {"SID=q8Zr-1-5-21-1004336348", "SID=***"},
        {"APP_KEY=base64:3q2+7wAAAABmZm9vYmFyYmF6cXV4MTIzNDU2Nzg=", "APP_KEY=base64:***"},
        {"found \"-----BEGIN PRIVATE KEY-----\" but wanted \"-----BEGIN CERTIFICATE-----\"", NULL},
        {"key=\"-----BEGIN PRIVATE KEY-----\" \"MIIEvQ1234567890\"", "key=\"***\""},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

static void test_detect_likeness__people(void **state)
{
    static const detect_row rows[] = {
        {"Ansprechpartner=Abt. Einkauf", NULL},
        {"Ansprechpartner: Team Rollout", NULL},
        {"Ansprechpartner=Abt Erika", NULL},
        {"Ansprechpartner=Erika", "Ansprechpartner=***"},
        {"{\"client_name\":\"Member Area\"}", NULL},
        {"{\"client_name\":\"Erika Roth\"}", "{\"client_name\":\"***\"}"},
        {"full_name: Test Roth; id 4", "full_name: ***; id 4"},
        {"product name=\"Oak Shelf Nova\" stock=2", NULL},
        {"J2B-Manager OPAL Meldung NR=1", NULL},
        {"IT-Manager Erika Roth called", "IT-Manager *** called"},
        {"login=billing-service user=svc_mail user=app-mobile", NULL},
        {"login=erika-roth user=svc.erika", "login=*** user=***"},
        {"user=lu-ci user=anna-upload", "user=*** user=***"},
        {"customer: Kim In Sook", "customer: ***"},
        {"customer: Job Cohen; manager: Emily Post", "customer: ***; manager: ***"},
        {"{\"manager\":\"Lee In-young\"}", "{\"manager\":\"***\"}"},
        {"client: Anna In", "client: ***"},
        {"user=CORP\\tom_roth failed", "user=CORP\\*** failed"},
        {"user=CORP\\nadia failed", "user=*** failed"},
        {"user=CORP\\erika failed", "user=CORP\\*** failed"},
    };
    (void)state;
    DETECT_CHECK(BIT(PERSON_NAME), rows);
}

static void test_detect_likeness__hidden_already(void **state)
{
    static const detect_row rows[] = {
        {"password=XXXX-XXXX pwd=[FILTERED] secret=[SECRET] last_name=[NAME]", NULL},
        {"password=[HIDDEN_BY_POLICY] secret=**MASKED** pwd=<hidden> passwd=REDACTED", NULL},
        {"password=****** secret=**** pwd=*** card=xxxx xxxx xxxx 1234", NULL},
        {"password=HIDDEN_8F3K2J9Q", "password=***"},
        {"Api_key=REDACTED_DE89370400440532013000", "Api_key=***"},
        {"password=xxx@Hunter22!", "password=***"},
        {"password=###@Hunter22!", "password=***"},
        {"password=abc### secret=ABC123###", "password=*** secret=***"},
        {"password=let_me_in_### pwd=2024-xxx passwd=a-*-*-b", "password=*** pwd=*** passwd=***"},
        {"passphrase=###+49 171 1234567", "passphrase=***"},
        {"password: \"Hidden-Tree 9\"", "password: \"***\""},
        {"a b****y@example.org, \xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2y@example.org", NULL},
        {"xxx@example.org b*y@example.org", "x***@example.org b***@example.org"},
        {"password=**x", "password=***"},
        {"password=hidden1 pwd=removed! secret=filtered9", "password=*** pwd=*** secret=***"},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

static void test_detect_likeness__said_of_values(void **state)
{
    static const detect_row rows[] = {
        {"password: string, \"secret\": \"string\", password: String!, first_name: string", NULL},
        {"password: Optional[str] = None", NULL},
        {"password=required password: \"Number?\"", NULL},
        {"pwd=invalid password=text;", "pwd=*** password=***;"},
        {"{\"password\":\"text;\"}", "{\"password\":\"***\"}"},
        {"{\"password\":\"hunter!\"}", "{\"password\":\"***\"}"},
        {"password=strings", "password=***"},
        {"{\"password\":[\"must have at least 8 characters\"]}", NULL},
        {"{\"password\":\"can't be blank\"}", NULL},
        {"{\"password\":\"Password must be at least 8 characters\"}", NULL},
        {"{\"password\":[\"is too short (minimum is 8 characters)\"]}", NULL},
        {"{\"password\":\"This field is required.\"}", NULL},
        {"{\"password\":\"I must remember\"}", "{\"password\":\"***\"}"},
        {"{\"password\":\"life is not a dream 42!\"}", "{\"password\":\"***\"}"},
        {"{\"passphrase\":\"one must be brave 77\"}", "{\"passphrase\":\"***\"}"},
        {"{\"password\":\"this is not my Passw0rd\"}", "{\"password\":\"***\"}"},
        {"{\"secret\":\"at least 3 Dragons\"}", "{\"secret\":\"***\"}"},
        {"{\"password\":\"must be at least 8 dragons\"}", "{\"password\":\"***\"}"},
        {"{\"first_name\":[\"can't be blank\"]} --password text9 x",
         "{\"first_name\":[\"can't be blank\"]} --password *** x"},
        {"{\"password\":\"correct horse battery\"}", "{\"password\":\"***\"}"},
        {"passwd: password expiry information changed.", NULL},
        {"passwd: all authentication tokens updated", NULL},
        {"passwd: password", "passwd: ***"},
        {"passwd: hunter is gone", "passwd: *** is gone"},
        {"Using --password via the CLI is insecure", NULL},
        {"run --password via", "run --password ***"},
        {"\"update_password\": \"always\", \"password\": \"always\"",
         "\"update_password\": \"always\", \"password\": \"***\""},
        {"process.runtime.name=OpenJDK Virtual Machine; audience name: Returning Guests", NULL},
        {"driver=ODBC+Driver+18", NULL},
        {"customer: Acme Corporation, displayName=\"Disk Usage Alert\", reporter: Automated Scanner", NULL},
        {"event name: User Logged In", NULL},
        {"<label for=\"pwd\">Password:</label><pwd>Password:</pwd>",
         "<label for=\"pwd\">Password:</label><pwd>***</pwd>"},
        {"patient.name=Erika Roth", "patient.name=***"},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detect_likeness__addresses),
        cmocka_unit_test(test_detect_likeness__secrets),
        cmocka_unit_test(test_detect_likeness__people),
        cmocka_unit_test(test_detect_likeness__hidden_already),
        cmocka_unit_test(test_detect_likeness__said_of_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
