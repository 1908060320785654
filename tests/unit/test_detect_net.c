/* SPDX-License-Identifier: MIT */
/* Detectors of network addresses. */
#include "tests/unit/unit.h"

#include "tests/unit/detect_try.h"

#define BIT(name) (UINT64_C(1) << RD_DETECTOR_##name)

static void test_detect_ipv4__addresses(void **state)
{
    static const detect_row rows[] = {
        {"203.0.113.7", "203.0.113.***"},
        {"from 198.51.100.23 port 22", "from 198.51.100.*** port 22"},
        {"/10.1.2.3:8080,", "/10.1.2.***:8080,"},
        {"src=10.1.2.3;dst=10.1.2.4.", "src=10.1.2.***;dst=10.1.2.***."},
        {"host/192.168.10.20", "host/192.168.10.***"},
        {"route 172.16.5.0/24 up", "route 172.16.5.***/24 up"},
        {"BP-1347-10.190.173.170-1444", "BP-1347-10.190.173.***-1444"},
        {"user@10.20.30.40's password", "user@10.20.30.***'s password"},
        {"[10.20.30.40]", "[10.20.30.***]"},
        {"10[.]20[.]30[.]40", "10[.]20[.]30[.]***"},
        {"http://10.20.30.40/x", "http://10.20.30.***/x"},
        {"X-Forwarded-For: 10.0.0.5, 10.0.0.6", "X-Forwarded-For: 10.0.0.***, 10.0.0.***"},
        {"ip_10.0.0.5_x", "ip_10.0.0.***_x"},
    };
    DETECT_CHECK(BIT(IPV4), rows);
}

static void test_detect_ipv4__look_alikes_stay(void **state)
{
    static const detect_row rows[] = {
        {"0.0.0.0:443 127.0.0.1 127.0.1.1 255.255.255.0", NULL},
        {"v1.2.3.4 ready", NULL},
        {"version 10.2.3.4", NULL},
        {"Version: 10.2.3.4", NULL},
        {"Chrome/120.0.10.20 Safari/537.36", NULL},
        {"release 18.10.49.34 out", NULL},
        {"snmp 1.3.6.1.4.1.311", NULL},
        {"10.20.30", NULL},
        {"10.20.30.40.50", NULL},
        {"10.20.30.256", NULL},
        {"1010.20.30.40", NULL},
        {"10.20.30.4000", NULL},
        {"lib-1.2.3.4.jar", NULL},
        {"amd64~~6.1.1.1", NULL},
        {"app:1.2.3.4-SNAPSHOT", NULL},
        {"0.19158794 37.0942,106.79", NULL},
        {"10..20.30.40", NULL},
        {"192.0.2.***", NULL},
    };
    DETECT_CHECK(BIT(IPV4), rows);
}

static void test_detect_ipv6__addresses(void **state)
{
    static const detect_row rows[] = {
        {"2001:db8::1", "2001:***"},
        {"peer 2001:db8:85a3:8d3:1319:8a2e:370:7348 up", "peer 2001:db8:85a3:8d3:*** up"},
        {"[2001:db8::1]:443", "[2001:***]:443"},
        {"fe80::1ff:fe23:4567:890a%eth2 x", "fe80::1ff:*** x"},
        {"::ffff:192.0.2.33.", "::ffff:***."},
        {"2001:db8:a:b::/64", "2001:***/64"},
        {"addr:fd12:3456:789a::5", "addr:fd12:***"},
        {"1111:2:3:4:5:6:7:8888", "1111:2:3:***"},
        {"2001:0DB8:57E9:69FA:21AF:5878:74B6:AF06", "2001:0DB8:57E9:***"},
    };
    DETECT_CHECK(BIT(IPV6), rows);
}

static void test_detect_ipv6__look_alikes_stay(void **state)
{
    static const detect_row rows[] = {
        {"bind [::]:80 and ::1", NULL},
        {"std::cout Foo::bar crate::de::fmt", NULL},
        {"12:34:56", NULL},
        {"2024-03-01T12:34:56", NULL},
        {"1:2:3:4", NULL},
        {"684D:1111:222:3333:4444:5555:77", NULL},
        {"2001:db8::256.1.1.1", NULL},
        {":::", NULL},
        {"12345::1", NULL},
        {"00:1a:2b:3c:4d:5e", NULL},
        {"0:0:0:0:0:0:0:0:2181", NULL},
        {"fe80::1:***", NULL},
    };
    DETECT_CHECK(BIT(IPV6), rows);
}

