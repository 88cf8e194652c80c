"""Small files that were always read as they should be: whatever finds titles and headers must not break them."""

from __future__ import annotations

from tests.acceptance.parting_cases import BARE, DE, IJ401, IJ402, IJ403, PT, US, Case

ID_NAME, THREE = "id int, name text", "id int, name text, total int"
TWO_ROWS = ["1/Ana", "2/Rui"]

TITLES = [
    Case("Sales report 2026\n\nid,name,total\n1,Ana,5\n2,Rui,6", THREE, ["1/Ana/5", "2/Rui/6"]),
    Case("Sales report 2026\nid,name,total\n1,Ana,5\n2,Rui,6", THREE, ["1/Ana/5", "2/Rui/6"]),
    Case("Report;;\n;;\nid;name;total\n1;Ana;5\n2;Rui;6", THREE, ["1/Ana/5", "2/Rui/6"]),
    Case('"Report, of\nMay"\nid,name,total\n1,Ana,5\n2,Rui,6', THREE, ["1/Ana/5", "2/Rui/6"]),
    Case("Export of today\nid;name\n1;Ana\n2;Rui", ID_NAME, TWO_ROWS),
    Case("Export: of today, May\n\nid;name\n1;Ana\n2;Rui", ID_NAME, TWO_ROWS),
    Case("Clientes\nid,clientes\n1,Ana\n2,Rui", "id int, clientes text", TWO_ROWS),
    Case("Report\nid,foo,bar\n1,a,b\n2,c,d", "id int", ["1", "2"]),
    Case("Report\nCódigo,Nome\n1,Ana\n2,Rui", "codigo int, nome text", TWO_ROWS),
    Case(
        "Date;2026-01-01\nName;Ana\n\nid;date;name;total;x\n1;2026-01-02;Rui;5;",
        "id int, date date, name text, total int, x text",
        ["1/2026-01-02/Rui/5/~"],
    ),
    Case("# made by x, on monday\n# it's \"quoted\nid,name,total\n1,Ana,5\n", THREE, ["1/Ana/5"]),
    Case("# made by x\n#id,name\n#1,Ana\n2,Rui", "id text, name text", ["#1/Ana", "2/Rui"]),
    Case("x,y\nz,w\nid,name\n1,Ana\n2,Rui", ID_NAME, TWO_ROWS, options={"skip_lines": 2}),
    Case("Report\nid;name\n1;Ana\n2;Rui", "id int, name text", TWO_ROWS, options={"skip_lines": 1}),
    Case("\n\nid,name\n1,Ana\n\n2,Rui\n", ID_NAME, TWO_ROWS),
    Case("Export\n1;Ana\n2;Rui\n3;Eva", ID_NAME, "IJ306"),
]

HEADERS = [
    Case('"i","d"\n"1","2"\n', "id text, i text", ["~/1"]),
    Case("i,d\n1,2\n", "id text, i text", ["~/1"]),
    Case(f"{'a' * 64},b\n1,2\n", f"{'a' * 63} text, b text", ["1/2"]),
    Case(f'"{"a" * 64}","c"\n"1","2"\n', f"{'a' * 63} text, b text", ["1/~"]),
    Case("id,name\n1,Ana\n2,Rui", ID_NAME, TWO_ROWS),
    Case("ID;NAME\n1;Ana\n2;Rui", ID_NAME, TWO_ROWS),
    Case("name|id\nAna|1\nRui|2", ID_NAME, TWO_ROWS),
    Case("id\tname\n1\tAna\n2\tRui", ID_NAME, TWO_ROWS),
    Case("id:name\n1:Ana\n2:Rui", ID_NAME, TWO_ROWS),
    Case("a:b:c\n1:2:3\n4:5:6", "a int, b int, c int", ["1/2/3", "4/5/6"]),
    Case("id,name\n1,Ana", ID_NAME, ["1/Ana"]),
    Case("Data de Nascimento,Nome\n2000-01-02,Ana", "data_de_nascimento date, nome text", ["2000-01-02/Ana"]),
    Case("first name,last name\nA,B", "first_name text, last_name text", ["A/B"]),
    Case("E-Mail;Preço (R$):\na@b.c;1,50", "email text, preco_r numeric", ["a@b.c/1.50"], options=PT),
    Case("id,extra,name,other\n1,x,Ana,y\n2,z,Rui,w", ID_NAME, TWO_ROWS),
    Case("foo,name,bar\n1,Ana,2\n3,Rui,4", "name text", ["Ana", "Rui"]),
    Case("id,name,\n1,Ana,\n2,Rui,", ID_NAME, TWO_ROWS),
    Case(
        "name,2023,2024\nAna,1,2\nRui,3,4\nEva,5,6",
        'name text, "2023" int, "2024" int',
        ["Ana/1/2", "Rui/3/4", "Eva/5/6"],
    ),
    Case("name,2023,2024\nAna,1,2\nRui,3,4\nEva,5,6", "name text, a int, b int", "IJ309"),
    Case("foo,bar\n1,2\n3,4", "a int, b int", "IJ306"),
    Case("a,b\n", "a int, b int", "IJ302"),
    Case("Código;Valor\n1;1.234,56\n2;7,00", "codigo int, valor numeric", ["1/1234.56", "2/7.00"], options=PT),
    Case('id,total\n1,"1,234"\n2,"5,678"', "id int, total bigint", ["1/1234", "2/5678"], options=US),
    Case("sep=;\na;b\n1;2", "a int, b int", ["1/2"]),
    Case("x\n1\n2", "x int", ["1", "2"]),
    Case("Nome\nAna\nRui", "nome text", ["Ana", "Rui"]),
    Case("n\n1\nx\n3", "n int", ["1", "3"], (IJ403,)),
    Case("1,2\n3,4\n5,6", 'c text, "1" int, "2" int', ["~/3/4", "~/5/6"]),
    Case("qtd,valor\n1,5\n2,7", "qtd int, valor numeric", ["1/5", "2/7"], options=PT),
    Case("foo,bar\n1,2\n3,4", "a int, b int", ["1/2", "3/4"], options={"mapping": {"foo": "a", "bar": "b"}}),
    Case("foo\n1,2\n3,4", "a text", ["1,2", "3,4"], options={"mapping": {"foo": "a"}}),
    Case(
        "1,2\n3,4\n5,6", "a int, b int", ["3/4", "5/6"], options={"has_header": True, "mapping": {"1": "a", "2": "b"}}
    ),
]

