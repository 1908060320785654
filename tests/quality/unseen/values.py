# SPDX-License-Identifier: MIT
"""Fills the templates of the unseen sets: values of every type in many written forms, with other names and domains than
secrets_made.py has, and the notations in which a document holds a value."""
import base64
import json
import pathlib
import random
import re
import sys
import unicodedata
import urllib.parse
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import secrets_made as made  # noqa: E402
from keyed import keyed  # noqa: E402
from make_lines import utf8_span  # noqa: E402
from secrets_made import ALNUM, B64URL, DIGITS, HEX, LOWER, UPPER, mixed, pick  # noqa: E402

FIRSTS = "Anneliese Björn Camille Defne Emre Fatoumata Giorgos Håkon Inês Jürgen Kjersti Lubomír Małgorzata Niamh Ömer Paweł Rūta Şule Tereza Uwe Vusi Wim Ximena Yannick Zdeněk Abigail Marcus Priyanka Oluwaseun Ling".split()
LASTS = "Achterberg Bąk Çelik D'Angelo Eriksson Fernández Großmann Hernandez Ibragimov Jóhannsson Kovačević Lefèvre Müller-Lüdenscheidt Nguyen Östlund Papadopoulou Quispe Rasmussen Şahin Tóth Ulloa Verbruggen Wiśniewska Yamamoto Zielinski McAllister Okonkwo Chaudhary Bergstrom Whitfield".split()
LOGINS = "abigail.whitfield ocelik jrasmussen m.okonkwo kbergstrom tereza_toth wim.verbruggen nguyenl pchaudhary lfernandez82 s.papadopoulou yannickl zielinski.z hernandezx emre_sahin vusi.m bjorn77 rquispe".split()
DOMAINS = "acme-widgets.com example-bank.de hospital.example.ch univ-lyon.example.fr correo.example.es posta.example.com.tr mx.example.co.jp poczta.example.pl startup.io.example example.museum team.example.travel sub.dom.example.co.za x-y-z.example.nl".split()


def ascii_of(s):
    s = unicodedata.normalize("NFKD", s.translate(str.maketrans("łŁøØıŞß", "lLoOisS"[:7])))
    return re.sub("[^a-z0-9.]", "", s.lower())


def first(r):
    return r.choice(FIRSTS)


def last(r):
    return r.choice(LASTS)


def name(r):
    f, n = first(r), last(r)
    return r.choice([f"{f} {n}", f"{f} {n}", f"{f} {r.choice(FIRSTS)} {n}", f"Dr. {f} {n}", f"{f} {n} {last(r)}"])


def login(r):
    return r.choice([r.choice(LOGINS), r.choice(LOGINS), ascii_of(first(r))[:1] + "." + (ascii_of(last(r)) or "smith")[:9], (ascii_of(first(r)) or "jan") + pick(r, "123456789", 2)])


def email(r):
    f, n = ascii_of(first(r)) or "jan", ascii_of(last(r)) or "smith"
    local = r.choice([f"{f}.{n}", f"{f[0]}{n}", f"{n}_{f}", f"{f}+{pick(r, LOWER, 4)}", f"{f}-{n}", f"{n}{pick(r, DIGITS, 3)}", f"{f}.{n}".title(), f"{f}.{n[0]}.{pick(r, LOWER, 3)}", f"{pick(r, '123456789', 7)}"])
    return local + "@" + r.choice(DOMAINS)


def email_idn(r):
    return (ascii_of(first(r)) or "jan") + "." + pick(r, LOWER, 4) + "@" + r.choice(["bücher.example", "café-paris.example.fr", "größe.example.de", "почта.example", "例え.example"])


def email_puny(r):
    return "info." + pick(r, LOWER, 6) + "@" + r.choice(["xn--bcher-kva.example", "mail.xn--caf-dma.example.fr", "xn--e1afmkfd.xn--p1ai"])


def email_quoted(r):
    return '"' + (ascii_of(first(r)) or "jan") + " " + pick(r, LOWER, 5) + '"@' + r.choice(DOMAINS)


