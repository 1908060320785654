# SPDX-License-Identifier: MIT
"""Makes lines.ndjson, the labelled lines that tests/quality judges by: make_lines.py >lines.ndjson

Every line is {"id", "kind": labelled | lookalike | clean, "text", "spans": [{"start", "end", "type"}]}; offsets are UTF-8
bytes. A span of type `other` may be kept or go. The same seed gives the same file. A character of every credential is written as a JSON escape, so that scanners
for leaked credentials leave the file alone.
"""
import json
import random
import re
import sys
import urllib.parse

from secrets_made import ALNUM, DIGITS, FIRST, HEX, LAST, LOWER, MAKERS, UPPER, mixed, pick

PER_TYPE = 36

KEYS = {
    "email": ["user_email", "contact", "recipient", "mailTo", "reply_to"], "ipv4": ["client", "remote_addr", "src_ip", "peer", "x_forwarded_for"],
    "ipv6": ["client", "remote_addr", "src", "peer"], "mac": ["mac", "hwaddr", "device", "bssid"], "credit_card": ["card", "pan", "card_number", "cc"],
    "iban": ["iban", "account", "creditor", "debtorAccount"], "us_ssn": ["ssn", "social", "taxpayer"], "de_steuer_id": ["steuer_id", "idnr", "tin"],
    "de_svnr": ["svnr", "rvnr", "insurance"], "phone": ["phone", "mobile", "tel", "callback", "msisdn"], "jwt": ["id_token", "jwt", "assertion", "t"],
    "aws_access_key": ["aws_access_key_id", "key", "accessKeyId"], "github_token": ["gh_token", "GITHUB_TOKEN", "pat"], "gitlab_token": ["gitlab", "PRIVATE-TOKEN", "ci_token"],
    "slack_token": ["slack", "webhook", "bot"], "google_api_key": ["key", "maps_key", "apiKey"], "stripe_key": ["stripe", "sk", "STRIPE_KEY"],
    "azure_key": ["AccountKey"], "provider_token": ["registry", "NPM_TOKEN", "cred"], "private_key": ["key", "pem", "tls_key"],
    "password": ["password", "passwd", "db_password", "userPassword", "spring.datasource.password", "PGPASSWORD", "new_password", "pwd", "passphrase"],
    "secret": ["client_secret", "api_key", "secret_key", "signing_secret", "refresh_token", "access_token", "x-api-key"],
    "session": ["session_id", "JSESSIONID", "sessionToken", "PHPSESSID", "connect.sid"],
    "date_of_birth": ["date_of_birth", "dob", "birthDate", "geburtsdatum", "birthday"],
    "person_name": ["full_name", "customer_name", "lastName", "patientName", "account_holder", "display_name", "cardholder"],
}
# What stands around a value that needs more than a key; {v} is the span.
FORMS = {
    "bearer_token": ["Authorization: «Bearer {v}»", "authorization=\"«Bearer {v}»\"", "curl -H 'Authorization: «Bearer {v}»' https://api.internal/v2/items",
                     '{{"headers":{{"authorization":"«Bearer {v}»","accept":"*/*"}}}}', "upstream rejected bearer {v} with 403",
                     '<header name="Authorization">Bearer {v}</header>', "req.headers={{'Authorization': '«Bearer {v}»'}}", 'auth="bearer {v}" route=/v2'],
    "basic_auth": ["Authorization: «Basic {v}»", "Proxy-Authorization: «Basic {v}»", '{{"headers":{{"Authorization":"«Basic {v}»"}}}}', 'header "authorization: «basic {v}»" sent',
                   "wget --header='Authorization: «Basic {v}»' http://repo.internal/a.tgz", '<h n="authorization">Basic {v}</h>'],
    "url_credentials": ["connecting to postgres://app:{v}@db.internal:5432/orders", '{{"dsn":"mysql://root:{v}@mysql-0.internal/shop"}}', "DATABASE_URL=postgresql://svc:{v}@pg.internal/db?sslmode=require",
                        "cloning https://deploy:{v}@git.internal/team/app.git", "redis://:{v}@cache-1.internal:6379/0 refused", "<url>amqp://worker:{v}@mq.internal:5672/vhost</url>",
                        "celery broker=amqps://bot:{v}@rabbit.internal//", "mongodb+srv://admin:{v}@cluster0.internal/test unreachable", "docker pull failed: https://ci:{v}@registry.internal/v2/"],
    "azure_key": ["DefaultEndpointsProtocol=https;AccountName=logs;AccountKey={v};EndpointSuffix=core.windows.net", '{{"conn":"AccountName=logs;AccountKey={v}"}}',
                  "Endpoint=sb://bus.servicebus.windows.net/;SharedAccessKeyName=root;SharedAccessKey={v}"],
    "password": ["mysql --user=app --password={v} shop", "mysql -u app -p{v} shop", "sshpass -p {v} ssh deploy@web-1", "curl -u admin:{v} http://es.internal:9200/_cat", "redis-cli -h cache -a {v} ping",
                 "ALTER USER app WITH PASSWORD '{v}';", "CREATE USER 'app'@'%' IDENTIFIED BY '{v}'", "Server=db;Database=shop;User Id=app;Password={v};Encrypt=true",
                 "POST /login?user=app&password={v} HTTP/1.1", "login failed for app with password {v!q}", "export PGPASSWORD={v}; pg_dump shop"],
    "session": ["Cookie: «theme=dark; session_id={v}; lang=de»", "Set-Cookie: «JSESSIONID={v}»; Path=/; HttpOnly", "GET /cart;jsessionid={v} HTTP/1.1"],
    "email": ["to=<{v}>, relay=mx.internal, delay=0.3, status=sent", "Failed to deliver mail to {v}: mailbox full", "user {v} logged in", "invite|{v}|pending|7", "From: \"Support\" <{v}>", "mailto:{v}?subject=hi"],
    "ipv4": ["Accepted publickey for deploy from {v} port 51234 ssh2", "{v} - - [12/Mar/2026:10:11:12 +0000] \"GET /a HTTP/1.1\" 200 17", "connect() to {v}:8080 failed (111: Connection refused)",
             "dropped IN=eth0 SRC={v} LEN=60 TTL=51", "/{v}:50010 is added to blk_1073741825", "http://{v}:9000/minio/health", "tcp 0 0 {v}:443 ESTABLISHED", "Reverse lookup of {v} timed out, ignoring"],
    "ipv6": ["Accepted password for ci from {v} port 40022", "listen [{v}]:443", "{v} - - [12/Mar/2026:10:11:12 +0000] \"GET / HTTP/2\" 200 5", "neighbour {v} dev eth0 is unreachable"],
    "mac": ["DHCPACK to {v} via eth0", "wlan0: STA {v} deauthenticated", "port 7 learned {v} vlan 20", "arp reply {v}"],
    "credit_card": ["charge of 19.99 EUR on {v} declined", "PAN {v} exp 12/29", "retrying payment for card {v} (attempt 2)"],
    "iban": ["SEPA transfer to {v} rejected", "debit mandate for {v} signed", "payee {v}, amount 12.50"],
    "us_ssn": ["SSN {v} already on file", "applicant {v} approved"],
    "de_steuer_id": ["Steuer-ID {v} bestätigt", "tax id {v} does not match"], "de_svnr": ["Versicherungsnummer {v} gemeldet", "member {v} moved"],
    "phone": ["calling {v} timed out", "SMS to {v} delivered", "Tel.: {v}", "hotline callback requested at {v}"],
    "jwt": ["token rejected: {v}", "Authorization: «Bearer {v}»", "GET /cb?id_token={v}&state=x", "verify {v} failed: exp"],
    "aws_access_key": ["export AWS_ACCESS_KEY_ID={v}", "The AWS Access Key Id {v} does not exist", "InvalidAccessKeyId ({v}) from s3.internal"],
    "github_token": ["git clone https://x-access-token:{v}@github.com/a/b.git", "remote: invalid token {v}"], "gitlab_token": ["curl --header \"PRIVATE-TOKEN: {v}\" https://gitlab.internal/api/v4", "runner registered with {v}"],
    "slack_token": ["posting to slack with {v} failed", "slack client init ({v})"], "google_api_key": ["GET /maps/api/js?key={v}&libraries=geo", "quota exceeded for {v}"],
    "stripe_key": ["stripe.api_key = '{v}'", "No such key: {v}"], "provider_token": ["pushing with {v}", "401 from registry, token was {v}"],
    "private_key": ["{v}", "loaded key\n{v}\nfrom vault", "kubectl create secret tls x --key=\"{v}\""],
    "secret": ["vault write kv/app client_secret={v}", "aws_secret_access_key = {v}", "X-Api-Key: {v}"],
    "person_name": ["Kontoinhaber: {v}", "Ansprechpartner={v!q}", "Patient name: {v}"], "date_of_birth": ["Geburtsdatum: {v}", "born {v}", "DOB: {v}"],
}
# Credentials that a scanner for leaks would stumble over.
TOKENS = {"jwt", "aws_access_key", "github_token", "gitlab_token", "slack_token", "google_api_key", "stripe_key", "azure_key", "provider_token", "private_key", "url_credentials", "secret"}


