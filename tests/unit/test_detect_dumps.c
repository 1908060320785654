/* SPDX-License-Identifier: MIT */
/* Values in the dumps of programs and in traces of protocols, and people behind keys that say what they do.
 */
#include "tests/unit/unit.h"

#include "tests/unit/detect_try.h"

#define BIT(name) (UINT64_C(1) << RD_DETECTOR_##name)
#define ALL       ((UINT64_C(1) << RD_DETECTOR_COUNT) - 1)

static void test_detect_dumps__parts_people_play(void **state)
{
    static const detect_row rows[] = {
        {"claimantName=\"Ines Bauer\" claimant_name: Bauer", "claimantName=\"***\" claimant_name: ***"},
        {"consumerName=\"Ines Bauer\" method=x", "consumerName=\"***\" method=x"},
        {"cc_name=Ines+Bauer&cc_exp=1128", "cc_name=***&cc_exp=1128"},
        {"card_name=Ines%20Bauer&n=1", "card_name=***&n=1"},
        {"Halter: Ines Bauer, Kfz 4", "Halter: ***, Kfz 4"},
        {"Zahlbar durch: Ines Bauer Betrag CHF 4", "Zahlbar durch: *** Betrag CHF 4"},
        {"Kunde Dr. Ines Bauer Betrag CHF 4", "Kunde Dr. *** Betrag CHF 4"},
        {"Gl\xc3\xa4ubiger=Ines Bauer, Nr=4", "Gl\xc3\xa4ubiger=***, Nr=4"},
        {"Versicherungsnehmer=Ines Bauer, Nr=4", "Versicherungsnehmer=***, Nr=4"},
        {"kontoinnehavare=Ines Bauer, Nr=4", "kontoinnehavare=***, Nr=4"},
        {"benefici\xc3\xa1rio=Ines Bauer ref=4", "benefici\xc3\xa1rio=*** ref=4"},
        {"Titolare: Ines Bauer; nom_client=Bauer", "Titolare: ***; nom_client=***"},
        {"klantnaam=\"Ines Bauer\"", "klantnaam=\"***\""},
        {"<vornamen>Ines</vornamen>", "<vornamen>***</vornamen>"},
        {"Name: Bauer, Vorname: Ines", "Name: ***, Vorname: ***"},
        {"EMFTX=Ines Bauer BANKS=DE", "EMFTX=*** BANKS=DE"},
        {"insured=BAUER^INES msgid 4", "insured=*** msgid 4"},
        {"insured=BAUER^INES^^^Dr. x", "insured=*** x"},
        {"ULTIPRO|4|Ines Bauer|SSN:123", "ULTIPRO|4|***|SSN:123"},
        {"Vorname: Ines\nName: Bauer\nOrt: Ulm", "Vorname: ***\nName: ***\nOrt: Ulm"},
        {"Anrede: Frau, Name: Bauer", "Anrede: Frau, Name: ***"},
        {"Name des Kontoinhabers: Ines Bauer", "Name des Kontoinhabers: ***"},
        {"z.Hd. Ines Bauer", "z.Hd. ***"},
        {":50K:/DE44123\nINES BAUER\nULM\n:59:/DE45123\nJo Bauer\nULM",
         ":50K:/DE44123\n***\nULM\n:59:/DE45123\n***\nULM"},
        {":50F:/4\r\n1/INES BAUER\r\n2/ULM", ":50F:/4\r\n1/***\r\n2/ULM"},
        {"NM1*IL*1*BAUER*INES~ NM1*85*2*CLINIC~", "NM1*IL*1********~ NM1*85*2*CLINIC~"},
        {"10:59:/x\nInes Bauer; (4) XY [Ines]; XY: 'Ines'", NULL},
        {"Kassiererin: Ines Bauer; deliver_to=\"Jo Bauer\"", "Kassiererin: ***; deliver_to=\"***\""},
        {"<b>Name:</b> Ines Bauer<br>", "<b>Name:</b> ***<br>"},
        {"**Name:** Ines Bauer", "**Name:** ***"},
        {"Key (last_name, birth)=(Bauer, 1970-01-31) exists",
         "Key (last_name, birth)=(***, 1970-01-31) exists"},
        {"FirstName: (string) (len=4) \"Ines\" (a)=(b)", "FirstName: (string) (len=4) \"***\" (a)=(b)"},
        {"lastName: Optional(\"Bauer\")", "lastName: Optional(\"***\")"},
        {"Name:</b><br>Ines Bauer, Name: ** Ines Bauer", NULL},
        {"Name: Berlin\nVorname:\n; Key (name)=(Trail Shoe) exists", NULL},
        {"Name: Berlin, Ort: Ulm", NULL},
        {"Station name=Berlin Hbf platform=6", NULL},
        {"table name: Orders Main", NULL},
        {"consumer: Order Events, consumerName=OrderConsumer", NULL},
        {"Halter: rechts, claimant: none", NULL},
        {"A|Ines Bauer|SIZE:123", NULL},
    };
    (void)state;
    DETECT_CHECK(BIT(PERSON_NAME), rows);
}

