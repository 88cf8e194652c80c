-- Tables that belong to one job, in the schema importer: `staging_<id>` collects the rows of an all-or-nothing job
-- until its end, `keys_<id>` the keys that a file has used so far, and `replaced_<id>` the rows that a job has
-- replaced (next file). They are logged, like the ledger: after a crash the ledger and the table have the same chunks,
-- whereas an unlogged table would be empty.

create function importer.job_table_name(kind text, job_id uuid) returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select job_table_name.kind || '_' || replace(job_table_name.job_id::text, '-', '')
$$;

comment on function importer.job_table_name(text, uuid) is
'Returns the name, in the schema importer, of a job''s table of the kind staging, keys or replaced.';

revoke all on function importer.job_table_name(text, uuid) from public, anon, authenticated, service_role;

-- The first number, that of the record, is the primary key, so that no record can be written twice.
create function importer.create_job_table(table_name text, relation regclass, numbers text[], columns text[])
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('drop table if exists importer.%I', table_name);
  execute format(
    'create table importer.%I (%s, %s, primary key (%I))', table_name,
    (select string_agg(format('%I bigint not null', n.name), ', ') from unnest(numbers) as n (name)),
    (
      select string_agg(format('%I %s', i.name, i.type), ', ' order by i.place)
      from importer.insertable_columns(relation) as i where i.name = any (create_job_table.columns)
    ),
    numbers[1]
  );
  execute format('revoke all on importer.%I from public, anon, authenticated, service_role', table_name);
  execute format('grant insert, select on importer.%I to import_processor', table_name);
end
$$;

comment on function importer.create_job_table(text, regclass, text[], text[]) is
'Creates an empty table of a job with columns of the given names for numbers, the first of which is the primary key, and
with the given columns of the target''s table.';

revoke all on function importer.create_job_table(text, regclass, text[], text[])
from public, anon, authenticated, service_role;

-- The function is SECURITY DEFINER because the processor may not create tables. Mode replace exchanges all rows at
-- once, so the job becomes all-or-nothing, whatever its options say.
create function importer.prepare_staging_table(job_id uuid, token uuid, columns text[]) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  staging text := importer.job_table_name('staging', prepare_staging_table.job_id);
begin
  perform importer.check_lease(prepare_staging_table.job_id, prepare_staging_table.token);
  if exists (select from importer.job_chunks as c where c.job_id = prepare_staging_table.job_id) then
    if to_regclass(format('importer.%I', staging)) is null then
      raise exception 'rows of this job are already in the target' using errcode = 'IJ504',
      hint = 'Give the target its former mode again, which was changed while the job ran, then retry the job.';
    end if;
    return staging;
  end if;
  update public.import_jobs as j set options = j.options || '{"atomic": true}'
  where j.id = prepare_staging_table.job_id
    and 'true' not in (coalesce(j.options -> 'atomic', 'null'), coalesce(j.options -> 'dry_run', 'null'));
  perform importer.create_job_table(
    staging, importer.target_relation(j.target, must_exist => true), array['#record', '#line'],
    prepare_staging_table.columns
  )
  from public.import_jobs as j where j.id = prepare_staging_table.job_id;
  execute format('grant delete on importer.%I to import_processor', staging);
  return staging;
end
$$;

comment on function importer.prepare_staging_table(uuid, uuid, text[]) is
'Creates the staging table of an all-or-nothing job, or keeps it if an earlier attempt has committed chunks; returns its
name. Raises IJ103 without a valid lease, IJ503 without a table, and IJ504 if the job has loaded chunks without
staging.';

revoke all on function importer.prepare_staging_table(uuid, uuid, text[])
from public, anon, authenticated, service_role;
grant execute on function importer.prepare_staging_table(uuid, uuid, text[]) to import_processor;