def json_inner(v):
    return json.dumps(v, ensure_ascii=False)[1:-1]


def wrappers(r, typ):
    """[(template with {k} and {v}, how the value is written in it)]"""
    plain, n = (lambda v: v), r.randrange(1, 9999)
    quoted = lambda v: '"' + json_inner(v) + '"' if re.search(r'[\s"=,]', v) else v  # noqa: E731
    sql = lambda v: v.replace("'", "''")  # noqa: E731
    out = [
        ('{{"ts":"2026-03-12T10:11:12Z","level":"info","n":%d,"{k}":"{v}","ok":true}}' % n, json_inner),
        ('{{"event":"update","user":{{"id":%d,"{k}": "{v}"}}}}' % n, json_inner),
        ('received payload "{{\\"{k}\\":\\"{v}\\",\\"n\\":%d}}"' % n, lambda v: json_inner(json_inner(v))),
        ("level=info n=%d {k}={v} took=13ms" % n, quoted),
        ('<request id="%d"><{x}>{v}</{x}></request>' % n, plain), ('<user id="%d" {x}="{v}"/>' % n, plain),
        ("INSERT INTO t (id, {x}) VALUES (%d, '{v}')" % n, sql), ("UPDATE t SET {x} = '{v}' WHERE id = %d" % n, sql),
        ("{k}: {v}", plain), ("app --{x} {v} --verbose", lambda v: "'" + v + "'" if " " in v and "'" not in v else '"' + v + '"' if " " in v else v), ("app --{x}={v!s}", quoted),
        ("GET /cb?n=%d&{x}={v}&z=1 HTTP/1.1" % n, lambda v: urllib.parse.quote(v, safe="-._~")),
        ("params: {{'{k}': '{v}', 'n': %d}}" % n, plain), ('Parameters: {{"{k}"=>"{v}", "n"=>"%d"}}' % n, plain), ('{x} = "{v}"', plain),
        ("Request(id=%d, {x}={v})" % n, plain),
    ]
    if typ == "private_key":
        out = [(t, e) for t, e in out if e is json_inner or t.startswith(("received", "<request", "level"))]
    return out


