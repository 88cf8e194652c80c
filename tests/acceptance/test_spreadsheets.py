"""Files as spreadsheets write them: the job recognises and reports their dialect, headers and formats."""

import datetime
import gzip
from decimal import Decimal

from tests.acceptance.conftest import Stack
from tests.acceptance.files import quoted_rows


def test_brazilian_spreadsheet_is_read_with_its_locale(stack: Stack) -> None:
    table = stack.table("nome text, valor numeric(12,2), vencimento date, pago boolean")
    text = "Nome;Valor;Vencimento;Pago\r\nJoão Conceição;1.234,56;31/12/2026;sim\r\nLetícia;-0,5;01/02/2026;não\r\n"
    job = stack.run(text.encode("cp1252"), table, {"locale": "pt-BR"})
    assert (job["status"], job["error_code"]) == ("completed", None)
    assert stack.sql(f"select * from public.{table} order by nome") == [
        {
            "nome": "João Conceição",
            "valor": Decimal("1234.56"),
            "vencimento": datetime.date(2026, 12, 31),
            "pago": True,
        },
        {"nome": "Letícia", "valor": Decimal("-0.50"), "vencimento": datetime.date(2026, 2, 1), "pago": False},
    ]
    assert job["dialect"]["delimiter"] == ";"
    assert job["dialect"]["how"]["delimiter"] == "found"


def test_similar_headers_match_their_columns(stack: Stack) -> None:
    table = stack.table("data_de_nascimento date, e_mail text, fone text")
    stack.sql(
        """update public.import_targets set columns = columns || '{"fone": {"aliases": ["Celular"]}}'
           where name = %s""",
        table,
    )
    job = stack.run(b"Data de Nascimento, E-Mail ,Celular,Obs\n2000-01-02,a@b.c,123,x\n", table)
    assert job["rows_loaded"] == 1
    assert {name: column["header"] for name, column in job["report"]["columns"].items()} == {
        "data_de_nascimento": "Data de Nascimento",
        "e_mail": " E-Mail ",
        "fone": "Celular",
    }
    assert job["report"]["ignored_headers"] == ["Obs"]


def test_mapping_of_the_job_takes_precedence(stack: Stack) -> None:
    table = stack.table("a integer, b integer")
    job = stack.run(b"a,b\n1,2\n", table, {"mapping": {"a": "b", "b": "a"}})
    assert job["status"] == "completed"
    assert stack.sql(f"select * from public.{table}") == [{"a": 2, "b": 1}]


def test_unknown_columns_can_be_an_error(stack: Stack) -> None:
    table = stack.table("a integer")
    assert stack.run(b"a,b\n1,2\n", table, {"unknown_columns": "error"})["error_code"] == "IJ310"


def test_file_without_a_header_is_matched_by_position(stack: Stack) -> None:
    table = stack.table("a integer, b text")
    job = stack.run(b"1,x\n2,y\n", table, {"has_header": False})
    assert (job["status"], job["rows_loaded"]) == ("completed", 2)


def test_compressed_file_is_read(stack: Stack) -> None:
    table = stack.table("id integer primary key, t text")
    data = quoted_rows(40_000)
    job = stack.run(gzip.compress(data[:1_000_000]) + gzip.compress(data[1_000_000:]), table)
    assert (job["status"], job["rows_loaded"]) == ("completed", 40_000)
    assert job["dialect"]["compression"] == "gzip"
    assert job["bytes_read"] == job["bytes_total"]


def test_normalisers_of_the_target_are_applied_and_reported(stack: Stack) -> None:
    table = stack.table("email text, fone text, cpf text")
    stack.sql(
        """update public.import_targets set columns =
           '{"email": {"normalise": "email"}, "fone": {"normalise": {"name": "phone", "region": "BR"}},
             "cpf": {"normalise": "cpf"}}' where name = %s""",
        table,
    )
    job = stack.run(
        b"email,fone,cpf\nAna@EXAMPLE.com,(11) 91234-5678,529.982.247-25\nnot-an-address,,\n,,111.111.111-11\n", table
    )
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1, 2)
    assert stack.sql(f"select * from public.{table}") == [
        {"email": "Ana@example.com", "fone": "+5511912345678", "cpf": "52998224725"}
    ]
    assert [(line, column) for line, column, _ in stack.rejections(job)] == [(3, "email"), (4, "cpf")]
