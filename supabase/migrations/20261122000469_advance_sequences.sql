-- A file that brings its own ids leaves the column's sequence behind, and the application's next insert
-- fails with 23505. Only columns that a B-tree begins with are looked at, since others take a scan of the
-- table, and only tables of the migrations' own role, since the query runs with its rights. Whatever goes
-- wrong, and a lock that is held, must not end a job of which all is in.
create function importer.advance_sequences(relation regclass) returns void
language plpgsql set search_path = '' set row_security = off set lock_timeout = '200ms'
as $$
declare
  owned record;
  highest bigint;
  given bigint;
begin
  for owned in
    select s.seqrelid::regclass as sequence, a.attname, s.seqmax
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_class as c on d.refobjid = c.oid
    inner join pg_catalog.pg_sequence as s on d.objid = s.seqrelid
    inner join pg_catalog.pg_attribute as a on d.refobjid = a.attrelid and d.refobjsubid = a.attnum
    where d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = advance_sequences.relation
      and d.classid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i') and s.seqincrement = 1
      and a.atttypid in ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
      and c.relowner = (select r.oid from pg_catalog.pg_roles as r where r.rolname = current_user)
      and (c.relkind = 'p' or not c.relhassubclass)
      and exists (
        select from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as x on i.indexrelid = x.oid
        inner join pg_catalog.pg_am as m on x.relam = m.oid
        where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indisvalid and i.indpred is null
          and m.amname = 'btree'
      )
  loop
    begin
      execute format('select max(%I) from %s', owned.attname, advance_sequences.relation) into highest;
      execute format('select last_value - (not is_called)::integer from %s', owned.sequence) into given;
      -- Not back; and one that would be at its end is left, since it would have nothing more to give.
      perform setval(owned.sequence, highest) where highest > given and highest < owned.seqmax;
    exception when others then
      raise warning 'the sequence of column % was left as it is: %', owned.attname, sqlstate;
    end;
  end loop;
end
$$;

comment on function importer.advance_sequences(regclass) is
'Sets the sequences of a table''s serial and identity columns to the highest value there, where that is further.';

revoke all on function importer.advance_sequences(regclass) from public, anon, authenticated, service_role;
