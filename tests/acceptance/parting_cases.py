"""Small files whose header, delimiter, title and comments are to be found, and what a job must make of each.

A case has the text of the file, the columns of the target, the options, and what is expected: the code of a job that
fails, or the rows (fields joined by `/`, null as `~`) and the codes of the rejections.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Case(NamedTuple):
    """One file, its target, its options, and the result."""

    text: str
    columns: str
    rows: str | list[str]
    codes: tuple[str, ...] = ()
    options: Mapping[str, Any] = MappingProxyType({})


PT, US, DE = {"locale": "pt-BR"}, {"locale": "en-US"}, {"locale": "de-DE"}
BARE = {"has_header": False}
IJ402, IJ401, IJ403, IJ409 = "IJ402", "IJ401", "IJ403", "IJ409"
DATES = "June 12, 2022;1;7.50;a;b;c\nJuly 1, 2022;2\nMay 3, 2022;2;8.5;a;b;c\n"
SIX = "d date, n int, m numeric, x text, y text, z text"
REMARKS = "1;2\n# remark\n" * 8

#: The header has no delimiter, so the file has one column.
ONE_COLUMN = [
    Case("valor\n1.234,56\n99,90\n-5,00", "valor numeric", ["1234.56", "99.90", "-5.00"], options=PT),
    Case("valor\n1.234,56\n99,90", "valor numeric", "IJ421", (IJ402,) * 2, PT | {"delimiter": ","}),
    Case("valor\r\n1.234,56\r\n7,00\r\n", "valor numeric", ["1234.56", "7.00"], options=PT),
    Case('"valor"\n"1.234,56"\n"7,00"', "valor numeric", ["1234.56", "7.00"], options=PT),
    Case("Preço\n1.234,56\n7,5\n", "preco numeric", ["1234.56", "7.5"], options=PT),
    Case("betrag\n1.234,56\n-99,90\n", "betrag numeric", ["1234.56", "-99.90"], options=DE),
    Case("total\n1,234\n5,678", "total bigint", ["1234", "5678"], options=US),
    Case("total\n1,234,567\n12\n", "total bigint", ["1234567", "12"], options=US),
    Case("total\n1,234\n5,678", "total text", ["1,234", "5,678"]),
    Case("total\n1;2\n3;4", "total text", ["1;2", "3;4"]),
    Case("total\n1|2\n3|4", "total text", ["1|2", "3|4"]),
    Case("total\na\tb\nc\td", "total text", ["a\tb", "c\td"]),
    Case("time\n05:40\n06:15", "time time", ["05:40:00", "06:15:00"]),
    Case("ratio\n1:2\n3:4", "ratio text", ["1:2", "3:4"]),
    Case("ts\n2020-12-30 01:25:58", "ts timestamp", ["2020-12-30 01:25:58"]),
    Case("ts\n2020-01-01 01:02:03\n", "ts timestamp", ["2020-01-01 01:02:03"]),
    Case(
        "ts\n2020-01-01T01:02:03Z\n2020-01-02T01:02:03+02:00",
        "ts text",
        ["2020-01-01T01:02:03Z", "2020-01-02T01:02:03+02:00"],
    ),
    Case("mac\n00:11:22:33:44:55\n00:11:22:33:44:66", "mac macaddr", ["00:11:22:33:44:55", "00:11:22:33:44:66"]),
    Case("ip\nfe80::1\n2001:db8::2\n", "ip inet", ["fe80::1/128", "2001:db8::2/128"]),
    Case("url\nhttp://a.b/c\nhttps://d.e/f?x=1,2", "url text", ["http://a.b/c", "https://d.e/f?x=1,2"]),
    Case("urn\nurn:isbn:1\nurn:isbn:2", "urn text", ["urn:isbn:1", "urn:isbn:2"]),
    Case("note\nhello, world\nand, so, on\nend", "note text", ["hello, world", "and, so, on", "end"]),
    Case("city\nSão Paulo, SP\nRio, RJ", "city text", ["São Paulo, SP", "Rio, RJ"]),
    Case('doc\n{"a":1,"b":2}', "doc jsonb", ['{"a": 1, "b": 2}']),
    Case("name:\nx:y", "name text", ["x:y"]),
    Case("# made by x\nnote\nhello, you", "note text", ["hello, you"]),
    Case('"Nome, completo"\nAna\nRui', "nome_completo text", ["Ana", "Rui"]),
    Case("Total (R$)\n1.234,56", "total numeric", ["1234.56"], options=PT | {"mapping": {"Total (R$)": "total"}}),
    Case("id\n1;Ana\n2;Rui", "id int, name text", "IJ421", (IJ403,) * 2),
    Case("valor;\n1.234,56;\n7,0;", "valor numeric", ["1234.56", "7.0"], options=PT),
]

#: A header of several fields stays, however wide the rows are.
RAGGED = [
    Case("lat,lon\n-23,5,-46,6", "lat numeric, lon numeric", "IJ421", (IJ402,)),
    Case("lat;lon\n-23;5;-46;6\n1;2", "lat numeric, lon numeric", ["1/2"], (IJ402,)),
    Case("id,nome\n1,Ana,x,y", "id int, nome text", "IJ421", (IJ402,)),
    Case("id,nome\n1,Ana,x,y\n2,Rui,z,w\n3,Eva", "id int, nome text", ["3/Eva"], (IJ402,) * 2),
    Case("id,nome,valor\n1,Ana,1,50\n2,Rui,2,75", "id int, nome text, valor numeric", "IJ421", (IJ402,) * 2, PT),
    Case("x,y\n1,2,3\n4,5,6\n7,8,9", "x int, y int", "IJ421", (IJ402,) * 3),
    Case("name,n\nAnn,5,,\nBob,6,,", "n text, name text", ["5/Ann", "6/Bob"]),
    Case("name;n\nAnn;5;;;;\nBob;6;;;;\nEva;7", "n int, name text", ["5/Ann", "6/Bob", "7/Eva"]),
    Case('name,n\nAnn,5,"",""\nBob,6,,\n', "n text, name text", ["5/Ann", "6/Bob"]),
    Case("name,n\nAnn,5,,\nBob,6,,x\n", "n text, name text", ["5/Ann"], (IJ402,)),
    Case('name,n\r\n"Ann, A",5,,\r\n', "n text, name text", ["5/Ann, A"]),
    Case("name||n\nAnn||5||||\n", "n text, name text", ["5/Ann"], options={"delimiter": "||"}),
    Case("b a\n1,2", "a int, b int", "IJ306"),
    Case("b a\n1,2", "a text, b text", "IJ306"),
    Case("b a\n1 2", "a text, b text", "IJ306"),
    Case("id nome\n1;2", "id int, nome text", "IJ306"),
    Case("a;b\n1,2", "a int, b int", "IJ309"),
    Case("a;b\n1,2\n3,4", "a text, b text", "IJ309"),
    Case("a|b\n1,2\n3,4", "a text, b text", "IJ309"),
    Case("a\tb\n1;2", "a text, b text", "IJ309"),
    Case("a,b\nAna|1\nRui, x|2\nEva|3", "a text, b text", "IJ309"),
    Case("x,valor\n05:40|-5,00\n12:30|99,90", "x time, valor numeric", "IJ309", options=PT),
    Case("a;b\n1,2\n3;4\n5;6", "a text, b text", ["3/4", "5/6"], (IJ401,)),
    Case("a;b\n1,2\n3,4", "a text, b text", "IJ421", (IJ401,) * 2, {"delimiter": ";"}),
    Case("id,tags\n1,a;b\n2,c;d", "id int, tags text", ["1/a;b", "2/c;d"]),
    Case('id|title\n1|"A b"\n2|"C d" e', "id int, title text", ["1/A b", "2/C d e"]),
]

#: No line names a column: the number and the types of the target's columns decide.
HEADERLESS = [
    Case("1,2,3\n4,5,6", "a int, b int", "IJ309"),
    Case("1,2,3\n4,5,6", "a int, b int", "IJ309", options=BARE),
    Case("1,2,3\n4,5,6", "a text, b text", "IJ309"),
    Case("1;2;3\n4;5;6\n7;8;9", "a text, b text", "IJ309"),
    Case("1\t2\t3\n4\t5\t6", "a text, b text", "IJ309", options=BARE),
    Case("1,2\n3,4", "a text", "IJ309", options=BARE),
    Case("1,2,\n3,4,", "a int, b int", ["1/2", "3/4"]),
    Case("1,2\n3,4\n5,6,7", "a int, b int", ["1/2", "3/4"], (IJ402,), BARE),
    Case("1\n2,3\n4,5", "a int, b int", ["2/3", "4/5"], (IJ401,), BARE),
    Case("1,2,3\n4,5,6", "a int, b int", ["1/3", "4/6"], options={"mapping": {"1": "a", "3": "b"}}),
    Case(DATES, SIX, ["2022-06-12/1/7.50/a/b/c", "2022-05-03/2/8.5/a/b/c"], (IJ401,)),
    Case(DATES, SIX, ["2022-06-12/1/7.50/a/b/c", "2022-05-03/2/8.5/a/b/c"], (IJ401,), BARE),
    Case("1,5;2,5\n3,5;4,5", "a text, b text, c text", "IJ309", options=BARE),
    Case("1,5;2,5\n3,5;4,5", "a numeric, b numeric", ["1.5/2.5", "3.5/4.5"], options=PT),
    Case("1.234,56\n7,00", "n numeric", ["1234.56", "7.00"], options=PT),
    Case("1,234\n5,678", "n bigint", ["1234", "5678"], options=US),
    Case("05:40\n06:15", "t text", ["05:40", "06:15"], options=BARE),
    Case("http://a.b/c\nhttp://d.e/f", "url text", ["http://a.b/c", "http://d.e/f"], options=BARE),
    Case("http://a.b/1\nhttp://a.b/2\nhttp://a.b/3", "http text", ["http://a.b/1", "http://a.b/2", "http://a.b/3"]),
    Case("urn:isbn:1\nurn:isbn:2", "urn text", ["urn:isbn:1", "urn:isbn:2"], options=BARE),
    Case("00:11:22:33:44:55\n00:11:22:33:44:66", "mac macaddr", ["00:11:22:33:44:55", "00:11:22:33:44:66"]),
    Case("fe80::1\n::1\n", "ip inet", ["fe80::1/128", "::1/128"]),
    Case("2020-01-01T01:02:03\n2020-01-01T01:02:04", "t timestamp", ["2020-01-01 01:02:03", "2020-01-01 01:02:04"]),
    Case("hello, world\nand, so, on\nend", "note text", ["hello, world", "and, so, on", "end"], options=BARE),
    Case("1e5,2E-1\n2e5,3E-1", "a float, b real", ["100000/0.2", "200000/0.3"]),
    Case("1e5,2E-1\n2e5,3E-1\n1e3,4", "a text, b text", ["1e5/2E-1", "2e5/3E-1", "1e3/4"]),
    Case("NaN,1\n2,3", "a numeric, b int", ["NaN/1", "2/3"]),
    Case(",5\n1,6\n2,7", "a int, b int", ["~/5", "1/6", "2/7"]),
    Case(",5\n1,6\n2,7", "a text, b text", ["~/5", "1/6", "2/7"]),
    Case("2019,Ana\n2020,Rui", "year int, name text", ["2019/Ana", "2020/Rui"]),
    Case("Ana,2019\nRui,2020\nEva,2021", "name text, y text", ["Ana/2019", "Rui/2020", "Eva/2021"]),
    Case("2001\n2002", "y int", ["2001", "2002"]),
    Case("north,2019,2020\nsouth,5,6\neast,7,8", "r text, a int, b int", "IJ309"),
    Case("1,Ana\n2,Rui", "id int, name text", ["1/Ana", "2/Rui"]),
    Case("1,Ana\n2,Rui", "id text, name text", ["1/Ana", "2/Rui"]),
    Case("1,Ana", "id int, name text", ["1/Ana"]),
    Case("true,Ana\nfalse,Bob", "ok boolean, name text", ["true/Ana", "false/Bob"]),
    Case('ID When\n"false"|"true"\n"true"|"false"', '"id" boolean, "when" boolean', "IJ306"),
    Case("São Paulo, SP;x|y;2020-01-02;zz\nRio, RJ;x|y;2020-01-02;zz", "a text, b text, c text", "IJ309", options=BARE),
    Case("hello, world\ta;b\t\t\tzz\n", "city text, nome text", "IJ309", options=BARE),
    Case("0\n0\t-3\n", "a int, b int", ["0/-3"], (IJ401,), BARE),
    Case(
        '12:30|x||\n12:30|"x|y"||\n05:40|a;b||', "t text, u text", ["12:30/x", "12:30/x|y", "05:40/a;b"], options=BARE
    ),
    Case("# half way\n1,2\n3,4", "a int, b int", ["1/2", "3/4"]),
    Case("Ana,Lisboa\nRui,Porto", "name text, city text", "IJ306"),
]

#: Headers that match one column several times.
HEADERS = [
    Case("Q1 12,Q11 2\n1,2", "q1_12 text, q11_2 text", ["1/2"]),
    Case("XXX/XXX,XXX XXX\n1,2", "xxx_xxx text", ["2"]),
    Case("id,#id\n1,2", "id int", ["1"]),
    Case("#id,id\n1,2", "id int", ["2"]),
    Case("name,Name:\nx,y", "name text", ["x"]),
    Case("a,A\n1,2", "a int", ["1"]),
    Case("a,a\n1,2", "a int", "IJ308"),
    Case("A,A\n1,2", "a int", "IJ308"),
    Case("a" * 70 + ",b\n1,2", "a" * 63 + " int, b int", ["1/2"]),
]

#: Lines that begin with `#`.
COMMENTS = [
    Case("id,name\n1,Ana\n# half way\n2,Rui", "id int, name text", ["1/Ana", "2/Rui"]),
    Case("addr,n\n#5 Main St, Apt 2,7\nElm,3", "addr text, n int", ["Elm/3"], (IJ402,)),
    Case("addr,n\n#6 Elm St,5\nOak,3", "addr text, n int", ["#6 Elm St/5", "Oak/3"]),
    Case("n;m\n" + REMARKS + "# 3;4\n5;6", "n int, m int", ["1/2"] * 8 + ["5/6"], (IJ409,)),
    Case("# made\nid,name\n1,Ana\n# x\n# y,z\n2,Bob", "id int, name text", ["1/Ana", "2/Bob"], (IJ409,)),
    Case("# made\nid,name\n1,Ana\n# y,z\n", "id text, name text", ["1/Ana", "# y/z"], options={"comment": ""}),
    Case("# made\nid,name\n1,Ana\n# y,z\n", "id int, name text", ["1/Ana"], options={"comment": "#"}),
    Case("id,name\n#1,Ana\n#2,Rui", "id text, name text", ["#1/Ana", "#2/Rui"]),
    Case(
        "id,name,n\n1,Ana,5\n# on monday, by x\n2,Rui,6", "id int, name text, n int", ["1/Ana/5", "2/Rui/6"], (IJ401,)
    ),
    Case("tag\n#foo\nbaz", "tag text", ["#foo", "baz"]),
    Case("# made by x\ntag\n#foo\nbaz", "tag text", ["baz"], (IJ409,)),
    Case("# note\n1,2\n3,4", "a int, b int", ["1/2", "3/4"], options=BARE),
    Case("n,m\n1,2\n" * 1 + "3,4\n" * 300 + "#5,6\n", "n text, m text", ["1/2"] + ["3/4"] * 300 + ["#5/6"]),
]

FAULTS = [*ONE_COLUMN, *RAGGED, *HEADERLESS, *HEADERS, *COMMENTS]