def rarer_wrappers(r, typ):
    """As `wrappers`; not in lines.ndjson."""
    plain, sql = (lambda v: v), (lambda v: v.replace("'", "''"))
    out = [("{k}\t{v}\tok", plain), ("{k} -> {v}", plain), ("{k} | {v}", plain), ("{k}\uff1a{v}", plain), ('{k}: Some("{v}")', json_inner), ("UPDATE t SET {x} = N'{v}' WHERE id = 5", sql),
           ('{{"{k}":["x1","{v}"],"n":1}}', json_inner), ('<a:Attribute Name="{x}"><a:AttributeValue>{v}</a:AttributeValue></a:Attribute>', plain), ("a=1|{x}={v}|b=2", plain), ("{x}={v}&user[x]=1", lambda v: urllib.parse.quote(v, safe="-._~"))]
    return [(t, e) for t, e in out if typ != "private_key" or e is json_inner]


PREFIXES = ["", "", "Mar 12 10:11:12 web-1 app[4711]: ", "2026-03-12 10:11:12,345 INFO  [http-nio-8080-exec-3] c.e.shop.OrderService - ", "I0312 10:11:12.345678       1 server.go:117] ",
            "2026-03-12T10:11:12.345678901Z stdout F ", "2026-03-12 10:11:12.345 UTC [1234] LOG:  ", "[2026-03-12 10:11:12 +0000] [31] [ERROR] ", "<134>1 2026-03-12T10:11:12Z host app 77 ID1 - ",
            "081109 203615 148 INFO dfs.DataNode$PacketResponder: ", "03-12 10:11:12.345  1702  2395 D WindowManager: "]