def ipv4(r):
    while True:
        o = [r.choice([r.randrange(11, 126), r.randrange(128, 169), r.randrange(170, 223), 10, 192]), r.randrange(0, 256), r.randrange(0, 256), r.randrange(1, 255)]
        if len({o[0], o[1], o[2]}) == 3:
            return ".".join(map(str, o))


def groups(r, n):
    return ["%x" % r.randrange(0x10, 0x10000) for _ in range(n)]


def ipv6(r):
    g = groups(r, 7)
    return r.choice(["2001:db8:" + ":".join(g[:6]), f"2a00:{g[0]}:{g[1]}:{g[2]}::{g[3]}", f"2600:{g[0]}::{g[1]}", f"fd{r.randrange(0x10, 0xff):x}:{g[0]}:{g[1]}::{g[2]}:{g[3]}", f"fe80::{g[0]}:{g[1][:2]}ff:fe{r.randrange(0x10, 0xff):x}:{g[2]}",
                     ("2A02:" + ":".join(g)).upper()])


def ipv6_full(r):
    return "2001:0db8:" + ":".join("%04x" % r.randrange(0x10, 0x10000) for _ in range(6))


def mac(r):
    while True:
        b = ["%02x" % (r.randrange(0, 128) * 2 if i == 0 else r.randrange(256)) for i in range(6)]
        if len(set(b)) == 6:
            s = ":".join(b)
            return s.upper() if r.random() < 0.4 else s


