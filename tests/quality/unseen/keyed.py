# SPDX-License-Identifier: MIT
"""The set `keys`: each key of keys.txt with values of its type, joined by the notations of systems that log pairs."""
import json
import re
import urllib.parse
from xml.sax.saxutils import escape


def quoted(v):
    return json.dumps(v, ensure_ascii=False)[1:-1]


def twice(v):
    return quoted(quoted(v))


def attribute(v):
    return escape(v, {'"': "&quot;"})


def percent(v):
    return urllib.parse.quote(v, safe="")


# (before the value, after it, how the value is written); K is the key. BARE ones end a value at a space.
BARE = [("K=", " status=ok"), ("K:", " status=ok"), ("x=1,K=", ",y=2"), ("/usr/bin/app --K=", " -v"), ("export K=", " && run"), ("{K:", " Id:7}"), ("a=1|K=", "|b=2"), ("<K=", ">"), ("K := ", " // set"), ("K -> ", ""), ("K\t", "\tok")]
OPEN = [("request failed (K: ", ")"), ("done (K=", ")"), ("[K=", "] ok"), ("K: ", ""), ("K = ", ""), ("K=", ""), ("Order{id=3, K=", ", n=2}"), ("Order(K=", ", id=3)"), ("a=1; K=", "; b=2"), ("K: ", ", id: 5"), ("{id: 5, K: ", "}"),
        ("cfg:\n  K: ", "\n  retries: 3"), ("[main]\nK = ", "\nx = 1"), ("Array\n(\n    [K] => ", "\n)"), ("id | 5 | K | ", ""), ("K\t= ", ""), ("  K ...... ", ""), ("K: \t", ""), ("> K: ", "\n> Accept: */*")]
QUOTED = [('K="', '" id=5', quoted), ("K='", "' id=5", str), ('{"msg":"saved","K":"', '","n":1}', quoted), ('{"data":{"id":5,"K" : "', '"}}', quoted), ('body={\\"K\\":\\"', '\\",\\"n\\":1}', twice), ("{'id': 5, 'K': '", "'}", str), ('{"K"=>"', '", "id"=>5}', quoted),
          ("{:K=>\"", '"}', quoted), ("'K' => '", "',", str), ('<K>', '</K>', escape), ('<row id="5" K="', '"/>', attribute), ('<entry key="K">', "</entry>", escape), ('<param name="K" value="', '"/>', attribute), ("<Data Name='K'>", "</Data>", escape),
          ('{"key":"K","value":{"stringValue":"', '"}}', quoted), ('{"Name":"K","Value":"', '"}', quoted), ('{"K":["', '"]}', quoted), ("GET /a?x=1&K=", "&y=2 HTTP/1.1", percent), ("POST body: K=", "&submit=1", percent),
          ("UPDATE t SET K = '", "' WHERE id = 5", lambda v: v.replace("'", "''")), ("SELECT 1 FROM t WHERE K='", "'", lambda v: v.replace("'", "''")), ("INSERT INTO t (id, K) VALUES (5, '", "')", lambda v: v.replace("'", "''")), ('f(K="', '")', quoted), ("f(K: \"", '")', quoted),
          ('[x@32473 K="', '"] ok', quoted), ('K: "', '"', quoted), ('K = "', '"', quoted), ('id,K\n5,"', '"', str), ('&quot;K&quot;:&quot;', "&quot;", attribute), ('K: Some("', '")', quoted), ('.K("', '")', quoted)]
LINES = ["order 4711 packed", "worker 3 done in 12 ms", "GET /cart 200", "retry 2 of 5", "cache miss for bucket eu", "", "", ""]


def notations(key, bare):
    """Those in which the key, and a value that may (not) hold spaces, can be written."""
    for before, after, write in QUOTED:
        word = re.fullmatch(r"[^\W\d][\w.-]*", key)
        if word or not re.search("[<&?.(:]K|K\\s*=|K=|K:", before):
            yield before, after, write
    for before, after in OPEN + (BARE if bare else []):
        if key.isascii() or not before.startswith("/usr"):
            yield before, after, str


def keyed(lines, makers, r, rounds):
    """[(text, [(start, end, type)])] in characters."""
    for line in lines:
        maker_name, *keys = line.split()
        typ, maker = makers[maker_name]
        for key in keys:
            for _ in range(rounds):
                value = maker(r)
                bare = not re.search(r"[\s,;|&()<>{}\[\]]", value)
                before, after, write = r.choice(list(notations(key, bare)))
                before, after, value, log = before.replace("K", key), after.replace("K>", key + ">"), write(value), r.choice(LINES)
                before = f"{log} {before}" if log and not before.startswith(("[", "{", "<", "Array", "cfg", "id,")) else before
                yield before + value + after, [(len(before), len(before) + len(value), typ)], f"{before} {maker_name}"