static void test_detect_mac__addresses_and_look_alikes(void **state)
{
    static const detect_row rows[] = {
        {"00:1a:2b:3c:4d:5e", "00:1a:2b:***"},
        {"hw 82-7B-AB-16-D2-71 up", "hw 82-7B-AB-*** up"},
        {"fa65.f74c.1cc2,", "fa65.f7***,"},
        {"eui 02:00:5e:ff:fe:00:53:01", "eui 02:00:5e:***"},
        {"mac=76a39056274f x", "mac=76a390*** x"},
        {"hwaddr: \"76a39056274f\"", "hwaddr: \"76a390***\""},
        {"id=76a39056274f", NULL},
        {"ff:ff:ff:ff:ff:ff 00:00:00:00:00:00", NULL},
        {"SHA1 6f:1f:82:c6:0b:21:d3:41:bc:5f", NULL},
        {"00:1A:2B:3C:4D", NULL},
        {"10:2F:33-AC-29-C3", NULL},
        {"ZZ:ZZ:ZZ:ZZ:ZZ:ZZ", NULL},
        {"2024-03-01 10-20-30", NULL},
        {"123e4567-e89b-12d3-a456-426614174000", NULL},
    };
    DETECT_CHECK(BIT(MAC), rows);
}

static void test_detect_mac__notations_behind_keys(void **state)
{
    static const detect_row rows[] = {
        {"mac=02a1-3c4d-5e6f, VLAN=7", "mac=02a1-3c***, VLAN=7"},
        {"MacAddress: 2:a1:3c:4d:5e:6f", "MacAddress: 2:a1:3c:***"},
        {"hwaddr: \"02 a1 3c 4d 5e 6f\"", "hwaddr: \"02 a1 3c ***\""},
        {"mac: 02a13c4d5e6f.", "mac: 02a13c***."},
        {"MAC 02a1-3c4d-5e6f learned", "MAC 02a1-3c*** learned"},
        {"mac address is 02a13c4d5e6f", "mac address is 02a13c***"},
        {"Calling-Station-Id=02a13c4d5e6f", "Calling-Station-Id=02a13c***"},
        {"dstmac=02a13c4d5e6f dev_eui: 02-A1-3C-4D-5E-6F-70-81", "dstmac=02a13c*** dev_eui: 02-A1-3C-***"},
        {"deveui=02a13c4d5e6f7081", "deveui=02a13c***"},
        {"mac 02a13c4d5e6f-1 mac=02a1-3c4d-5e6f-1", "mac 02a13c***-1 mac=02a1-3c***-1"},
        {"mac=02:a1:3c:4d:5e:6f:70", NULL},
        {"MAC=02:a1:3c:4d:5e:6f:70:81:92:a3:b4:c5:d6:e7", NULL},
        {"mac=000000000000 mac=02a13c mac address table", NULL},
        {"uuid=02a1-3c4d-5e6f", NULL},
    };
    DETECT_CHECK(BIT(MAC), rows);
}

static void test_detect_mac__names_of_devices(void **state)
{
    static const detect_row rows[] = {
        {"AP \"02-A1-3C-4D-5E-6F:eduroam\"", "AP \"02-A1-3C-***:eduroam\""},
        {"AP 02:a1:3c:4d:5e:6f:Guests", "AP 02:a1:3c:***:Guests"},
        {"02:a1:3c:4d:5e:6f-eth0", "02:a1:3c:***-eth0"},
        {"GET /SEP02A13C4D5E6F.cnf.xml", "GET /SEP02A13C***.cnf.xml"},
        {"wlx02a13c4d5e6f: up, enx02a13c4d5e6f down", "wlx02a13c***: up, enx02a13c*** down"},
        {"/dev_02_A1_3C_4D_5E_6F/fd0", "/dev_02_A1_3C_***/fd0"},
        {"/02a13c4d5e6f.cfg cfg02a13c4d5e6f.cfg", "/02a13c***.cfg cfg02a13c***.cfg"},
        {"SEPARATED enx02a1 x02a13c4d5e6f.cfg", NULL},
        {"02-a1-3c-4d-5e-6f-2020", NULL},
        {"02:a1:3c:4d:5e:6f-70", NULL},
    };
    DETECT_CHECK(BIT(MAC), rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detect_ipv4__addresses),
        cmocka_unit_test(test_detect_ipv4__look_alikes_stay),
        cmocka_unit_test(test_detect_ipv6__addresses),
        cmocka_unit_test(test_detect_ipv6__look_alikes_stay),
        cmocka_unit_test(test_detect_mac__addresses_and_look_alikes),
        cmocka_unit_test(test_detect_mac__notations_behind_keys),
        cmocka_unit_test(test_detect_mac__names_of_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