def card(r):
    prefix, n = r.choice([("4", 16), ("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15), ("6011", 16), ("65", 16), ("3528", 16), ("36", 14), ("62", 16), ("5018", 16), ("6304", 16)])
    d = prefix + pick(r, DIGITS, n - 1 - len(prefix))
    return d + made.luhn_digit(d)


def card_sep(r):
    d = card(r)
    g = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}[len(d)]
    out, at = [], 0
    for n in g:
        out.append(d[at:at + n])
        at += n
    return r.choice([" ", "-", ".", " "]).join(out)


def card19(r):
    d = r.choice(["6304", "62", "6759"]) 
    d += pick(r, DIGITS, 18 - len(d))
    return d + made.luhn_digit(d)


IBANS = {"DE": "18d", "FR": "10d11a2d", "GB": "4u14d", "NL": "4u10d", "AT": "16d", "ES": "20d", "PL": "24d", "CH": "5d12d", "IT": "1u10d12d", "NO": "11d", "BE": "12d", "DK": "14d", "FI": "14d", "SE": "20d", "PT": "21d", "CZ": "20d",
         "HU": "24d", "RO": "4u16a", "GR": "7d16a", "IE": "4u14d", "LU": "3d13a", "TR": "5d1d16a", "SA": "2d18a", "AE": "3d16d", "BR": "23d1u1a", "UA": "6d19a", "HR": "17d", "LT": "16d", "LV": "4u13a", "EE": "16d", "MT": "4u5d18a", "CY": "8d16a"}


def iban(r):
    country = r.choice(list(IBANS))
    body = "".join(pick(r, {"d": DIGITS, "u": UPPER, "a": UPPER + DIGITS}[k], int(n)) for n, k in re.findall(r"(\d+)(.)", IBANS[country]))
    number = int("".join(str(int(c, 36)) for c in body + country + "00"))
    return country + "%02d" % (98 - number % 97) + body


def iban_sp(r):
    v = iban(r)
    return " ".join(v[i:i + 4] for i in range(0, len(v), 4))


def phone(r):
    n = pick(r, "23456789", 14)
    return r.choice([f"+49 30 {n[:7]}", f"+49 (0) 89 {n[:6]}", f"+49{r.choice(['151', '171', '160'])}{n[:8]}", f"+1 {r.randrange(202, 989)} {n[:3]} {n[3:7]}", f"+1 ({r.randrange(202, 989)}) {n[:3]}-{n[3:7]}", f"+1.{r.randrange(202, 989)}.{n[:3]}.{n[3:7]}",
                     f"+44 7{n[:3]} {n[3:9]}", f"+33{r.choice('67')}{n[:8]}", f"+34 6{n[:2]} {n[2:5]} {n[5:8]}", f"+90 5{n[:2]} {n[2:5]} {n[5:7]} {n[7:9]}", f"+81-3-{n[:4]}-{n[4:8]}", f"+48 {n[:3]} {n[3:6]} {n[6:9]}", f"+31 6 {n[:8]}", f"+39 3{n[:2]} {n[2:9]}",
                     f"+55 11 9{n[:4]}-{n[4:8]}", f"+91-{n[:5]}-{n[5:10]}", f"+86 13{n[:1]} {n[1:5]} {n[5:9]}", f"0049 171 {n[:7]}", f"+41 79 {n[:3]} {n[3:5]} {n[5:7]}", f"+7 9{n[:2]} {n[2:5]}-{n[5:7]}-{n[7:9]}"])


def phone_nat(r):
    n = pick(r, "23456789", 14)
    return r.choice([f"030 {n[:7]}", f"0171/{n[:7]}", f"0151-{n[:8]}", f"089/{n[:4]}-{n[4:6]}", f"({r.randrange(202, 989)}) {n[:3]}-{n[3:7]}", f"{r.randrange(202, 989)}-{n[:3]}-{n[3:7]}", f"{r.randrange(202, 989)}.{n[:3]}.{n[3:7]}", f"06 {n[:2]} {n[2:4]} {n[4:6]} {n[6:8]}",
                     f"07{n[:9]}", f"6{n[:2]} {n[2:5]} {n[5:8]}", f"0{n[:3]} {n[3:6]} {n[6:8]} {n[8:10]}", f"06-{n[:8]}", f"03-{n[:4]}-{n[4:8]}", f"0{n[:9]}", f"5{n[:2]} {n[2:5]} {n[5:8]}"])


def ssn(r):
    area, group, serial = r.choice([a for a in range(1, 900) if a != 666]), r.randrange(1, 100), r.randrange(1, 10000)
    return r.choice(["%03d-%02d-%04d", "%03d-%02d-%04d", "%03d-%02d-%04d", "%03d %02d %04d"]) % (area, group, serial)


def dob(r, form):
    y, m, d = r.randrange(1928, 2014), r.randrange(1, 13), r.randrange(1, 29)
    return form.format(y=y, m=m, d=d)


def digits_only(s):
    return re.sub(r"\D", "", s)


def pw(r):
    words = ["tiger", "Sonne", "lucky", "Paris", "qwerty", "Hunter", "gizli", "Kaffee"]
    return r.choice([lambda: r.choice(words) + pick(r, DIGITS, 3), lambda: mixed(r, ALNUM, 12), lambda: r.choice(words).title() + "!" + pick(r, DIGITS, 4), lambda: r.choice(words) + "-" + r.choice(words) + "-" + pick(r, DIGITS, 2), lambda: mixed(r, ALNUM + "!$#@*", 14),
                     lambda: pick(r, LOWER, 9), lambda: r.choice(words) + "." + r.choice(words), lambda: mixed(r, ALNUM + "_-", 20)])()


def pwsafe(r):
    return r.choice([mixed(r, ALNUM, 11), pick(r, LOWER, 7) + pick(r, DIGITS, 2)])


def pem(r):
    kind = r.choice(["RSA ", "EC ", "", "OPENSSH ", "ENCRYPTED ", "DSA "])
    lines = [mixed(r, ALNUM + "+/", 64) for _ in range(r.randrange(2, 5))] + [mixed(r, ALNUM, 30) + "="]
    return f"-----BEGIN {kind}PRIVATE KEY-----\n" + "\n".join(lines) + f"\n-----END {kind}PRIVATE KEY-----"


def jwt(r):
    seg = lambda o: base64.urlsafe_b64encode(json.dumps(o, separators=(",", ":")).encode()).decode().rstrip("=")  # noqa: E731
    head = r.choice([{"alg": "HS256", "typ": "JWT"}, {"typ": "JWT", "alg": "RS256"}, {"alg": "ES384", "kid": pick(r, HEX, 8)}, {"kid": pick(r, ALNUM, 12), "alg": "PS256"}, {"x5t": pick(r, B64URL, 12), "alg": "RS512"}])
    claims = {"sub": pick(r, DIGITS, 9), "name": ascii_of(name(r)), "iat": r.randrange(10**9, 2 * 10**9)}
    return seg(head) + "." + seg(claims) + "." + pick(r, B64URL, r.choice([43, 86, 342])) 


def bearer(r):
    return r.choice([lambda: mixed(r, B64URL, r.randrange(20, 60)), lambda: pick(r, HEX, 40), lambda: mixed(r, ALNUM + "+/", 30) + "==", lambda: "at." + mixed(r, ALNUM, 30), lambda: "%s-%s-4%s-a%s-%s" % tuple(pick(r, HEX, k) for k in (8, 4, 3, 3, 12))])()


def basic(r):
    return base64.b64encode(f"{r.choice(LOGINS)}:{pw(r)}".encode()).decode()


def secret(r):
    return r.choice([lambda: mixed(r, ALNUM, 32), lambda: pick(r, HEX, 40), lambda: mixed(r, B64URL, 43), lambda: "%s-%s-4%s-9%s-%s" % tuple(pick(r, HEX, k) for k in (8, 4, 3, 3, 12)), lambda: mixed(r, ALNUM + "+/", 42) + "=="])()


def slack_path(r):
    return f"T{made.mixed_upper(r, 10)}/B{made.mixed_upper(r, 10)}/{mixed(r, ALNUM, 24)}"


def google(r):
    return ("AIza" + r.choice(["Sy", ""]) + mixed(r, B64URL, 35))[:38] + r.choice(ALNUM)


MAKERS = {  # placeholder: (type, maker)
    "email": ("email", email), "email_idn": ("email", email_idn), "email_puny": ("email", email_puny), "email_quoted": ("email", email_quoted), "ipv4": ("ipv4", ipv4), "ipv6": ("ipv6", ipv6), "ipv6_full": ("ipv6", ipv6_full),
    "ipv6_zone": ("ipv6", lambda r: f"fe80::{':'.join(groups(r, 4))}%eth{r.randrange(9)}"), "ipv6_mapped": ("ipv6", lambda r: "::ffff:" + ipv4(r)), "ipv6_nat64": ("ipv6", lambda r: "64:ff9b::" + ipv4(r)),
    "mac": ("mac", mac), "mac_dash": ("mac", lambda r: mac(r).replace(":", "-")), "mac_cisco": ("mac", lambda r: ".".join(re.findall("....", mac(r).replace(":", "").lower()))), "mac_bare": ("mac", lambda r: mac(r).replace(":", "")), "mac_huawei": ("mac", lambda r: "-".join(re.findall("....", mac(r).replace(":", "").lower()))),
    "card": ("credit_card", card), "card_sep": ("credit_card", card_sep), "card19": ("credit_card", card19), "iban": ("iban", iban), "iban_sp": ("iban", iban_sp), "phone": ("phone", phone), "phone_nat": ("phone", phone_nat),
    "phone_digits": ("phone", lambda r: r.choice(["49171", "447700", "1415", "33612", "90532"]) + pick(r, DIGITS, 7)), "ssn": ("us_ssn", ssn), "ssn_bare": ("us_ssn", lambda r: digits_only(ssn(r))), "steuer": ("de_steuer_id", lambda r: digits_only(made.de_steuer_id(r))),
    "steuer_sp": ("de_steuer_id", lambda r: re.sub(r"(..)(...)(...)(...)", r"\1 \2 \3 \4", digits_only(made.de_steuer_id(r)))), "svnr": ("de_svnr", made.de_svnr), "svnr_sp": ("de_svnr", lambda r: re.sub(r"(..)(......)(.)(...)", r"\1 \2 \3 \4", made.de_svnr(r).replace(" ", ""))),
    "jwt": ("jwt", jwt), "bearer": ("bearer_token", bearer), "basic": ("basic_auth", basic), "aws": ("aws_access_key", made.aws_access_key), "aws_secret": ("secret", lambda r: mixed(r, ALNUM + "+/", 40)), "awssession": ("secret", lambda r: "IQoJb3JpZ2luX2Vj" + mixed(r, ALNUM + "+/", 200)),
    "github": ("github_token", lambda r: made.github_token(r)), "github_fine": ("github_token", lambda r: "github_pat_11" + mixed(r, UPPER + DIGITS + LOWER, 20) + "_" + mixed(r, ALNUM, 59)), "gitlab": ("gitlab_token", made.gitlab_token), "slack": ("slack_token", lambda r: next(t for t in iter(lambda: made.slack_token(r), "") if t.startswith("xox"))),
    "slack_path": ("slack_token", slack_path), "slack_app": ("slack_token", lambda r: f"xapp-1-A{made.mixed_upper(r, 10)}-{pick(r, '123456789', 13)}-{pick(r, HEX, 64)}"), "google": ("google_api_key", google), "gocspx": ("provider_token", lambda r: "GOCSPX-" + mixed(r, B64URL, 28)),
    "ya29": ("provider_token", lambda r: "ya29.a0" + mixed(r, B64URL, 160)), "stripe": ("stripe_key", lambda r: r.choice(["sk_live_", "rk_live_", "sk_test_", "sk_live_51"]) + mixed(r, ALNUM, r.choice([24, 98]))), "stripe_wh": ("stripe_key", lambda r: "whsec_" + mixed(r, ALNUM, 32)),
    "azure": ("azure_key", made.azure_key), "sas": ("azure_key", lambda r: urllib.parse.quote(mixed(r, ALNUM + "+/", 43) + "=", safe="")), "openai": ("provider_token", lambda r: r.choice(["sk-" + mixed(r, ALNUM, 48), "sk-proj-" + mixed(r, ALNUM, 48), "sk-" + mixed(r, ALNUM, 20) + "T3BlbkFJ" + mixed(r, ALNUM, 20)])),
    "anthropic": ("provider_token", lambda r: "sk-ant-api03-" + mixed(r, B64URL, 93) + "AA"), "sendgrid": ("provider_token", lambda r: "SG." + mixed(r, B64URL, 22) + "." + mixed(r, B64URL, 43)), "npm": ("provider_token", lambda r: (lambda b: "npm_" + b + made.base62(made.zlib.crc32(b.encode()), 6))(mixed(r, ALNUM, 30))),
    "vault": ("provider_token", lambda r: "hvs." + mixed(r, ALNUM, 90)), "pem": ("private_key", pem), "urlpass": ("url_credentials", lambda r: r.choice([mixed(r, ALNUM, 14), pick(r, LOWER, 6) + pick(r, DIGITS, 3), mixed(r, ALNUM + "_.-!", 12)])), "pw": ("password", pw), "pwsafe": ("password", pwsafe), "secret": ("secret", secret),
    "x32s": ("secret", lambda r: made.hexes(r, 32)), "x40s": ("secret", lambda r: made.hexes(r, 36) + "NRAL"), "x64s": ("secret", lambda r: made.hexes(r, 64)), "x64sig": ("secret", lambda r: made.hexes(r, 64)), "session": ("session", made.session), "dob_iso": ("date_of_birth", lambda r: dob(r, "{y}-{m:02}-{d:02}")),
    "dob_de": ("date_of_birth", lambda r: dob(r, "{d:02}.{m:02}.{y}")), "dob_fr": ("date_of_birth", lambda r: dob(r, "{d:02}/{m:02}/{y}")), "dob_us": ("date_of_birth", lambda r: dob(r, "{m}/{d}/{y}")), "dob_nl": ("date_of_birth", lambda r: dob(r, "{d}-{m}-{y}")), "dob_compact": ("date_of_birth", lambda r: dob(r, "{y}{m:02}{d:02}")),
    "dob_word": ("date_of_birth", lambda r: dob(r, "{d} ") + r.choice(["May", "October", "März", "julio", "janvier"]) + dob(r, " {y}")), "name": ("person_name", name), "first": ("person_name", first), "last": ("person_name", last), "login": ("person_name", login), "name_ja": ("person_name", lambda r: r.choice(["山田 太郎", "佐藤花子", "鈴木一郎"])),
    "phone_e": ("phone", lambda r: "+" + r.choice(["4917", "44770", "141", "3361", "9053", "4179", "8190"]) + pick(r, "23456789", 8)),
    "phone_digits_p": ("phone", lambda r: "+" + r.choice(["49171", "447700", "33612", "90532"]) + pick(r, DIGITS, 7)), "phone_us": ("phone", lambda r: f"({r.randrange(202, 989)}) {pick(r, '23456789', 3)}-{pick(r, '23456789', 4)}"),
    "phone_nat0": ("phone", lambda r: next(p for p in iter(lambda: phone_nat(r), "") if p[0] == "0")), "name_key": ("other", name), "name_up": ("person_name", lambda r: f"{last(r)} {first(r)}".upper()), "name_q": ("person_name", lambda r: name(r)),
    "secret_uuid": ("secret", lambda r: "%s-%s-4%s-9%s-%s" % tuple(made.hexes(r, 32)[i:j] for i, j in ((0, 8), (8, 12), (12, 15), (15, 18), (18, 30)))), "b64_44": ("secret", lambda r: mixed(r, ALNUM + "+/", 43) + "="), "azure44": ("azure_key", lambda r: mixed(r, ALNUM + "+/", 43) + "="),
    "azure_ad": ("azure_key", lambda r: pick(r, ALNUM, 3) + "8Q~" + mixed(r, ALNUM + "_.", 34)), "x40u": ("secret", lambda r: made.hexes(r, 40).upper()), "pypi": ("provider_token", lambda r: "pypi-AgEIcHlwaS5vcmc" + mixed(r, B64URL, 120)), "shopify": ("provider_token", lambda r: "shpat_" + made.hexes(r, 32)),
    "telegram": ("provider_token", lambda r: pick(r, "123456789", 10) + ":AA" + mixed(r, B64URL, 33)), "discord": ("provider_token", lambda r: mixed(r, B64URL, 68)), "do_token": ("provider_token", lambda r: "dop_v1_" + made.hexes(r, 64)), "hf": ("provider_token", lambda r: "hf_" + mixed(r, UPPER + LOWER, 34) if False else "hf_" + mixed(r, ALNUM, 34)),
    "databricks": ("provider_token", lambda r: "dapi" + made.hexes(r, 32)), "glsa": ("provider_token", lambda r: "glsa_" + mixed(r, ALNUM, 32) + "_" + made.hexes(r, 8)), "mailgun": ("provider_token", lambda r: "key-" + made.hexes(r, 32)), "session_long": ("session", lambda r: "CfDJ8" + mixed(r, B64URL, 120)),
    "kvmail_b64": ("email", lambda r: base64.b64encode(f"user={email(r)}&plan=pro".encode()).decode()), "cfg_b64": ("password", lambda r: base64.b64encode(json.dumps({"db": {"host": "pg", "password": pw(r)}}).encode()).decode()), "email_ent": ("email", lambda r: email(r).replace("@", "&#64;")),
    "b64pw": ("password", lambda r: base64.b64encode(pw(r).encode()).decode()), "b64pwv": ("password", lambda r: base64.b64encode(pw(r).encode()).decode()), "b64mailv": ("email", lambda r: base64.b64encode(email(r).encode()).decode()),
    "smtpplain": ("password", lambda r: base64.b64encode(f"\0{login(r)}\0{pw(r)}".encode()).decode()), "b64json": ("email", lambda r: standard_base64(r, lambda: json.dumps({"id": r.randrange(9999), "note": "Größe?>~ÿ " + pick(r, LOWER, 3), "email": email(r)}, ensure_ascii=False))),
    "b64mail": ("email", lambda r: standard_base64(r, lambda: f"contact?>> {email(r)} «ÿ» {pick(r, LOWER, 5)}")),
    "hl7": ("person_name", lambda r: f"{last(r)}^{first(r)}"), "name_comma": ("person_name", lambda r: f"{last(r)}, {first(r)}"),
}


def standard_base64(r, text):
    """Base64 of a text that has + or / in it."""
    while True:
        coded = base64.b64encode(text().encode()).decode()
        if "+" in coded or "/" in coded:
            return coded


def json_inner(v):
    return json.dumps(v, ensure_ascii=False)[1:-1]


NOTATIONS = {
    "json": json_inner, "json2": lambda v: json_inner(json_inner(v)), "json3": lambda v: json_inner(json_inner(json_inner(v))), "u": lambda v: "".join("\\u%04x" % ord(c) if c in "@+<>&'" or not c.isascii() else c for c in v), "pct": lambda v: urllib.parse.quote(v, safe=""), "form": lambda v: urllib.parse.quote_plus(v),
    "xml": lambda v: escape(v, {'"': "&quot;"}), "sql": lambda v: v.replace("'", "''"), "nl": lambda v: v.replace("\n", "\\n"), "sp": lambda v: v.replace("\n", " "), "yaml": lambda v: v.replace("'", "''"), "b64": lambda v: base64.b64encode(v.encode()).decode(), "ind": lambda v: v.replace("\n", "\n    "), "pct2": lambda v: urllib.parse.quote(urllib.parse.quote(v, safe=""), safe=""), "crlf": lambda v: v.replace("\n", "\\r\\n"),
}
WORDS = "alpha bravo copper delta ember fjord granite harbor indigo juniper kelp lagoon".split()


def filler(r, word):
    if word.startswith("b64x"):
        return mixed(r, ALNUM + "+/", int(word[4:]) - 2) + "=="
    if word == "macs14":
        return ":".join(pick(r, HEX, 2) for _ in range(14))
    if word == "md5c":
        return ":".join(pick(r, HEX, 2) for _ in range(16))
    kind, n = re.sub(r"\d", "", word), int(re.sub(r"\D", "", word) or 0)
    if kind == "n":
        return r.choice("123456789") + pick(r, DIGITS, n - 1)
    if kind == "x":
        return pick(r, HEX, n)
    return {"uuid": lambda: "%s-%s-4%s-a%s-%s" % tuple(pick(r, HEX, k) for k in (8, 4, 3, 3, 12)), "ts": lambda: f"2026-11-2{r.randrange(1, 9)}T1{r.randrange(10)}:{r.randrange(10, 60)}:{r.randrange(10, 60)}.{pick(r, DIGITS, 3)}Z", "w": lambda: r.choice(WORDS)}[kind]()


MARK = re.compile(r"«([^«»]*)»")


def make(template, r):
    """(text, [(start, end, type)]) in characters."""
    template = template.replace("⏎", "\n")
    template = re.sub(r"«\?([^«»]*)«([a-z0-9]+)»([^«»]*)»", lambda m: "«?" + m[1] + filler(r, m[2]) + m[3] + "»", template)
    text, spans, at = "", [], 0
    for m in MARK.finditer(template):
        text += template[at:m.start()]
        at = m.end()
        word, _, notation = m[1].partition("|")
        if word.startswith("?"):
            value, typ = m[1][1:], "other"
        elif word in MAKERS:
            typ, maker = MAKERS[word]
            value = NOTATIONS.get(notation, str)(maker(r))
        else:
            text += filler(r, word)
            continue
        spans.append((len(text), len(text) + len(value), typ))
        text += value
    return text + template[at:], [s for s in spans if s[0] < s[1]]


def templates(path):
    kind = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            word = line.strip("[]")
            if word in ("labelled", "lookalike", "clean"):
                kind = word
                continue
        if line and kind and not (line.startswith("# ") and "«" not in line):
            yield kind, line


def items(which, seed=1, rounds=None):
    """The set `which` (first to fourth, keys), the same for the same seed."""
    r = random.Random(f"{which}{seed}")
    out = []
    if which == "keys":
        lines = [line for line in (HERE / "keys.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        return [{"id": f"k{i:05}", "kind": "labelled", "text": text, "spans": [utf8_span(text, *s) for s in spans], "template": template}
                for i, (text, spans, template) in enumerate(keyed(lines, MAKERS, r, rounds or 3))]
    for kind, template in templates(HERE / f"{which}.txt"):
        for _ in range(rounds or {"labelled": 5, "lookalike": 2, "clean": 5}[kind]):
            text, spans = make(template, r)
            out.append({"id": f"{which[0]}{len(out):05}", "kind": kind, "text": text, "spans": [utf8_span(text, *s) for s in spans], "template": template})
    return out


if __name__ == "__main__":
    for item in items(sys.argv[1], *map(int, sys.argv[2:])):
        print(json.dumps(item, ensure_ascii=False))
