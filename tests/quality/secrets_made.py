# SPDX-License-Identifier: MIT
"""Values of every type that the shipped rules look for, random and with right check digits; names and domains are invented
or reserved for documentation."""
import base64
import string
import zlib

LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
ALNUM = UPPER + LOWER + DIGITS
B64URL = ALNUM + "-_"
HEX = "0123456789abcdef"

FIRST = ["Amelie", "Bogdan", "Chiara", "Dmitri", "Eleni", "Farid", "Greta", "Hanno", "Ilse", "Jorge", "Katarina", "Leandro",
         "Mirjam", "Nadeem", "Orla", "Piotr", "Quentin", "Rosalind", "Sören", "Tomasz", "Ulrike", "Violeta", "Wanda", "Yusuf", "Zoë"]
LAST = ["Abendroth", "Brzezinski", "Castellano", "Dragomir", "Eichstaedt", "Fitzwilliam", "Grünewald", "Hagenbach", "Iversen",
        "Jankowski", "Kowalczyk", "Lindqvist", "Montessori", "Nakagawa", "O'Sullivan", "Petrescu", "Quintanilla", "Rautenberg",
        "Santorini", "Thorvaldsen", "Umarov", "Vandermeer", "Wojciechowski", "Xanthopoulos", "Yildirim", "Zimmerer"]
HOSTS = ["shop.example", "mail.example.org", "example.net", "corp.example.co.uk", "firma.example.de", "uni.example.edu", "post.example.com"]


def pick(r, alphabet, n):
    return "".join(r.choice(alphabet) for _ in range(n))


def mixed(r, alphabet, n):
    """As `pick`, but with small and capital letters and several digits: what a random token of some length has."""
    while True:
        s = pick(r, alphabet, n)
        if sum(c in DIGITS for c in s) >= 2 and any(c in LOWER for c in s) and any(c in UPPER for c in s) and s[0] in ALNUM and s[-1] in ALNUM:
            return s


def hexes(r, n):
    while True:
        s = pick(r, HEX, n)
        if 0.3 < sum(c in DIGITS for c in s) / n < 0.8:
            return s


def luhn_digit(digits):
    total = 0
    for i, c in enumerate(reversed(digits)):
        d = int(c) * (2 if i % 2 == 0 else 1)
        total += d - 9 if d > 9 else d
    return str(-total % 10)


def email(r):
    first, last = r.choice(FIRST).lower(), r.choice(LAST).lower().replace("'", "")
    plain = str.maketrans({"ö": "oe", "ü": "ue", "ë": "e"})
    local = r.choice(["{f}.{l}", "{f}_{l}", "{l}", "{f}{n}", "{f}.{l}+news", "{l}-{f}", "{f}.{l}{n}"])
    return local.format(f=first, l=last, n=r.randrange(10, 99)).translate(plain) + "@" + r.choice(HOSTS)


def ipv4(r):
    while True:
        o = [r.choice([10, 172, 192, 198, 203, 45, 81, 93, 141, 178, 212]), r.randrange(256), r.randrange(256), r.randrange(10, 255)]
        if o[1] != o[2]:
            return ".".join(map(str, o))


def ipv6(r):
    g = ["%x" % r.randrange(0x1000, 0x10000) for _ in range(6)]
    return r.choice(["2001:db8:" + ":".join(g), "2001:db8:{0}::{1}:{2}", "fe80::{0}:{1}:{2}:{3}", "2a02:{0}:{1}::{2}", "fd12:{1}:{2}::1:{3}"]).format(*g)


def mac(r):
    b = ["%02x" % r.randrange(1, 255) for _ in range(6)]
    s = r.choice([":".join(b), "-".join(b), "".join(b[:2]) + "." + "".join(b[2:4]) + "." + "".join(b[4:])])
    return s.upper() if r.random() < 0.5 else s


def credit_card(r):
    prefix, n, groups = r.choice([("4", 16, (4, 4, 4, 4)), ("53", 16, (4, 4, 4, 4)), ("2412", 16, (4, 4, 4, 4)), ("37", 15, (4, 6, 5)), ("6011", 16, (4, 4, 4, 4)), ("3569", 16, (4, 4, 4, 4))])
    d = prefix + pick(r, DIGITS, n - 1 - len(prefix))
    d += luhn_digit(d)
    join = r.choice(["", "", " ", "-"])
    out, at = [], 0
    for g in groups:
        out.append(d[at:at + g])
        at += g
    return join.join(out)


