"""Write the types of the tables and functions in `public`, as `supabase gen types typescript` prints them.

A test compares `clients/typescript/src/database.types.ts` with the migrations;
`python -m tests.conventions.database_types` writes it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

ROOT = Path(__file__).parents[2]
PATH = ROOT / "clients" / "typescript" / "src" / "database.types.ts"
COMMAND = "python -m tests.conventions.database_types"
REFRESH = "IMPORT_JOBS_REFRESH_TYPES"
_HEADER = f"""\
// The tables, views and functions of import-jobs, as `supabase gen types typescript` prints them.
// Written by `{COMMAND}`.

export type Json = string | number | boolean | null | {{ [key: string]: Json | undefined }} | Json[];

export type Database = {{
  public: {{
"""
_NEVER = ["[_ in never]: never;"]
_SCALARS = {
    **dict.fromkeys(("int2", "int4", "int8", "float4", "float8", "numeric"), "number"),
    **dict.fromkeys(
        ("bytea", "bpchar", "varchar", "date", "text", "time", "timestamp", "timestamptz", "uuid"), "string"
    ),
    "bool": "boolean",
    "json": "Json",
    "jsonb": "Json",
    "void": "undefined",
}
_RELATIONS = """
select c.relname as name, c.relkind = 'v' as is_view, json_agg(
  json_build_object(
    'name', a.attname, 'type', t.typname, 'enum', t.typtype = 'e', 'null', not a.attnotnull,
    'default', a.atthasdef or a.attidentity <> '', 'never', a.attidentity = 'a'
  ) order by a.attname
) as columns
from pg_catalog.pg_class as c
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type as t on t.oid = a.atttypid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')
group by c.relname, c.relkind order by c.relname
"""
_FOREIGN_KEYS = """
select k.conrelid::regclass::text as name, k.conname as key, k.confrelid::regclass::text as other,
  (
    select json_agg(a.attname) from pg_catalog.pg_attribute as a
    where a.attrelid = k.conrelid and a.attnum = any (k.conkey)
  ) as columns,
  (
    select json_agg(a.attname) from pg_catalog.pg_attribute as a
    where a.attrelid = k.confrelid and a.attnum = any (k.confkey)
  ) as other_columns
from pg_catalog.pg_constraint as k
where k.contype = 'f' and k.connamespace = 'public'::regnamespace
  and k.confrelid in (select c.oid from pg_catalog.pg_class as c where c.relnamespace = 'public'::regnamespace)
order by k.conname
"""
_FUNCTIONS = """
select p.proname as name, t.typname as type, t.typtype = 'c' as is_row, p.proretset as is_set, (
  select coalesce(json_agg(json_build_object(
    'name', arg.name, 'type', at.typname, 'enum', at.typtype = 'e', 'mode', coalesce(arg.mode, 'i'),
    'default', coalesce(arg.mode, 'i') = 'i' and arg.n > p.pronargs - p.pronargdefaults
  ) order by arg.name), '[]')
  from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes)
    with ordinality as arg (type, name, mode, n)
  join pg_catalog.pg_type as at on at.oid = arg.type
) as arguments
from pg_catalog.pg_proc as p
join pg_catalog.pg_type as t on t.oid = p.prorettype
where p.pronamespace = 'public'::regnamespace and t.typname <> 'trigger'
order by p.proname
"""
_ENUMS = """
select t.typname as name, json_agg(e.enumlabel order by e.enumsortorder) as labels
from pg_catalog.pg_type as t join pg_catalog.pg_enum as e on e.enumtypid = t.oid
where t.typnamespace = 'public'::regnamespace group by t.typname order by t.typname
"""

Row = dict[str, Any]


def generate(database_url: str) -> str:
    """Return the text of the file for a database."""
    with psycopg.Connection[dict[str, Any]].connect(database_url, row_factory=dict_row) as conn:
        relations, keys = conn.execute(_RELATIONS).fetchall(), conn.execute(_FOREIGN_KEYS).fetchall()
        functions, enums = conn.execute(_FUNCTIONS).fetchall(), conn.execute(_ENUMS).fetchall()
    columns: dict[str, list[Row]] = {relation["name"]: relation["columns"] for relation in relations}
    tables = [line for relation in relations if not relation["is_view"] for line in _table(relation, keys)]
    views = [line for relation in relations if relation["is_view"] for line in _view(relation)]
    sections = {
        "Tables": tables,
        "Views": views or _NEVER,
        "Functions": [line for function in functions for line in _function(function, columns)],
        "Enums": [f"{enum['name']}: {_union(enum['labels'])};" for enum in enums],
        "CompositeTypes": _NEVER,
    }
    lines = [line for name, content in sections.items() for line in _block(name, content)]
    return _HEADER + "\n".join(f"    {line}" for line in lines) + "\n  };\n};\n"


def _block(name: str, content: Iterable[str]) -> Iterator[str]:
    yield f"{name}: {{"
    yield from (f"  {line}" for line in content)
    yield "};"


def _table(table: Row, keys: list[Row]) -> Iterator[str]:
    columns: list[Row] = table["columns"]
    relationships = [line for key in keys if key["name"] == table["name"] for line in _relationship(key)]
    content = [
        *_block("Row", [f"{column['name']}: {_nullable(column)};" for column in columns]),
        *_block("Insert", [_written(column, optional=column["null"] or column["default"]) for column in columns]),
        *_block("Update", [_written(column, optional=True) for column in columns]),
        *(
            ["Relationships: [", *(f"  {line}" for line in relationships), "];"]
            if relationships
            else ["Relationships: [];"]
        ),
    ]
    yield from _block(table["name"], content)


def _view(view: Row) -> Iterator[str]:
    row = _block("Row", [f"{column['name']}: {_type(column)} | null;" for column in view["columns"]])
    yield from _block(view["name"], [*row, "Relationships: [];"])


def _relationship(key: Row) -> list[str]:
    return [
        "{",
        f'  foreignKeyName: "{key["key"]}";',
        f"  columns: {_list(key['columns'])};",
        "  isOneToOne: false;",
        f'  referencedRelation: "{key["other"]}";',
        f"  referencedColumns: {_list(key['other_columns'])};",
        "},",
    ]


def _function(function: Row, columns: dict[str, list[Row]]) -> Iterator[str]:
    arguments: list[Row] = function["arguments"]
    inputs = [argument for argument in arguments if argument["mode"] in "ib"]
    outputs = [argument for argument in arguments if argument["mode"] in "tob"]
    given = "; ".join(f"{item['name']}{'?' if item['default'] else ''}: {_type(item)}" for item in inputs)
    content = [f"Args: {{ {given} }};" if given else "Args: never;"]
    suffix = "[];" if function["is_set"] else ";"
    if fields := [f"{item['name']}: {_nullable(item)};" for item in columns.get(function["type"], outputs)]:
        content += ["Returns: {", *(f"  {field}" for field in fields), "}" + suffix]
    else:
        content.append(f"Returns: {_type(function)}{suffix}")
    if function["type"] in columns:
        several = str(function["is_set"]).lower()
        options = f'from: "*"; to: "{function["type"]}"; isOneToOne: {_not(several)}; isSetofReturn: {several}'
        content.append(f"SetofOptions: {{ {options} }};")
    yield from _block(function["name"], content)


def _not(flag: str) -> str:
    return "false" if flag == "true" else "true"


def _written(column: Row, *, optional: bool) -> str:
    if column["never"]:
        return f"{column['name']}?: never;"
    return f"{column['name']}{'?' if optional else ''}: {_nullable(column)};"


def _nullable(column: Row) -> str:
    return _type(column) + (" | null" if column.get("null") else "")


def _type(item: Row) -> str:
    name: str = item["type"]
    if name.startswith("_"):
        return _type({**item, "type": name[1:]}) + "[]"
    if item.get("enum"):
        return f'Database["public"]["Enums"]["{name}"]'
    return _SCALARS.get(name, "unknown")


def _union(labels: list[str]) -> str:
    return " | ".join(f'"{label}"' for label in labels)


def _list(names: list[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


if __name__ == "__main__":
    os.environ[REFRESH] = "1"
    sys.exit(
        pytest.main(
            [
                "-q",
                "-p",
                "no:cacheprovider",
                "--rootdir",
                str(ROOT),
                str(Path(__file__).with_name("test_database_types.py")),
            ]
        )
    )
