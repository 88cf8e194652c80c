"""Small files with records that are no rows, with NULs where nothing was written, and of one or two lines."""

from __future__ import annotations

from tests.acceptance.parting_cases import BARE, IJ401, IJ402, IJ403, Case

THREE = "id int, name text, total int"
TWO = "a int, b int"
KEPT, NULS = {"skip_empty_rows": False}, "\0" * 4096
ROWS = ["1/Ana/5", "2/Rui/6"]

EMPTY_ROWS = [
    Case("id,name,total\n1,Ana,5\n,,\n2,Rui,6\n,,\n,,\n", THREE, ROWS),
    Case("id;name;total\r\n1;Ana;5\r\n;\r\n;;;;;;\r\n2;Rui;6\r\n;;", THREE, ROWS),
    Case("id\tname\ttotal\n1\tAna\t5\n\t\t\n2\tRui\t6\n", THREE, ROWS),
    Case("id||name||total\n1||Ana||5\n||||\n2||Rui||6\n", THREE, ROWS, options={"delimiter": "||"}),
    Case(",,\n,,\nid,name,total\n,,\n1,Ana,5\n2,Rui,6\n", THREE, ROWS),
    Case(",,\n" * 300 + "id,name,total\n1,Ana,5\n2,Rui,6\n", THREE, ROWS),
    Case(";;\n\n" * 30 + "Report;;\n;;\nid;name;total\n1;Ana;5\n2;Rui;6\n", THREE, ROWS),
    Case(",,\n" * 300 + "1,Ana,5\n2,Rui,6\n", THREE, ROWS),
    Case(",\n1,2\n,\n3,4\n", TWO, ["1/2", "3/4"], options=BARE),
    Case(",,,\n1,2\n,\n3,4\n", TWO, ["1/2", "3/4"]),
    Case("id,name,total\n1,Ana,5\n,,\n,,,,\n,\n", THREE, ["1/Ana/5", "~/~/~", "~/~/~"], (IJ401,), KEPT),
    Case("id,name\n,x\n1,Ana\n,\n", "id int not null, name text", ["1/Ana"], ("IJ404",)),
    Case('a,b\n"",""\n,\n , \n', "a text, b text", ["/", " / "]),
    Case("a,b\n,\n,\n", TWO, "IJ302"),
    Case("t\n,\nx\n", "t text", [",", "x"]),
]

FOOTERS = [
    Case("id,name,total\n1,Ana,5\n2,Rui,6\nTotal,,11\n", THREE, ROWS, options={"skip_footer": 1}),
    Case("id,name,total\n1,Ana,5\n2,Rui,6\n\nTotal;11;x\nby x\n\n,,\n", THREE, ROWS, options={"skip_footer": 2}),
    Case('id,name,total\n1,Ana,5\n2,Rui,6\n"To\ntal",,\n', THREE, ROWS, options={"skip_footer": 1}),
    Case("1,Ana,5\nTotal\n", THREE, ["1/Ana/5"], options={"skip_footer": 1}),
    Case("1,5\nTotal, of, all\n", TWO, ["1/5"], options={"skip_footer": 1, **BARE}),
    Case("n\n1\n2\nTotal: 3\n", "n int", ["1", "2"], options={"skip_footer": 1}),
    Case("a,b\n1,2\nx,4\n9,9\n", TWO, ["1/2"], (IJ403,), {"skip_footer": 1}),
    Case("a,b\n1,2\n,\n3,4\n,\n9,9\n", TWO, ["1/2", "~/~", "3/4"], options={"skip_footer": 2, **KEPT}),
    Case("a,b\n1,2\n3,4\n", TWO, ["1/2", "3/4"], options={"skip_footer": 0}),
    Case("a,b\n1,2\n", TWO, "IJ302", options={"skip_footer": 5}),
    Case("Report\n\na,b\nTotal\n", TWO, "IJ302", options={"skip_footer": 3}),
    Case("a,b\n1,2\n", TWO, "IJ102", options={"skip_footer": 1001}),
]

UNWRITTEN = [
    Case(f"a,b\n1,2\n3,4\n{NULS}", TWO, ["1/2", "3/4"], ("IJ407",)),
    Case(f"a,b\n1,2\n3,4{NULS}", TWO, ["1/2"], ("IJ407",)),
    Case(f"a,b\r\n1,2\r\n{NULS}\x1a", TWO, ["1/2"], ("IJ407",)),
    Case(f"1,2\n3,4\n{NULS}", TWO, ["1/2", "3/4"], ("IJ407",)),
    Case(f"a,b\n1,2\n{NULS}\n3,4\n", TWO, ["1/2", "3/4"], ("IJ407",)),
    Case("a,b\n1,2\n" + ("\0" * 512 + "\n") * 20 + "3,4\n", TWO, ["1/2", "3/4"], ("IJ407",) * 20),
    Case(f"a\n1\n3\n{NULS * 300}", "a int", ["1", "3"], ("IJ408",)),
    Case(NULS, TWO, "IJ303"),
    Case("a,b\n" + "\x01\x00\x02\x03," * 50 + "\n", TWO, "IJ303"),
]

ONE_LINE = [
    Case("Ana,Rui\n", "a text, b text", "IJ309"),
    Case("x,y\n", TWO, "IJ309"),
    Case("hello\n", "a text", "IJ309"),
    Case("Ana,Rui\n", "a text, b text", ["Ana/Rui"], options=BARE),
    Case("Ana,Rui\n", "a text, b text", "IJ302", options={"has_header": True}),
    Case("a,z\n", TWO, "IJ302"),
    Case("A;B\n", TWO, "IJ302"),
    Case("x;y\n", TWO, "IJ302", options={"mapping": {"x": "a", "y": "b"}}),
    Case("1,2\n", TWO, ["1/2"]),
    Case("2020-01-01\n", "d date", ["2020-01-01"]),
    Case("1,Ana\n2,Rui\n", "id int, name text", ["1/Ana", "2/Rui"]),
    Case("Ana;1\nRui;2\n", "name text, n int", ["Ana/1", "Rui/2"]),
    Case("hello, world\nfoo\n", "t text", ["hello, world", "foo"], options=BARE),
    Case("hello, you\nand, you\n", "t text", ["hello, you", "and, you"], options=BARE),
    Case("hello,world\nfoo,bar\n", "t text", ["hello,world", "foo,bar"], options={"delimiter": "|", **BARE}),
    Case("t\nhello,world\nfoo,bar\n", "id serial, t text", ["1/hello,world", "2/foo,bar"]),
    Case("a,b\n1,2\n3,4,5\n", TWO, ["1/2"], (IJ402,)),
]

NO_ROWS = [*EMPTY_ROWS, *FOOTERS, *UNWRITTEN, *ONE_LINE]