-- If a key may occur only once in a file, each chunk writes its keys into this table, in its own transaction.
create function importer.prepare_key_table(job_id uuid, token uuid, columns text[]) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  keys text := importer.job_table_name('keys', prepare_key_table.job_id);
begin
  perform importer.check_lease(prepare_key_table.job_id, prepare_key_table.token);
  -- After a manual retry from the beginning there are keys of earlier attempts but no chunks.
  if exists (select from importer.job_chunks as c where c.job_id = prepare_key_table.job_id) then
    if to_regclass(format('importer.%I', keys)) is null then
      raise exception 'the keys of the loaded chunks are no longer stored' using errcode = 'IJ504',
      hint = 'Set on_duplicate_key of the target to last, then retry the job; keys are stored for a week.';
    end if;
    return keys;
  end if;
  perform importer.create_job_table(
    keys, importer.target_relation(j.target, must_exist => true), array['#record'], prepare_key_table.columns
  )
  from public.import_jobs as j where j.id = prepare_key_table.job_id;
  execute format(
    'alter table importer.%I add unique (%s)', keys,
    (select string_agg(format('%I', c.name), ', ') from unnest(prepare_key_table.columns) as c (name))
  );
  return keys;
end
$$;

comment on function importer.prepare_key_table(uuid, uuid, text[]) is
'Creates the table of the keys that occur in a job''s file, or keeps it if an earlier attempt has committed chunks;
returns its name. Raises IJ103 without a valid lease, IJ503 without a table, and IJ504 if the table no longer exists.';

revoke all on function importer.prepare_key_table(uuid, uuid, text[])
from public, anon, authenticated, service_role;
grant execute on function importer.prepare_key_table(uuid, uuid, text[]) to import_processor;

-- Staged rows that the target rejects at the end of the job are moved from loaded to rejected, in the ledger and in the
-- counters.
create function importer.reject_staged_rows(job_id uuid, token uuid, rejections jsonb, kept integer) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_lease(reject_staged_rows.job_id, reject_staged_rows.token);

  perform importer.keep_rejections(reject_staged_rows.job_id, rejections, kept);

  update importer.job_chunks as c
  set rows_loaded = c.rows_loaded - r.rejected, rows_rejected = c.rows_rejected + r.rejected
  from (
    select
      (
        select min(k.seq) from importer.job_chunks as k
        where k.job_id = reject_staged_rows.job_id and k.next_record > (e.rejection ->> 'record')::bigint
      ) as seq,
      count(*) as rejected
    from jsonb_array_elements(rejections) as e (rejection)
    group by 1
  ) as r
  where c.job_id = reject_staged_rows.job_id and c.seq = r.seq;

  update public.import_jobs as j
  set
    rows_loaded = j.rows_loaded - jsonb_array_length(rejections),
    rows_rejected = j.rows_rejected + jsonb_array_length(rejections)
  where j.id = reject_staged_rows.job_id;
end
$$;

comment on function importer.reject_staged_rows(uuid, uuid, jsonb, integer) is
'Writes rejections of staged rows and counts the rows as rejected instead of loaded. Raises IJ103 without a valid
lease.';

revoke all on function importer.reject_staged_rows(uuid, uuid, jsonb, integer)
from public, anon, authenticated, service_role;
grant execute on function importer.reject_staged_rows(uuid, uuid, jsonb, integer) to import_processor;