static void test_detect_dumps__structures(void **state)
{
    static const detect_row rows[] = {
        {"     -> user.name: Str(Ines Bauer)\n     -> a: Str(b)",
         "     -> user.name: Str(***)\n     -> a: Str(b)"},
        {" -> full_name: Str(Ines (Ina) Bauer)", " -> full_name: Str(***)"},
        {"full_name: Str(Ines Bauer) b: Str(c), full_name: Str(Jo) x",
         "full_name: Str(***) b: Str(c), full_name: Str(***) x"},
        {" -> full_name: Str(Ines B:) Bauer)", " -> full_name: Str(***)"},
        {" -> password: Str(hunter:)2)", " -> password: Str(***)"},
        {" -> phone: Int(491711234567)\\n -> b: Int(4)", " -> phone: Int(***67)\\n -> b: Int(4)"},
        {" -> passwords: Slice([\"hunter2!\"])", NULL},
        {" -> password: Slice([\"hunter2!\",\"hunter3!\"])", " -> password: Slice([\"***\",\"***\"])"},
        {"[\"vorname\"]=>\n  string(4) \"Ines\"\n", "[\"vorname\"]=>\n  string(4) \"***\"\n"},
        {"[\"vorname\":protected]=>\n  string(4) \"Ines\"", "[\"vorname\":protected]=>\n  string(4) \"***\""},
        {"[\"vorname\":\"App\\User\":private]=>\n  string(4) \"Ines\"",
         "[\"vorname\":\"App\\User\":private]=>\n  string(4) \"***\""},
        {"[vorname:App\\User:private] => Ines\n", "[vorname:App\\User:private] => ***\n"},
        {"[\"vorname\"]=>\n  array(2) {", NULL},
        {"{\"last_name.keyword\":{\"value\":\"Bauer\"}}", "{\"last_name.keyword\":{\"value\":\"***\"}}"},
        {"{\"last_name.keyword\":\"Bauer\"}", "{\"last_name.keyword\":\"***\"}"},
        {"{\"x.keyword\":\"Bauer\",\"keyword\":\"Bauer\",\"last_name.keyword\":\"Bauer\"}",
         "{\"x.keyword\":\"Bauer\",\"keyword\":\"Bauer\",\"last_name.keyword\":\"***\"}"},
        {"{\"last_name\":{\"query\":\"Bauer\"}}", "{\"last_name\":{\"query\":\"***\"}}"},
        {"{\"lastName\":{\"S\":\"Bauer\"},\"n\":{\"N\":\"4\"}}",
         "{\"lastName\":{\"S\":\"***\"},\"n\":{\"N\":\"4\"}}"},
        {"lastName query=\"Bauer\" user query: Select Name", NULL},
        {"[42]|this.LastName|\"Bauer\"|0x1", "[42]|this.LastName|\"***\"|0x1"},
        {"{ Id = 4, FirstName = Ines, LastName = Bauer, City = Ulm }",
         "{ Id = 4, FirstName = ***, LastName = ***, City = Ulm }"},
        {"last_name=Bauer HTTP/2.0", "last_name=*** HTTP/2.0"},
        {"holder=Ines Bauer/1.0", "holder=***/1.0"},
        {"FirstName: Optional[Ines]", "FirstName: Optional[***]"},
        {"password=\"Optional[hunter2]\"", "password=\"***\""},
        {"password: Optional[str], password: varchar(64)", NULL},
        {"tel=0171+1234567&b=1", "tel=***67&b=1"},
        {"NAME          PHONE          CITY\nInes Bauer   0171 1234567   Ulm",
         "NAME          PHONE          CITY\n***   ***67   Ulm"},
        {"ID   USERNAME   SINCE  \n4    ines.bauer   2020  \n5   -\n6    jo.bauer   2020",
         "ID   USERNAME   SINCE  \n4    ***   2020  \n5   -\n6    ***   2020"},
        {"hi def link aPassword   One\nhi def link bShadow   Two", NULL},
        {"NAME          READY   STATUS\napi-7f   1/1   Running", NULL},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

static void test_detect_dumps__no_values(void **state)
{
    static const detect_row rows[] = {
        {"query P($first: Int, $user: UserInput!) { a }", NULL},
        {"mutation($password: String!) { a }", NULL},
        {"query P($first: Ines Bauer)", "query P($first: ***)"},
        {"[\"user\", \"password\", \"hunter2\"]", "[\"user\", \"password\", \"***\"]"},
        {"password | query", "password | ***"},
        {"$first: Bauer", "$first: ***"},
        {"set($password: Hunter2)", "set($password: ***)"},
        {"columns: [\"first_name\", \"last_name\", \"email\"]", NULL},
        {"[\"x\", \"last_name\", \"bauer\"]", "[\"x\", \"last_name\", \"***\"]"},
        {"event_name=view screen_name=ProductList", NULL},
        {"screen_name=InesBauer", "screen_name=***"},
        {"event_name=view screen_name=ines.bauer", "event_name=view screen_name=***"},
        {"password: {{ .Values.db.password | quote }}", NULL},
        {"password | hunter2", "password | ***"},
        {"secret=projects/shop/secrets/db-key/versions/latest", NULL},
        {"secret=projects/shop/other/db-key1", "secret=***"},
        {"secret=arn:aws:secretsmanager:eu-west-1:4:secret:db", NULL},
        {"secret=arn:aws:secretsmanager:x?k=hunter2", "secret=***"},
        {"arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-Ab3", NULL},
        {"app:secret:prod/db-Ab3", "app:secret:***"},
        {"SELECT Id FROM Contact WHERE Email = 'x'", NULL},
    };
    (void)state;
    DETECT_CHECK(ALL & ~BIT(CREDIT_CARD), rows);
}

static void test_detect_dumps__traces(void **state)
{
    static const detect_row rows[] = {
        {"C: AUTH PLAIN AGluZXMAaHVudGVyMg==\nS: 235", "C: AUTH PLAIN ***\nS: 235"},
        {"C: AUTHENTICATE PLAIN\nS: + \nC: AGluZXMAaHVudGVyMg==", "C: AUTHENTICATE PLAIN\nS: + \nC: ***"},
        {"AUTH PLAIN mechanisms offered", NULL},
        {"AUTH PLAIN\n334", NULL},
        {"C: a1 LOGIN \"ines.b\" \"hunter \\\"2\"\nS: a1 OK", "C: a1 LOGIN \"***\" \"***\"\nS: a1 OK"},
        {"a1 LOGIN ines.b hunter2", "a1 LOGIN *** ***"},
        {"event5 LOGIN failed attempts", NULL},
        {"a b1 LOGIN ines.b hunter2", NULL},
        {"USER ines.b\nPASS hunter2\n", "USER ***\nPASS ***\n"},
        {"> PASS hunter2", "> PASS ***"},
        {"C: PASS hunter2", "C: PASS ***"},
        {"test: PASS ok", NULL},
        {"> PASS src/a.test.js (4 s)", NULL},
        {"C: AUTH XOAUTH2 dXNlcj1pbmVzQGV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIHlhMjkuYTBBZkg2U01CeDF5MnozAQE=",
         "C: AUTH XOAUTH2 ***"},
        {": PSK \"hunter2\"", ": PSK \"***\""},
        {"ines : EAP \"hunter2\"", "ines : EAP \"***\""},
        {"%any : PSK 0sdmFsdWU=", "%any : PSK ***"},
        {"found: PSK missing", NULL},
        {"Passphrase: horse walnut basalt (file 4)", "Passphrase: *** (file 4)"},
        {"Passphrase: horse walnut, then more", "Passphrase: *** walnut, then more"},
        {"Passphrase: none given here", NULL},
        {"Passphrase: stored in keychain", "Passphrase: *** in keychain"},
        {"password: horse walnut basalt", "password: *** walnut basalt"},
        {"auth=Bearer%20ines.bauer", "auth=Bearer%20***"},
        {"auth=Bearer%20p19fCmJhLL1G3bU4", "auth=Bearer%20***"},
        {"Authorization: key=p19fCmJhLL1G3bU4 x", "Authorization: key=*** x"},
        {"Subscription-Id-Data: 4917112345678 Subscription-Id-Type: 0",
         "Subscription-Id-Data: ***78 Subscription-Id-Type: 0"},
        {"wa_id=4917112345678", "wa_id=***78"},
        {"gtin \"00491711234567\"", NULL},
        {"<bounces+4-ines=example.com@l.example.org>", "<b***@l.example.org>"},
        {"to-all=ines@example.org", "to-all=i***@example.org"},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

/* Names that begin with a small word; what only looks like a value. */
static void test_detect_dumps__small_words(void **state)
{
    static const detect_row rows[] = {
        {"achternaam=van der Berg plaats=Ede", "achternaam=*** plaats=Ede"},
        {"surname: von der Leyen, first name: Ursula", "surname: ***, first name: ***"},
        {"lastName=de la Cruz&x=1", "lastName=***&x=1"},
        {"customer: van der Berg; Ede", "customer: ***; Ede"},
        {"author: de facto standard", NULL},
        {"surname=de", "surname=***"},
        {"geb.=11.03.1944, Ort=Ulm", "geb.=***, Ort=Ulm"},
        {"Geb.: 11.03.1944", "Geb.: ***"},
        {"password: \"\" => \"hunter2\" username: \"\" -> \"ines.b\"",
         "password: \"\" => \"***\" username: \"\" -> \"***\""},
        {"password: \"\" => (sensitive value)", NULL},
        {"usage: login --user USER --password PASSWORD [--totp CODE]", NULL},
        {"exchanged code for user token of app", NULL},
        {"=ERROR REPORT==== 2026-11-25::18:09:47 ===", NULL},
        {"peer 12::18:09:47", "peer 12::***"},
        {"peer-12::18:09:47", "peer-12::***"},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

/* Names that are also words of fields; slashes and stars around. */
static void test_detect_dumps__names_like_fields(void **state)
{
    static const detect_row rows[] = {
        {"customer=Taylor Swift", "customer=***"},
        {"{\"name\":\"Max Born\"}", "{\"name\":\"***\"}"},
        {"Dear Mr Taylor Swift", "Dear Mr ***"},
        {"full_name=Anna Bank", "full_name=***"},
        {"Zahlbar durch: Reto Caduff Betrag CHF 595.50", "Zahlbar durch: *** Betrag CHF 595.50"},
        {"name: Anna Kim Tel: 030", "name: *** Tel: 030"},
        {"Herr/Frau Anna Huber", "Herr/Frau ***"},
        {"Kunde/Patient Max Muster", "Kunde/Patient ***"},
        {"corp.example.com/Users/Anna Kim", "corp.example.com/Users/***"},
        {"Tel: 0171 1234567 ***", "Tel: ***67 ***"},
        {"phone: 192.0.2.***", NULL},
        {"2001-11-25::10:1", "2001-11-25::***"},
        {"2026-11-25::10:11:12", NULL},
    };
    (void)state;
    DETECT_CHECK(ALL, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detect_dumps__parts_people_play),
        cmocka_unit_test(test_detect_dumps__structures),
        cmocka_unit_test(test_detect_dumps__no_values),
        cmocka_unit_test(test_detect_dumps__traces),
        cmocka_unit_test(test_detect_dumps__small_words),
        cmocka_unit_test(test_detect_dumps__names_like_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