def iban(r):
    country, shape = r.choice([("DE", "18d"), ("FR", "10d11a2d"), ("GB", "4u14d"), ("NL", "4u10d"), ("AT", "16d"), ("ES", "20d"), ("PL", "24d"), ("CH", "5d12d"), ("IT", "1u10d12d"), ("NO", "11d"), ("BE", "12d")])
    body, n = "", ""
    for c in shape:
        if c.isdigit():
            n += c
            continue
        body += pick(r, {"d": DIGITS, "u": UPPER, "a": UPPER + DIGITS}[c], int(n))
        n = ""
    number = int("".join(str(int(c, 36)) for c in body + country + "00"))
    whole = country + "%02d" % (98 - number % 97) + body
    return r.choice([whole, whole, " ".join(whole[i:i + 4] for i in range(0, len(whole), 4))])


def us_ssn(r):
    area = r.choice([a for a in range(1, 900) if a != 666])
    return "%03d-%02d-%04d" % (area, r.randrange(1, 100), r.randrange(1, 10000))


def de_steuer_id(r):
    while True:
        d = [int(c) for c in pick(r, DIGITS, 10)]
        counts = sorted(d.count(x) for x in set(d))
        if d[0] and counts[-1] in (2, 3) and counts.count(1) == len(counts) - 1 and len(counts) == 11 - counts[-1] \
                and not any(d[i] == d[i + 1] == d[i + 2] for i in range(8)):
            break
    product = 10
    for x in d:
        total = (x + product) % 10 or 10
        product = total * 2 % 11
    s = "".join(map(str, d)) + str((11 - product) % 10)
    return r.choice([s, s, f"{s[:2]} {s[2:5]} {s[5:8]} {s[8:]}"])


def de_svnr(r):
    day, month, year = r.randrange(1, 29), r.randrange(1, 13), r.randrange(100)
    area, letter = r.choice([2, 10, 12, 15, 38, 52, 65]), r.choice(UPPER)
    s = "%02d%02d%02d%02d%s%02d" % (area, day, month, year, letter, r.randrange(100))
    digits = s[:8] + "%02d" % (ord(letter) - 64) + s[9:]
    total = 0
    for c, w in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)):
        x = int(c) * w
        total += x // 10 + x % 10
    s += str(total % 10)
    return r.choice([s, s, f"{s[:2]} {s[2:8]} {s[8]} {s[9:]}"])


def phone(r):
    n = pick(r, "23456789", 12)
    return r.choice([f"+49 151 {n[:8]}", f"+49{n[:10]}", f"+1-212-{n[:3]}-{n[3:7]}", f"({r.randrange(201, 990)}) {n[:3]}-{n[3:7]}", f"+44 20 {n[:4]} {n[4:8]}",
                     f"+33 6 {n[:2]} {n[2:4]} {n[4:6]} {n[6:8]}", f"+91 {n[:5]} {n[5:10]}", f"+43 660 {n[:7]}", f"+34 {n[:3]} {n[3:6]} {n[6:9]}"])


def base64url(r, n):
    return mixed(r, B64URL, n)


def jwt(r):
    return "eyJhbGciOi" + base64url(r, 26) + ".eyJ" + base64url(r, r.randrange(40, 120)) + "." + base64url(r, 43)


def bearer_token(r):
    return mixed(r, ALNUM, r.randrange(24, 50))


def basic_auth(r):
    return base64.b64encode(f"svc-{pick(r, LOWER, 6)}:{mixed(r, ALNUM, r.randrange(9, 20))}".encode()).decode()


def aws_access_key(r):
    return r.choice(["AKIA", "ASIA"]) + mixed_upper(r, 16)


def mixed_upper(r, n):
    while True:
        s = pick(r, UPPER + "234567", n)
        if any(c.isdigit() for c in s) and sum(c.isalpha() for c in s) > 4:
            return s


def base62(n, width):
    s = ""
    while n:
        n, d = divmod(n, 62)
        s = (DIGITS + UPPER + LOWER)[d] + s
    return s.rjust(width, "0")


