-- A file that brings its own ids leaves the column's sequence behind, and the application's next insert
-- fails with 23505. Only columns that an index begins with are looked at: others take a scan of the table.
create function importer.advance_sequences(relation regclass) returns void
language plpgsql set search_path = ''
as $$
declare
  owned record;
  highest bigint;
begin
  for owned in
    select s.seqrelid::regclass as sequence, a.attname, s.seqmax
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_sequence as s on d.objid = s.seqrelid
    inner join pg_catalog.pg_attribute as a on d.refobjid = a.attrelid and d.refobjsubid = a.attnum
    where d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = advance_sequences.relation
      and d.classid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i') and s.seqincrement > 0
      and a.atttypid in ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
      and exists (
        select from pg_catalog.pg_index as i
        where i.indrelid = d.refobjid and i.indkey[0] = a.attnum and i.indisvalid and i.indpred is null
      )
  loop
    execute format('select max(%I) from %s', owned.attname, advance_sequences.relation) into highest;
    -- Never back; and one that is at its end has nothing left to give.
    perform setval(owned.sequence, highest)
    where highest < owned.seqmax and highest > coalesce(pg_sequence_last_value(owned.sequence), 0);
  end loop;
exception when insufficient_privilege then
  null; -- somebody else's table: its sequences are theirs
end
$$;

comment on function importer.advance_sequences(regclass) is
'Sets the sequences of a table''s serial and identity columns to the highest value there, where that is further.';

revoke all on function importer.advance_sequences(regclass) from public, anon, authenticated, service_role;
