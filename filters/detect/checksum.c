/* SPDX-License-Identifier: MIT */
#include "filters/detect/checksum.h"

#include <stddef.h>
#include <string.h>

bool rd_luhn_ok(const uint8_t *digits, uint32_t n)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t d = (uint32_t)(digits[n - 1 - i] - '0') << (i & 1);
        sum += d > 9 ? d - 9 : d;
    }
    return n > 0 && sum % 10 == 0;
}

bool rd_iban_ok(const uint8_t *iban, uint32_t n)
{
    if (n < 5)
        return false;
    uint32_t rest = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t c = iban[(i + 4) % n];
        if (c >= 'A')
            rest = (rest * 100 + (uint32_t)(c - 'A') + 10) % 97;
        else
            rest = (rest * 10 + (uint32_t)(c - '0')) % 97;
    }
    return rest == 1;
}

bool rd_steuer_id_ok(const uint8_t digits[11])
{
    uint32_t count[10] = {0}, product = 10;
    if (digits[0] == '0')
        return false;
    for (uint32_t i = 0; i < 10; i++) {
        uint32_t d = (uint32_t)(digits[i] - '0'), sum = (d + product) % 10;
        count[d]++;
        product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    uint32_t doubled = 0, tripled = 0, more = 0;
    for (uint32_t d = 0; d < 10; d++) {
        doubled += count[d] == 2;
        tripled += count[d] == 3;
        more += count[d] > 3;
    }
    /* one digit stands twice (since 2008) or three times (since 2016), the others at most once; all different
     * is not given out but is what examples look like */
    if (more != 0 || doubled + tripled > 1)
        return false;
    return (11 - product) % 10 == (uint32_t)(digits[10] - '0');
}

bool rd_svnr_ok(const uint8_t number[12])
{
    static const uint8_t weight[12] = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1};
    uint32_t letter = (uint32_t)(number[8] - 'A') + 1;
    uint8_t d[12];
    for (uint32_t i = 0; i < 8; i++)
        d[i] = number[i] - '0';
    d[8] = (uint8_t)(letter / 10);
    d[9] = (uint8_t)(letter % 10);
    d[10] = number[9] - '0';
    d[11] = number[10] - '0';
    uint32_t sum = 0, day = d[2] * 10u + d[3], month = d[4] * 10u + d[5];
    for (uint32_t i = 0; i < 12; i++) {
        uint32_t x = (uint32_t)d[i] * weight[i];
        sum += x / 10 + x % 10;
    }
    bool date = (day >= 1 && day <= 31) || (day >= 51 && day <= 81);
    return letter >= 1 && letter <= 26 && date && month >= 1 && month <= 12 && d[0] * 10u + d[1] >= 2 &&
           sum % 10 == (uint32_t)(number[11] - '0');
}

bool rd_ssn_ok(const uint8_t digits[9])
{
    if (memcmp(digits, "000", 3) == 0 || memcmp(digits, "666", 3) == 0 || digits[0] == '9')
        return false;
    return memcmp(digits + 3, "00", 2) != 0 && memcmp(digits + 5, "0000", 4) != 0;
}

static uint32_t crc32(const uint8_t *p, uint32_t n)
{
    uint32_t crc = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (unsigned k = 0; k < 8; k++)
            crc = crc >> 1 ^ (UINT32_C(0xedb88320) & -(crc & 1));
    }
    return ~crc;
}

bool rd_token_crc_ok(const uint8_t token[36])
{
    static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint32_t crc = crc32(token, 30);
    for (uint32_t i = 36; i-- > 30; crc /= 62) {
        if (token[i] != (uint8_t)base62[crc % 62])
            return false;
    }
    return true;
}
