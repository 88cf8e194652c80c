"""Headers are matched with columns, and each kind of mismatch has its error."""

import pytest

from processor.errors import (
    AmbiguousDialect,
    BadOption,
    DuplicateHeader,
    MissingColumn,
    NoMatchingColumn,
    UnknownColumn,
)
from processor.model import Column
from processor.validate import make_plan


def column(name: str, *, required: bool = False) -> Column:
    return Column(name=name, type="text", base="text", kind="b", not_null=required, required=required)


EMAIL, NAME, UNIT_PRICE = column("email", required=True), column("name"), column("preco_unitario")
PEOPLE = (EMAIL, NAME, UNIT_PRICE)


def columns_by_header(plan) -> dict[str, str]:
    return {field.header: field.column.name for field in plan.fields}


@pytest.mark.parametrize(
    "header",
    ["email", " Email ", "EMAIL", "E-mail", "e mail", "\ufeffemail", "É-Mail"],
)
def test_header_matches_its_column(header):
    assert columns_by_header(make_plan([header], PEOPLE)) == {header: "email"}


def test_accents_spaces_and_punctuation_are_folded():
    assert columns_by_header(make_plan(["E-Mail", "Preço Unitário:"], PEOPLE))["Preço Unitário:"] == "preco_unitario"


def test_fields_keep_the_order_of_the_file_and_the_width_counts_all():
    plan = make_plan(["name", "age", "email", ""], PEOPLE)
    assert [(field.index, field.column.name) for field in plan.fields] == [(0, "name"), (2, "email")]
    assert (plan.width, plan.ignored) == (4, ("age", "field 4"))


def test_exact_name_wins_where_columns_differ_in_case_only():
    both = (column("Name"), column("name"))
    assert columns_by_header(make_plan(["name", "Name"], both)) == {"name": "name", "Name": "Name"}


def test_header_that_matches_two_columns_is_ambiguous():
    with pytest.raises(AmbiguousDialect, match=r"options\.mapping"):
        make_plan(["NAME"], (column("Name"), column("name")))


def test_alias_matches_its_column_when_folded():
    plan = make_plan(["Correio Eletrônico", "name"], PEOPLE, aliases={"correio eletronico": "email"})
    assert columns_by_header(plan) == {"Correio Eletrônico": "email", "name": "name"}


def test_mapping_takes_precedence_over_a_header_of_that_name():
    plan = make_plan(["email", "contact"], PEOPLE, mapping={"Contact": "email"})
    assert columns_by_header(plan) == {"contact": "email"}
    assert plan.ignored == ("email",)


def test_field_that_is_mapped_to_null_is_ignored_and_not_unknown():
    plan = make_plan(["email", "name"], PEOPLE, mapping={"name": None}, unknown_columns="error")
    assert columns_by_header(plan) == {"email": "email"}


@pytest.mark.parametrize("mapping", [{"mail": "email"}, {"email": "e_mail"}])
def test_mapping_of_an_unknown_header_or_column_is_an_error(mapping):
    with pytest.raises(BadOption, match=r"options\.mapping"):
        make_plan(["email"], PEOPLE, mapping=mapping)


def test_no_matching_column_names_headers_columns_and_similar_names():
    with pytest.raises(NoMatchingColumn) as caught:
        make_plan(["emial", "idade"], PEOPLE)
    assert "'emial', 'idade'" in caught.value.message
    assert "email, name, preco_unitario" in caught.value.message
    assert "'emial' may be meant for email" in caught.value.message


def test_message_does_not_quote_headers_that_may_be_values():
    with pytest.raises(NoMatchingColumn) as caught:
        make_plan(["ana@example.com", "1988-02-03", "+55 11 91234-5678"], PEOPLE)
    assert "field 1, field 2, field 3" in caught.value.message
    assert "ana" not in caught.value.message


def test_missing_required_column_is_named_with_a_similar_header():
    with pytest.raises(MissingColumn) as caught:
        make_plan(["name", "e-maill"], PEOPLE)
    assert "does not have: email;" in caught.value.message
    assert "'e-maill' may be meant for email" in caught.value.message


def test_two_headers_for_one_column_are_an_error():
    with pytest.raises(DuplicateHeader, match=r"'e mail' \(field 1\) and 'E-Mail' \(field 3\)"):
        make_plan(["e mail", "name", "E-Mail"], PEOPLE)


@pytest.mark.parametrize(
    ("headers", "names", "taken"),
    [
        (["email", "E-Mail", "email:"], ["email"], {"email": "email"}),
        (["id", "#id"], ["id"], {"id": "id"}),
        (["Name:", "name"], ["name"], {"name": "name"}),
        (["a", "A"], ["a"], {"a": "a"}),
        (["XXX/XXX", "XXX XXX"], ["xxx_xxx"], {"XXX XXX": "xxx_xxx"}),
        (["Q1 12", "Q11 2"], ["q1_12", "q11_2"], {"Q1 12": "q1_12", "Q11 2": "q11_2"}),
        (["Q1-12", "Q11/2", "Q112"], ["q1_12", "q11_2"], {"Q1-12": "q1_12", "Q11/2": "q11_2"}),
        (["Name", "name", "NAME"], ["Name", "name"], {"Name": "Name", "name": "name"}),
        (["preço", "Preco"], ["preço"], {"preço": "preço"}),
    ],
)
def test_the_closest_header_takes_the_column(headers, names, taken):
    plan = make_plan(headers, [column(name) for name in names])
    assert columns_by_header(plan) == taken
    assert plan.ignored == tuple(header for header in headers if header not in taken)


def test_headers_that_are_equally_close_are_an_error():
    for headers in (["a", "a"], ["A", "A"], ["a:", "a;"], [" a", "a"]):
        with pytest.raises(DuplicateHeader):
            make_plan(headers, [column("a")])


def test_looser_headers_are_unknown_columns():
    with pytest.raises(UnknownColumn):
        make_plan(["id", "#id"], [column("id")], unknown_columns="error")


def test_two_unknown_headers_of_one_name_are_ignored():
    assert make_plan(["email", "x", "x"], PEOPLE).ignored == ("x", "x")


def test_unknown_header_is_an_error_when_the_job_says_so():
    with pytest.raises(UnknownColumn, match="'age', field 3"):
        make_plan(["email", "age", ""], PEOPLE, unknown_columns="error")


def test_without_a_header_fields_go_by_position():
    plan = make_plan(["a@example.com", "Ana"], PEOPLE, has_header=False)
    assert [(field.index, field.column.name) for field in plan.fields] == [(0, "email"), (1, "name")]
    assert plan.ignored == ()


def test_without_a_header_more_fields_than_columns_are_ambiguous():
    with pytest.raises(AmbiguousDialect, match=r"4 fields.*more than the target has columns \(3\)"):
        make_plan(["a", "b", "c", "d"], PEOPLE, has_header=False)


def test_without_a_header_a_mapping_counts_fields_from_one():
    plan = make_plan(["Ana", "a@example.com"], PEOPLE, has_header=False, mapping={"2": "email"})
    assert [(field.index, field.column.name) for field in plan.fields] == [(1, "email")]


def test_without_a_header_too_few_fields_miss_a_required_column():
    with pytest.raises(MissingColumn, match="email"):
        make_plan(["Ana"], (NAME, EMAIL), has_header=False)


def test_null_values_are_passed_on():
    assert make_plan(["email"], PEOPLE, null_values=["NA"]).null_values == ("NA",)