def github_token(r):
    if r.random() < 0.25:
        return "github_pat_" + mixed(r, ALNUM, 22) + "_" + mixed(r, ALNUM, 59)
    body = mixed(r, ALNUM, 30)
    return r.choice(["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]) + body + base62(zlib.crc32(body.encode()), 6)


def gitlab_token(r):
    return r.choice(["glpat-", "gldt-", "glrt-", "glptt-"]) + mixed(r, ALNUM, 20)


def slack_token(r):
    a, b = pick(r, "123456789", 12), pick(r, "123456789", 12)
    return r.choice([f"xoxb-{a}-{b}-{mixed(r, ALNUM, 24)}", f"xoxp-{a}-{b}-{a[::-1]}-{hexes(r, 32)}",
                     f"https://hooks.slack.com/services/T{mixed_upper(r, 8)}/B{mixed_upper(r, 8)}/{mixed(r, ALNUM, 24)}"])


def google_api_key(r):
    return "AIza" + mixed(r, B64URL, 35)


def stripe_key(r):
    return r.choice(["sk_live_", "rk_live_", "sk_test_", "whsec_"]) + mixed(r, ALNUM, r.choice([24, 32, 99]))


def azure_key(r):
    return mixed(r, ALNUM + "+/", 86) + "=="


def provider_token(r):
    body = mixed(r, ALNUM, 30)
    return r.choice(["npm_" + body + base62(zlib.crc32(body.encode()), 6), "SG." + mixed(r, B64URL, 22) + "." + mixed(r, B64URL, 43),
                     "hf_" + mixed(r, ALNUM, 34), "dop_v1_" + hexes(r, 64), "sk-ant-api03-" + mixed(r, B64URL, 93) + "AA"])


def private_key(r):
    kind = r.choice(["RSA ", "EC ", "", "OPENSSH "])
    lines = [mixed(r, ALNUM + "+/", 64) for _ in range(r.randrange(3, 7))]
    return f"-----BEGIN {kind}PRIVATE KEY-----\n" + "\n".join(lines) + f"\n-----END {kind}PRIVATE KEY-----"


def password(r):
    return r.choice([lambda: mixed(r, ALNUM, r.randrange(8, 20)), lambda: pick(r, LOWER, 6) + "!" + pick(r, DIGITS, 3),
                     lambda: r.choice(["Sommer", "Winter", "Dragon", "Monkey"]) + pick(r, DIGITS, 4) + "!",
                     lambda: mixed(r, ALNUM + "#%*_-", r.randrange(10, 18))])()


def secret(r):
    return r.choice([lambda: mixed(r, ALNUM, 40), lambda: hexes(r, 32), lambda: mixed(r, ALNUM + "+/", 43) + "="])()


def session(r):
    return r.choice([lambda: hexes(r, 32).upper(), lambda: mixed(r, ALNUM, 26), lambda: "s%3A" + mixed(r, B64URL, 32)])()


def birth(r):
    y, m, d = r.randrange(1931, 2012), r.randrange(1, 13), r.randrange(13, 29)
    return r.choice([f"{y}-{m:02}-{d:02}", f"{d:02}.{m:02}.{y}", f"{m:02}/{d:02}/{y}", f"{y}{m:02}{d:02}", f"{d:02}/{m:02}/{y}"])


def person(r):
    first, last = r.choice(FIRST), r.choice(LAST)
    return r.choice([f"{first} {last}", f"{first} {last}", f"{last}, {first}", f"{first} {r.choice(UPPER)}. {last}"])


MAKERS = {"email": email, "ipv4": ipv4, "ipv6": ipv6, "mac": mac, "credit_card": credit_card, "iban": iban, "us_ssn": us_ssn, "de_steuer_id": de_steuer_id,
          "de_svnr": de_svnr, "phone": phone, "jwt": jwt, "bearer_token": bearer_token, "basic_auth": basic_auth, "aws_access_key": aws_access_key,
          "github_token": github_token, "gitlab_token": gitlab_token, "slack_token": slack_token, "google_api_key": google_api_key, "stripe_key": stripe_key,
          "azure_key": azure_key, "provider_token": provider_token, "private_key": private_key, "url_credentials": password, "password": password,
          "secret": secret, "session": session, "date_of_birth": birth, "person_name": person}