-- Staged rows count as loaded until the end of the job, when it turns out which of their keys exist (skipped by mode
-- ignore) or do not exist (skipped by mode update). The chunk of a skipped row is not known then, so the rows are taken
-- from the last chunks first.
create function importer.skip_staged_rows(job_id uuid, token uuid, row_count bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  skipped bigint;
begin
  perform importer.check_lease(skip_staged_rows.job_id, skip_staged_rows.token);
  with counted as (
    select c.seq, c.rows_loaded, sum(c.rows_loaded) over (order by c.seq desc) - c.rows_loaded as loaded_after
    from importer.job_chunks as c where c.job_id = skip_staged_rows.job_id
  ),

  changed as (
    update importer.job_chunks as c
    set rows_loaded = c.rows_loaded - g.rows, rows_skipped = c.rows_skipped + g.rows
    from (
      select k.seq, least(k.rows_loaded, skip_staged_rows.row_count - k.loaded_after)::bigint as rows
      from counted as k where k.loaded_after < skip_staged_rows.row_count
    ) as g
    where c.job_id = skip_staged_rows.job_id and c.seq = g.seq
    returning g.rows
  )

  select coalesce(sum(g.rows), 0) into skipped from changed as g;
  if skipped <> skip_staged_rows.row_count then
    raise exception 'cannot skip % staged rows: the ledger has %', skip_staged_rows.row_count, skipped
    using errcode = 'IJ902', hint = 'This is a defect of import-jobs. Report it with the file''s dialect.';
  end if;
  update public.import_jobs as j
  set
    rows_loaded = j.rows_loaded - skip_staged_rows.row_count,
    rows_skipped = j.rows_skipped + skip_staged_rows.row_count
  where j.id = skip_staged_rows.job_id;
end
$$;

comment on function importer.skip_staged_rows(uuid, uuid, bigint) is
'Counts the given number of staged rows as skipped instead of loaded. Raises IJ902 if there are fewer, and IJ103 without
a valid lease.';

revoke all on function importer.skip_staged_rows(uuid, uuid, bigint) from public, anon, authenticated, service_role;
grant execute on function importer.skip_staged_rows(uuid, uuid, bigint) to import_processor, import_uploader;

-- The rows of a user's job go from the staging table into the target in a session of import_uploader, which must not
-- see what other jobs have staged. So it is granted the table in that transaction alone: nobody sees a grant that is
-- not committed, and the transaction ends with the table dropped, or rolled back.
create function importer.lend_staging_table(job_id uuid, token uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_token(lend_staging_table.job_id, lend_staging_table.token);
  execute format(
    'grant select, delete on importer.%I to import_uploader',
    importer.job_table_name('staging', lend_staging_table.job_id)
  );
end
$$;

comment on function importer.lend_staging_table(uuid, uuid) is
'Lets sessions that write as a user read the staging table of a job; for a transaction that drops the table or is rolled
back. Raises IJ103 without a valid lease.';

revoke all on function importer.lend_staging_table(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.lend_staging_table(uuid, uuid) to import_uploader;

-- The last step of an all-or-nothing job, in the transaction that has copied its rows into the target.
create function importer.drop_staging_table(job_id uuid, token uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_lease(drop_staging_table.job_id, drop_staging_table.token);
  execute format('drop table importer.%I', importer.job_table_name('staging', drop_staging_table.job_id));
end
$$;

comment on function importer.drop_staging_table(uuid, uuid) is
'Drops the staging table of a job after its rows have been copied into the target. Raises IJ103 without a valid lease.';

revoke all on function importer.drop_staging_table(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.drop_staging_table(uuid, uuid) to import_processor, import_uploader;

-- Called by the sweep. A table that a transaction is using is left for the next call, because waiting for its lock
-- would block everything that comes after.
create function importer.drop_job_tables() returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '100ms'
as $$
declare
  keep_replaced constant interval := make_interval(
    days => least(importer.setting_number('keep_replaced_days', 7), 36500)::integer
  );
  unused record;
  dropped integer := 0;
begin
  for unused in
    select c.relname
    from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'importer' and c.relkind = 'r' and c.relname ~ '^(staging|keys|replaced)_[0-9a-f]{32}$'
      and not exists (
        select from public.import_jobs as j
        where j.id = right(c.relname, 32)::uuid and case split_part(c.relname, '_', 1)
          when 'staging' then j.status in ('pending', 'running')
          -- A manual retry continues with the keys of the earlier attempts.
          when 'keys' then
            j.status in ('pending', 'running')
            or (j.status in ('failed', 'cancelled') and j.updated_at > now() - interval '7 days')
          else j.undone_at is null and coalesce(j.finished_at > now() - keep_replaced, true)
        end
      )
  loop
    begin
      execute format('drop table if exists importer.%I', unused.relname);
      dropped := dropped + 1;
    exception when lock_not_available or deadlock_detected then
      raise debug 'table "%" is in use', unused.relname;
    end;
  end loop;
  return dropped;
end
$$;

comment on function importer.drop_job_tables() is
'Drops staging tables of jobs that have ended, keys a week after a job failed or was cancelled, and replaced rows after
keep_replaced_days (a setting, default 7) or an undo. Leaves tables that are in use; returns the number of tables
dropped.';

revoke all on function importer.drop_job_tables() from public, anon, authenticated, service_role;