def fill(template, typ, r, value, encode=None):
    """(text, spans) in characters. What «» enclose may go as a whole: the value of a key that a key rule names."""
    if encode:
        value = encode(value)
    key = r.choice(KEYS[typ]) if "{k}" in template or "{x}" in template else ""
    template = template.replace("{v!q}", "'{v}'").replace("{v!s}", "{v}")
    text = template.format(k=key, x=re.sub(r"[^A-Za-z0-9_]", "_", key), v="\0")
    at = text.index("\0")
    head = 1 if value[:1] in "\"'" and encode else 0  # a quote that the writing put around it
    text = text.replace("\0", value)
    start, end = at + head, at + len(value) - head
    spans = [(start, end, typ)]
    if "«" in text:
        opened, closed = text.index("«"), text.index("»")
        text = text.replace("«", "").replace("»", "")
        start, end = start - 1, end - 1
        spans = [(opened, start, "other"), (start, end, typ), (end, closed - 1, "other")]
    return text, [s for s in spans if s[0] < s[1]]


def labelled(r, typ, k, ways_of=wrappers):
    forms, value = FORMS.get(typ, []), MAKERS[typ](r)
    if typ == "url_credentials":
        value = mixed(r, ALNUM, r.randrange(9, 24))
    keyed = typ in KEYS and typ != "azure_key"
    if forms and (k % 3 == 0 or not keyed):
        template, encode = forms[(k // 3 if keyed else k) % len(forms)], None
        if re.search(r"\s", value) and typ not in ("private_key", "iban", "credit_card", "phone", "de_steuer_id", "de_svnr", "person_name"):
            return None
        if typ == "password" and re.search(r"[#%*!]", value) and re.search(r"POST|-p\{v\}|Server=", template):
            return None
    else:
        ways = ways_of(r, typ)
        template, encode = ways[k % len(ways)]
    if "'" in value and ("'" in template or "{v!q}" in template) and "VALUES" not in template and "UPDATE" not in template:
        return None
    if re.search(r"[=,()\s]", value) and ("Request(" in template or (template.startswith("app --") and encode is None)):
        return None
    text, spans = fill(template, typ, r, value, encode)
    prefix = "" if text.startswith("{") or typ == "private_key" else r.choice(PREFIXES)
    return prefix + text, [(start + len(prefix), end + len(prefix), t) for start, end, t in spans]


def bad_luhn(r):
    d = "4" + pick(r, DIGITS, 15)
    total = sum((int(c) * (2 if i % 2 else 1) - (9 if i % 2 and int(c) > 4 else 0)) for i, c in enumerate(reversed(d)))
    return d if total % 10 else d[:-1] + str((int(d[-1]) + 1) % 10)


def hexes(r, n):
    return pick(r, HEX, n)


# Looks like something and is nothing.
LOOKALIKES = [
    lambda r: f"commit {hexes(r, 40)} merged", lambda r: "deployment=%s-%s-4%s-a%s-%s done" % (hexes(r, 8), hexes(r, 4), hexes(r, 3), hexes(r, 3), hexes(r, 12)),
    lambda r: f"order {bad_luhn(r)} shipped", lambda r: f"trace_id={hexes(r, 32)} span_id={hexes(r, 16)}", lambda r: f"image sha256:{hexes(r, 64)} pulled",
    lambda r: f"upgraded openssl from version 1.1.{r.randrange(9)}.{r.randrange(20)} to 3.0.2", lambda r: f"Chrome/{r.randrange(90, 130)}.0.{r.randrange(9999)}.{r.randrange(200)} Safari/537.36",
    lambda r: f"at {r.randrange(1700000000, 1790000000)}{pick(r, DIGITS, 9)} ns", lambda r: f"epoch_ms={r.randrange(1700000000000, 1790000000000)}", lambda r: f"elapsed {r.randrange(24):02}:{r.randrange(60):02}:{r.randrange(60):02}.{pick(r, DIGITS, 3)}",
    lambda r: "std::vector<std::pair<int,int>>::push_back", lambda r: f"npm install left-pad@1.{r.randrange(9)}.{r.randrange(9)}", lambda r: "@Override public void run()", lambda r: f"key fingerprint {':'.join(hexes(r, 2) for _ in range(16))}",
    lambda r: f"ISBN 978-3-16-{pick(r, DIGITS, 6)}-0 added", lambda r: "basic authentication is enabled", lambda r: "Bearer token missing", lambda r: "WWW-Authenticate: Basic realm=\"Restricted\"", lambda r: "password: ********", lambda r: "password=${DB_PASSWORD}",
    lambda r: "password must not be empty", lambda r: "invalid password for unknown account", lambda r: "ticket=null", lambda r: "token count=%d limit=4096" % r.randrange(4000), lambda r: "secretRef: {name: db-credentials}", lambda r: "password reset mail queued",
    lambda r: "Authorization: Bearer ${TOKEN}", lambda r: "hostname=web-%d service=checkout" % r.randrange(99), lambda r: f"filename=report_{r.randrange(2000, 2030)}-{r.randrange(1, 13):02}.csv", lambda r: "thread name=pool-%d-thread-3" % r.randrange(50),
    lambda r: "listening on 127.0.0.1:%d" % r.randrange(1024, 65000), lambda r: "bind 0.0.0.0:80", lambda r: "listen [::]:8080", lambda r: "listen [::1]:9464", lambda r: f"size=1{pick(r, DIGITS, 10)} bytes", lambda r: f"user_id_count={pick(r, '123456789', 3)}",
    lambda r: f"DE{r.randrange(10, 99)}{'1234567890' * 2} is no account"[:60], lambda r: f"lat=52.{pick(r, DIGITS, 6)} lon=13.{pick(r, DIGITS, 6)}", lambda r: f"range 10-20-30 of {r.randrange(100)}", lambda r: f"cpu 0.{pick(r, DIGITS, 2)} 1.{pick(r, DIGITS, 2)} 2.{pick(r, DIGITS, 2)} load",
    lambda r: f"blk_{r.randrange(10**18, 9 * 10**18)} replicated", lambda r: f"0x{hexes(r, 16)} in libc.so.6", lambda r: f"etag=\"{hexes(r, 32)}\"", lambda r: f"2026-0{r.randrange(1, 10)}-12 release_date=2026-03-{r.randrange(10, 29)}", lambda r: f"part no 123-{pick(r, DIGITS, 3)}-{pick(r, DIGITS, 2)}",
    lambda r: f"GET /static/app.{hexes(r, 8)}.js HTTP/1.1", lambda r: "akia and asia are words", lambda r: "ghp_ is the prefix of a token", lambda r: "-----BEGIN CERTIFICATE-----\nMIIB%s\n-----END CERTIFICATE-----" % pick(r, ALNUM, 60), lambda r: f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{pick(r, ALNUM, 43)} host",
    lambda r: "http://svc.internal:8080/a@b", lambda r: f"postgres://db.internal:5432/orders took {r.randrange(99)}ms", lambda r: f"oid 1.3.6.1.4.1.{r.randrange(9999)}.2.1", lambda r: f"serial 00-{r.randrange(10, 99)}-AB", lambda r: "session opened for user root", lambda r: "sessions=%d active" % r.randrange(999),
    lambda r: "user=root action=login", lambda r: "name=nginx version=1.25.3", lambda r: "display=:0 name=default", lambda r: "event.name=order.created", lambda r: f"arn:aws:iam::{pick(r, '123456789', 12)}:role/deploy", lambda r: "tel aviv region down", lambda r: "phone home disabled",
    lambda r: "secret \"db-credentials\" not found", lambda r: "mac address pool exhausted", lambda r: "rebirth=2 respawn=%d" % r.randrange(9), lambda r: f"order-no {pick(r, UPPER, 2)}-{pick(r, DIGITS, 6)}-{pick(r, DIGITS, 3)}", lambda r: f"{pick(r, LOWER, 8)}@%s" % pick(r, LOWER, 5),
]

WORDS = "cache warmed started stopped retry queue flushed replica synced leader elected shard moved snapshot taken index rebuilt config reloaded worker spawned job finished batch committed".split()
CLEAN = [
    lambda r: f"{r.choice(WORDS)} {r.choice(WORDS)} in {r.randrange(1, 9999)} ms", lambda r: '{"level":"%s","msg":"%s %s","n":%d}' % (r.choice(["info", "warn"]), r.choice(WORDS), r.choice(WORDS), r.randrange(99999)),
    lambda r: f"level=info component={r.choice(WORDS)} status={r.choice([200, 204, 301, 404, 503])} bytes={r.randrange(10**6)}", lambda r: f"\"GET /api/v{r.randrange(4)}/{r.choice(WORDS)}/{r.randrange(999)} HTTP/1.1\" {r.choice([200, 404])} {r.randrange(9999)}",
    lambda r: f"SELECT count(*) FROM {r.choice(WORDS)} WHERE state = 'open' AND n > {r.randrange(99)}", lambda r: f"java.lang.IllegalStateException: {r.choice(WORDS)}\n\tat com.example.shop.Cart.add(Cart.java:{r.randrange(400)})",
    lambda r: f"<job id=\"{r.randrange(9999)}\" state=\"{r.choice(WORDS)}\"/>", lambda r: f"kernel: [{r.randrange(9999)}.{pick(r, DIGITS, 6)}] usb {r.randrange(1, 4)}-{r.randrange(1, 9)}: new high-speed device number {r.randrange(30)}",
    lambda r: f"Verification succeeded for blk_{r.randrange(10**15)}", lambda r: f"kubelet: pod {r.choice(WORDS)}-{pick(r, LOWER + DIGITS, 10)}-{pick(r, LOWER, 5)} is {r.choice(['Running', 'Pending'])}", lambda r: f"GC pause (G1 Evacuation Pause) {r.randrange(99)}M->{r.randrange(99)}M({r.randrange(100, 999)}M) {r.randrange(99)}.{r.randrange(999)}ms",
    lambda r: f"Überlauf im Puffer {r.choice(WORDS)}: {r.randrange(99)} %",
]


def utf8_span(text, start, end, typ):
    return {"start": len(text[:start].encode()), "end": len(text[:end].encode()), "type": typ}


def dump(item, escape):
    """JSON in which the characters of the text at the places `escape` are written as \\u escapes."""
    text = "".join("\\u%04x" % ord(c) if i in escape and c.isascii() and c not in '"\\' and ord(c) >= 32 else json_inner(c) for i, c in enumerate(item["text"]))
    rest = {k: v for k, v in item.items() if k != "text"}
    return json.dumps(rest)[:-1] + ', "text": "' + text + '"}'


def main():
    r = random.Random(20260312)
    n = 0
    for typ in MAKERS:
        made = k = 0
        while made < PER_TYPE:
            got = labelled(r, typ, k)
            k += 1
            if got is None:
                continue
            text, spans = got
            escape = {at for start, _, t in spans if t in TOKENS for at in range(start + 1, start + 40, 5)}
            print(dump({"id": f"q{n:05}", "kind": "labelled", "text": text, "spans": [utf8_span(text, *s) for s in spans]}, escape))
            made, n = made + 1, n + 1
    for kind, makers, rounds in (("lookalike", LOOKALIKES, 5), ("clean", CLEAN, 40)):
        for make in makers * rounds:
            print(dump({"id": f"q{n:05}", "kind": kind, "text": r.choice(PREFIXES) + make(r), "spans": []}, set()))
            n += 1


if __name__ == "__main__":
    assert FIRST and LAST
    main()
    sys.stdout.flush()
