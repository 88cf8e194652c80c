-- Rows that only the table can refuse: by a trigger, an exclusion constraint, row security, or whatever else no set can
-- say. The processor has them in a stage, and this function writes those that the table accepts.

-- The rows are written in steps, and a step that fails is tried again in smaller ones. The statement advances the
-- sequence pg_temp.import_place for each row that it reads, and a rollback does not put that back: it says at which row
-- the step stopped. The rows before that one are written next, and then that row alone, so that a wrong place costs
-- time and nothing else. An error after the last row, such as a foreign key's, leaves halving. A refused row takes
-- 0.1 ms where it took 3.4 when the processor sent each step, 2.8 of them outside Postgres. Steps grow from 64 to 1,024
-- rows, because a larger one would be written twice too often. Prepared, a step of one row takes half of the time.
--
-- The rights are those of `role`, and triggers see the search path `path`, as when the processor sends the statement.
create function importer.write_accepted_rows(
  write text, stage regclass, first bigint, last bigint, max_rejected bigint, role text, path text,
  row_states text[], other_states text[], step_rows integer default 64
)
returns table (
  state text, constraint_name text, column_name text, table_name text, nested boolean, records bytea, written bigint
)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  numbers bigint[];
  prepared boolean := true;
  place integer := 1; -- of the next row
  step integer := write_accepted_rows.step_rows;
  suspect boolean := false; -- the row after this step has stopped a larger step
  stop integer;
  count_before bigint;
  consumed bigint;
  rows bigint;
  all_written bigint := 0;
  context text;
  -- Where the context of an error begins to be about this function, and not about what the statement executes.
  here text := 'SQL statement "execute import_write (';
  last_rejected integer := 0;
  runs_without_rows boolean := false; -- which is asked once, because it takes as long as five refused rows
  reason jsonb;
  reasons jsonb[] := '{}';
  rejected bigint[] := '{}';
  reason_of integer[] := '{}';
begin
  execute format(
    'select array_agg(s."#record" order by s."#record") from %s as s where s."#record" between $1 and $2', stage
  ) into numbers using write_accepted_rows.first, write_accepted_rows.last;
  if exists (select from pg_catalog.pg_prepared_statements as p where p.name = 'import_write') then
    deallocate import_write;
  end if;
  perform pg_catalog.set_config('search_path', write_accepted_rows.path, true);
  perform pg_catalog.set_config('role', coalesce(write_accepted_rows.role, 'none'), true);
  begin
    execute 'prepare import_write (bigint, bigint) as with w as (' || write_accepted_rows.write
      || ' returning 1) select pg_catalog.count(*) from w';
  exception when feature_not_supported then
    prepared := false; -- the table has rules
    here := 'SQL statement "' || write_accepted_rows.write || '"';
  end;
  while place <= cardinality(numbers) and cardinality(rejected) < write_accepted_rows.max_rejected loop
    stop := least(place + step - 1, cardinality(numbers));
    count_before := pg_catalog.nextval('pg_temp.import_place');
    begin
      perform pg_catalog.set_config('role', coalesce(write_accepted_rows.role, 'none'), true); -- a trigger may leave it
      if prepared then
        execute 'execute import_write (' || numbers[place]::text || ', ' || numbers[stop]::text || ')' into rows;
      else
        execute write_accepted_rows.write using numbers[place], numbers[stop];
        get diagnostics rows = row_count;
      end if;
      all_written := all_written + rows;
      place := stop + 1;
      step := case when suspect then 1 else least(step * 2, 16 * write_accepted_rows.step_rows) end;
      suspect := false;
    exception when assert_failure or others then
      if sqlstate like any (write_accepted_rows.other_states) then
        raise;
      end if;
      if not runs_without_rows and not sqlstate like any (write_accepted_rows.row_states) then
        begin
          execute write_accepted_rows.write using 0, 0;
          runs_without_rows := true;
        exception when assert_failure or others then
          null;
        end;
        if not runs_without_rows then
          raise; -- no row is the cause
        end if;
      end if;
      consumed := pg_catalog.nextval('pg_temp.import_place') - count_before - 1;
      if stop = place then
        get stacked diagnostics
          context = pg_exception_context, constraint_name = constraint_name, column_name = column_name,
          table_name = table_name;
        context := pg_catalog.left(context, pg_catalog.strpos(context, here) - 1);
        reason := pg_catalog.jsonb_build_array(
          sqlstate, constraint_name, column_name, table_name, context ~ '(?n)^(PL/|SQL (statement|function) )'
        );
        if not reason = any (reasons) then
          reasons := reasons || reason;
        end if;
        rejected := rejected || numbers[place];
        reason_of := reason_of || pg_catalog.array_position(reasons, reason);
        -- As many rows as there were good ones before this one.
        step := greatest(place - last_rejected - 1, 1);
        last_rejected := place;
        place := place + 1;
      else
        suspect := consumed between 2 and stop - place;
        step := case
          when consumed = 1 then 1
          when suspect then consumed - 1
          else (stop - place + 1) / 2
        end;
      end if;
    end;
  end loop;
  perform pg_catalog.set_config('role', 'none', true);
  if prepared then
    deallocate import_write;
  end if;
  return query
  select
    reasons[r.reason] ->> 0, reasons[r.reason] ->> 1, reasons[r.reason] ->> 2, reasons[r.reason] ->> 3,
    (reasons[r.reason] ->> 4)::boolean, pg_catalog.string_agg(pg_catalog.int8send(r.record), '' order by r.record),
    null::bigint
  from unnest(rejected, reason_of) as r (record, reason)
  group by r.reason
  union all
  select null, null, null, null, null, null, all_written;
end
$$;

comment on function importer.write_accepted_rows(
  text, regclass, bigint, bigint, bigint, text, text, text[], text[], integer
) is
'Executes the statement `write` for the staged records from `first` to `last`, as `role`, and leaves out those that the
table refuses, at most `max_rejected`. Returns them by what Postgres says about them, as 8-byte numbers, and in a last
line without a state how many rows were written. Raises an error whose SQLSTATE is
like one of `other_states`, and one that `write` raises without rows unless it is like one of `row_states`.';

revoke all on function importer.write_accepted_rows(
  text, regclass, bigint, bigint, bigint, text, text, text[], text[], integer
) from public, anon, authenticated, service_role;
grant execute on function importer.write_accepted_rows(
  text, regclass, bigint, bigint, bigint, text, text, text[], text[], integer
) to import_processor, import_uploader;
