"""Another relation in the place of a target's table: jobs end with a code, and none of its code runs."""

from uuid import UUID, uuid4

import pytest

from tests.acceptance.conftest import Stack
from tests.acceptance.tenants_harness import table

IMPOSTOR = """
create table public.{0}_proof (who text);
grant insert on public.{0}_proof to public;
create function public.{0}_evil() returns trigger language plpgsql security invoker as $$
begin
  insert into public.{0}_proof values (current_user);
  return new;
end
$$;
alter table public.{0} rename to {0}_hidden;
create view public.{0} as select * from public.{0}_hidden;
create trigger t instead of insert or update or delete on public.{0}
for each row execute function public.{0}_evil();
grant all on public.{0} to authenticated, import_processor
"""


@pytest.fixture
def user() -> UUID:
    """The id of a user of this test's own."""
    return uuid4()


@pytest.mark.parametrize("mode", ["insert", "upsert", "replace"])
@pytest.mark.parametrize("run_as", ["uploader", "processor"])
def test_view_in_a_tables_place_ends_jobs_and_executes_nothing(
    stack: Stack, user: UUID, mode: str, run_as: str
) -> None:
    columns = "id integer primary key, user_id uuid default auth.uid(), note text"
    name = table(stack, columns, mode=mode, run_as=run_as, owner_column="user_id")
    assert stack.run_as(user, b"id,note\n1,a\n", name)["status"] == "completed"
    stack.sql(IMPOSTOR.format(name))
    for job in (stack.run_as(user, b"id,note\n2,b\n", name), stack.run(b"id,note\n3,c\n", name)):
        assert (job["status"], job["error_code"]) == ("failed", "IJ503")
        assert "register the target again" in job["error_hint"]
    assert stack.rows(f"{name}_proof") == []
    assert stack.rows(f"{name}_hidden", "id") == [(1,)]
