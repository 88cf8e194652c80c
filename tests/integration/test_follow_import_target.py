"""importer.follow_import_target: the processor's grants are always exactly those that the targets need."""

import pytest

from tests.integration.queue_harness import Queue, raises

PEOPLE = """
create schema app;
create table app.people (id bigserial primary key, name text, age integer, tenant uuid, job uuid);
create table app.cities (name text);
"""
WRITE = """
insert into public.import_targets (name, "table", columns, mode, key_columns, owner_column, provenance_column)
values (%s, 'app.people', %s, %s, %s, %s, %s)
"""
NAME, BOTH = '{"name": {}}', '{"id": {}, "name": {}}'
# The privileges that each mode needs for a target with columns id and name, key id, owner tenant and provenance job.
NEEDED = {
    "insert": {"insert id, job, name, tenant"},
    "upsert": {"insert id, job, name, tenant", "update name", "select id, name, tenant"},
    "ignore": {"insert id, job, name, tenant", "select id"},
    "update": {"update name", "select id, tenant"},
    "replace": {"insert id, job, name, tenant", "select tenant", "delete"},
}


@pytest.fixture
def people(queue: Queue) -> Queue:
    queue.admin.execute(PEOPLE)
    return queue


def rights(queue: Queue, table: str = "app.people") -> set[str]:
    """Return the processor's privileges on a table, each with its columns unless it is on the whole table."""
    rows = queue.admin.execute(
        """
        select p.name || ' ' || string_agg(a.attname, ', ' order by a.attname)
        from unnest(array['select', 'insert', 'update', 'references']) as p (name)
        inner join pg_attribute as a on a.attrelid = %(table)s::regclass and a.attnum > 0 and not a.attisdropped
        where has_column_privilege('import_processor', a.attrelid, a.attnum, p.name)
        group by p.name
        union all
        select p.name from unnest(array['delete', 'truncate', 'trigger']) as p (name)
        where has_table_privilege('import_processor', %(table)s, p.name)
        """,
        {"table": table},
    )
    return {right for (right,) in rows}


def write(queue: Queue, name: str = "people", columns: str = BOTH, mode: str = "insert") -> None:
    queue.admin.execute(WRITE, [name, columns, mode, ["id"], "tenant", "job"])


def test_nothing_is_granted_without_a_target(people: Queue) -> None:
    assert rights(people) == set()


@pytest.mark.parametrize("mode", NEEDED)
def test_plain_insert_grants_what_the_mode_needs(people: Queue, mode: str) -> None:
    write(people, mode=mode)
    assert rights(people) == NEEDED[mode]


@pytest.mark.parametrize("mode", NEEDED)
def test_change_of_the_mode_changes_the_grants(people: Queue, mode: str) -> None:
    write(people, mode="replace" if mode != "replace" else "upsert")
    people.admin.execute("update public.import_targets set mode = %s", [mode])
    assert rights(people) == NEEDED[mode]


def test_update_columns_limit_what_may_be_changed(people: Queue) -> None:
    write(people, columns='{"id": {}, "name": {}, "age": {}}', mode="upsert")
    assert "update age, name" in rights(people)
    people.admin.execute("update public.import_targets set update_columns = '{age}'")
    assert {right for right in rights(people) if right.startswith("update")} == {"update age"}


def test_removed_column_can_no_longer_be_written(people: Queue) -> None:
    write(people)
    people.admin.execute("update public.import_targets set columns = '{\"name\": {}}', key_columns = null")
    assert rights(people) == {"insert job, name, tenant"}


def test_deletion_revokes_everything(people: Queue) -> None:
    write(people, mode="upsert")
    people.admin.execute("delete from public.import_targets")
    assert rights(people) == set()
    assert people.value("select has_sequence_privilege('import_processor', 'app.people_id_seq', 'usage')") is False


def test_privileges_of_two_targets_on_one_table_add_up(people: Queue) -> None:
    write(people, "a", mode="insert")
    people.admin.execute(WRITE, ["b", '{"age": {}}', "replace", None, None, None])
    assert rights(people) == {"insert age, id, job, name, tenant", "delete"}


def test_deletion_keeps_what_the_other_target_needs(people: Queue) -> None:
    write(people, "a", mode="insert")
    people.admin.execute(WRITE, ["b", '{"age": {}}', "replace", None, None, None])
    people.admin.execute("delete from public.import_targets where name = 'a'")
    assert rights(people) == {"insert age", "delete"}
    people.admin.execute("delete from public.import_targets where name = 'b'")
    assert rights(people) == set()


def test_grants_move_with_the_target_to_another_table(people: Queue) -> None:
    people.admin.execute(WRITE, ["a", NAME, "insert", None, None, None])
    people.admin.execute("update public.import_targets set \"table\" = 'app.cities'")
    assert (rights(people), rights(people, "app.cities")) == (set(), {"insert name"})


def test_whole_list_can_be_emptied_in_one_statement(people: Queue) -> None:
    write(people, "a")
    people.admin.execute(
        "insert into public.import_targets (name, \"table\", columns) values ('c', 'app.cities', %s)", [NAME]
    )
    people.admin.execute("delete from public.import_targets")
    assert (rights(people), rights(people, "app.cities")) == (set(), set())


def test_sequence_of_a_default_can_be_used(people: Queue) -> None:
    people.admin.execute(WRITE, ["a", NAME, "insert", None, None, None])
    people.processor.execute("insert into app.people (name) values ('x')")
    assert people.value("select id from app.people") == 1


def test_other_tables_of_the_schema_stay_closed(people: Queue) -> None:
    write(people)
    assert rights(people, "app.cities") == set()


def test_dropped_column_does_not_prevent_a_change(people: Queue) -> None:
    write(people, "a", columns='{"id": {}, "name": {}, "age": {}}')
    people.admin.execute("alter table app.people drop column age")
    people.admin.execute("update public.import_targets set max_running_jobs = 2")
    assert rights(people) == {"insert id, job, name, tenant"}


def test_dropped_table_does_not_prevent_a_change(people: Queue) -> None:
    write(people)
    people.admin.execute("drop table app.people")
    people.admin.execute("update public.import_targets set max_running_jobs = 2")
    people.admin.execute("delete from public.import_targets")


def test_deletion_revokes_everything_from_a_renamed_table(people: Queue) -> None:
    people.admin.execute(WRITE, ["people", NAME, "insert", None, "tenant", "job"])
    people.admin.execute("alter table app.people rename to persons")
    people.admin.execute("delete from public.import_targets")
    assert rights(people, "app.persons") == set()


def test_target_without_a_table_grants_nothing(people: Queue) -> None:
    people.admin.execute("insert into public.import_targets (name, mode, columns) values ('n', 'none', %s)", [NAME])
    assert rights(people) == set()


def test_role_without_grant_option_cannot_create_a_target(people: Queue) -> None:
    with people.db.connect("supabase_admin") as superuser:
        superuser.execute("create table app.theirs (name text)")
    with raises("42501"):
        people.admin.execute(
            "insert into public.import_targets (name, \"table\", columns) values ('t', 'app.theirs', %s)", [NAME]
        )
    assert people.value("select count(*) from public.import_targets") == 0