DELIMITERS = [
    Case("a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5", "a text, b text, c text", ["1,5/2,5/3,5", "4,5/5,5/6,5"]),
    Case(
        "id;text\n1;one, two, three\n2;four, five, six", "id int, text text", ["1/one, two, three", "2/four, five, six"]
    ),
    Case("at,value\n12:30:00,1\n12:31:00,2", "at time, value int", ["12:30:00/1", "12:31:00/2"]),
    Case("id,url\n1,http://a/b\n2,http://c/d", "id int, url text", ["1/http://a/b", "2/http://c/d"]),
    Case("a,b;c\nx,y;z\nu,v;w", "a text, id text, name text", "IJ309"),
    Case("a,b;c\nx,y;z\nu,v;w", 'a text, "b;c" text', ["x/y;z", "u/v;w"], options={"delimiter": ","}),
    Case("a b\n1 2\n3 4", "a int, b int", ["1/2", "3/4"], options={"delimiter": "space"}),
    Case("a~b\n1~2", "a int, b int", ["1/2"], options={"delimiter": "~"}),
    Case('a||b\n1||2\n"x||y"||3|4\n', "a text, b text", ["1/2", "x||y/3|4"], options={"delimiter": "||"}),
    Case("a::b\n1:5::2\n", "a text, b text", ["1:5/2"], options={"delimiter": "::"}),
    Case('a, b\n"x, y", 2\n3,4, 5\n', "a text, b int", ["x, y/2", "3,4/5"], options={"delimiter": ", "}),
    Case(
        "a~|~b\r\n1~|~2\r\n~|~3\r\n",
        "a int, b int",
        ["1/2", "~/3"],
        options={"delimiter": "~|~"},
    ),
    Case("a||b\n1||2||3\n4\n", "a int, b int", "IJ421", (IJ402, IJ401), {"delimiter": "||"}),
]

BARE_FILES = [
    Case("x,y\nz,w", "a text, b text", ["x/y", "z/w"], options=BARE),
    Case(
        "1,2026-01-01\n2,2026-01-02\n3,2026-01-03", "a text, b text", ["1/2026-01-01", "2/2026-01-02", "3/2026-01-03"]
    ),
    Case("1;1,5\n2;2,5\n3;3,5", "a int, b numeric", ["1/1.5", "2/2.5", "3/3.5"], options=DE),
    Case("1,Ana\n2,Rui", "id int, name text, note text", ["1/Ana/~", "2/Rui/~"], options=BARE),
    Case("1,2,3\n4,5,6", "a int, b int", ["3/1", "6/4"], options=BARE | {"mapping": {"3": "a", "1": "b"}}),
    Case("05:40,1\n06:15,2", "t time, n int", ["05:40:00/1", "06:15:00/2"], options=BARE),
    Case("root:x:0\nbin:x:1", "name text, pass text, uid int", ["root/x/0", "bin/x/1"], options=BARE),
    Case('"a, b",1\n"c, d",2', "t text, n int", ["a, b/1", "c, d/2"], options=BARE),
    Case("a@b.c,1\nd@e.f,2\ng@h.i,3", "mail text, n int", ["a@b.c/1", "d@e.f/2", "g@h.i/3"]),
    Case("1\n2\n3", "n int", ["1", "2", "3"]),
]

KEPT = [*TITLES, *HEADERS, *DELIMITERS, *BARE_FILES]
