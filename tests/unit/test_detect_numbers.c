/* SPDX-License-Identifier: MIT */
/* Detectors of numbers: cards, IBAN, national ids, telephone numbers. */
#include "tests/unit/unit.h"

#include "tests/unit/detect_try.h"

#define BIT(name) (UINT64_C(1) << RD_DETECTOR_##name)

static void test_detect_card__numbers(void **state)
{
    static const detect_row rows[] = {
        {"4111111111111111", "***1111"},
        {"pan=4111-1111-1111-1111;", "pan=***1111;"},
        {"\"5500 0055 5555 5559\"", "\"***5559\""},
        {"amex 340000000000009 ok", "amex ***0009 ok"},
        {"3400 000000 00009", "***0009"},
        {"diners 30000000000004.", "diners ***0004."},
        {"6011000000000004", "***0004"},
        {"3530111333300000", "***0000"},
        {"2223003122003222", "***3222"},
        {"at 12:00:01 4111 1111 1111 1111 14 items", "at 12:00:01 ***1111 14 items"},
        {"2024-03-01 4111 1111 1111 1111", "2024-03-01 ***1111"},
    };
    DETECT_CHECK(BIT(CREDIT_CARD), rows);
}

static void test_detect_card__look_alikes_stay(void **state)
{
    static const detect_row rows[] = {
        {"4111111111111112", NULL},     {"4111 1111 1111 1112", NULL},
        {"1111111111111111", NULL},     {"0000000000000000", NULL},
        {"blk_4111111111111111", NULL}, {"blk_-4111111111111111", NULL},
        {"x4111111111111111", NULL},    {"4111111111111111x", NULL},
        {"0.4111111111111111", NULL},   {"41111111111111111111111", NULL},
        {"4111 1111-1111 1111", NULL},  {"1718852652336 1758702687876375658", NULL},
    };
    DETECT_CHECK(BIT(CREDIT_CARD), rows);
}

static void test_detect_iban__numbers_and_look_alikes(void **state)
{
    static const detect_row rows[] = {
        {"DE89370400440532013000", "DE***3000"},
        {"iban: GB29 NWBK 6016 1331 9268 19.", "iban: GB***68 19."},
        {"FR14 2004 1010 0505 0001 3M02 606", "FR***2 606"},
        {"NO93-8601-1117-947", "NO***7-947"},
        {"to de89370400440532013000!", "to de***3000!"},
        {"DE89370400440532013001", NULL},
        {"DE8937040044053201300", NULL},
        {"DE893704004405320130000", NULL},
        {"XDE89370400440532013000", NULL},
        {"ZZ89370400440532013000", NULL},
        {"LV80 bANK 0000 4351 9500 1", NULL},
    };
    DETECT_CHECK(BIT(IBAN), rows);
}

static void test_detect_ids__numbers_and_look_alikes(void **state)
{
    static const detect_row ssn[] = {
        {"123-45-6789", "***6789"},
        {"ssn:123456789", "ssn:***6789"},
        {"\"social_security_number\": \"123 45 6789\"", "\"social_security_number\": \"***6789\""},
        {"123456789", NULL},
        {"000-45-6789 666-45-6789 912-45-6789", NULL},
        {"123-00-6789 123-45-0000", NULL},
        {"1123-45-6789 123-45-67890", NULL},
        {"2015-07-29 2006", NULL},
    };
    DETECT_CHECK(BIT(US_SSN), ssn);
    static const detect_row tax[] = {
        {"Steuer-ID: 86095742719", "Steuer-ID: ***"},
        {"IdNr. 86 095 742 719 ok", "IdNr. *** ok"},
        {"47036892816", "***"},
        {"86095742718", NULL},
        {"11111111111", NULL},
        {"06095742719", NULL},
        {"860957427190", NULL},
    };
    DETECT_CHECK(BIT(DE_STEUER_ID), tax);
    static const detect_row svnr[] = {
        {"SVNR 65170839J003", "SVNR ***"}, {"65 170839 J 003", "***"}, {"65170839J004", NULL},
        {"65170839J0031", NULL},           {"65171339J003", NULL},     {"2018T18:01", NULL},
    };
    DETECT_CHECK(BIT(DE_SVNR), svnr);
}

static void test_detect_phone__numbers(void **state)
{
    static const detect_row rows[] = {
        {"+49 30 1234567", "+49***67"},
        {"call +1 (646) 555-0153 now", "call +1***53 now"},
        {"+442079460958,", "+44***58,"},
        {"+49 (0)30 23125-894", "+49***94"},
        {"to=%2B4915112345678&x", "to=%2B49***78&x"},
        {"(415) 555-0132", "***32"},
        {"(415)555-0132", "***32"},
        {"212-555-0169", "***69"},
        {"212.555.0169 ext", "***69 ext"},
        {"phone=0171 3920030 x", "phone=***30 x"},
        {"\"mobile\":\"017139200308\"", "\"mobile\":\"***08\""},
        {"Telefon: 0221-4710416", "Telefon: ***16"},
        {"tel='030/23125287'", "tel='***87'"},
        {"Call from 0171 3920030 lasted", "Call from ***30 lasted"},
        {"Tel.: 030 / 1234567", "Tel.: ***67"},
        {"phone (home): 030 1234567", "phone (home): ***67"},
        {"My number is 13812345678", "My number is ***78"},
        {"INSERT INTO c (id, phone) VALUES (7, '0221-4710716')",
         "INSERT INTO c (id, phone) VALUES (7, '***16')"},
    };
    DETECT_CHECK(BIT(PHONE), rows);
}

static void test_detect_phone__look_alikes_stay(void **state)
{
    static const detect_row rows[] = {
        {"+14 files changed, 3947 insertions(+)", NULL},
        {"score +47.19 delta -551", NULL},
        {"10:00:00 +0200 2024", NULL},
        {"T10:00:00+02:00", NULL},
        {"a+491713920030", NULL},
        {"id range 194913-704370", NULL},
        {"job 49-2036-5201", NULL},
        {"112-155-0169", NULL},
        {"order 4930123456", NULL},
        {"serial number is 13812345678", NULL},
        {"phone=true", NULL},
        {"x = (123) + 4", NULL},
        {"+999", NULL},
    };
    DETECT_CHECK(BIT(PHONE), rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detect_card__numbers),
        cmocka_unit_test(test_detect_card__look_alikes_stay),
        cmocka_unit_test(test_detect_iban__numbers_and_look_alikes),
        cmocka_unit_test(test_detect_ids__numbers_and_look_alikes),
        cmocka_unit_test(test_detect_phone__numbers),
        cmocka_unit_test(test_detect_phone__look_alikes_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
