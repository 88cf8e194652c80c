-- Remembered mappings: what an owner's import used for a target and a set of headers. The next inspection of a file
-- with the same headers proposes it; nothing applies it by itself.

alter table public.import_targets add column remember_mappings boolean not null default true;

comment on column public.import_targets.remember_mappings is
'Whether completed imports are remembered in import_mappings, and proposed by inspections.';

grant select (remember_mappings) on public.import_targets to authenticated;

create table public.import_mappings (
  owner uuid not null,
  target text not null references public.import_targets (name) on update cascade on delete cascade,
  headers_key text not null,
  headers text[] not null,
  mapping jsonb not null check (jsonb_typeof(mapping) = 'object'),
  dialect jsonb not null check (jsonb_typeof(dialect) = 'object'),
  locale text,
  used_at timestamptz not null default now(),
  primary key (owner, target, headers_key)
);

comment on table public.import_mappings is
'How owners have imported files with these headers; report.inspection.remembered proposes it for the next one.';
comment on column public.import_mappings.owner is 'The owner of the job.';
comment on column public.import_mappings.target is 'Name of the target.';
comment on column public.import_mappings.headers_key is
'Digest of the headers, whatever their order, case and white space.';
comment on column public.import_mappings.headers is 'The headers of the file.';
comment on column public.import_mappings.mapping is 'Header → column, for each header that went into a column.';
comment on column public.import_mappings.dialect is 'How the file was read, as options of a job name it.';
comment on column public.import_mappings.locale is 'The option locale of the job; null if it had none.';
comment on column public.import_mappings.used_at is 'When an import last used it.';

create index import_mappings_target on public.import_mappings (target);
create index import_mappings_used on public.import_mappings (owner, target, used_at);

alter table public.import_mappings enable row level security;

revoke all on public.import_mappings from public, anon, authenticated, service_role;
grant select, delete on public.import_mappings to authenticated, service_role;

create policy "owners see their mappings" on public.import_mappings
for select to authenticated using (owner = (select auth.uid()));
create policy "owners delete their mappings" on public.import_mappings
for delete to authenticated using (owner = (select auth.uid()));

-- The characters are white space, and those without a width that str.strip() of Python keeps.
create function importer.headers_key(headers text[]) returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select encode(sha256(convert_to(coalesce(jsonb_agg(h.name order by h.name collate "C"), '[]')::text, 'UTF8')), 'hex')
  from (
    select
      lower(regexp_replace(
        u.header, E'^[\\s\\ufeff\\u200b-\\u200d\\u2060]+|[\\s\\ufeff\\u200b-\\u200d\\u2060]+$', '', 'g'
      )) as name
    from unnest(headers_key.headers) as u (header)
  ) as h
$$;

comment on function importer.headers_key(text[]) is
'Returns a digest of headers that does not depend on their order, case and white space.';

revoke all on function importer.headers_key(text[]) from public, anon, authenticated, service_role;

-- Only what a person could have chosen is worth keeping: not the places of a file without headers, and not the file of
-- which nothing was loaded. An error here must not fail a job whose rows are in the target.
create function importer.remember_mapping() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  known public.import_targets;
  file_headers text[];
begin
  select t.* into known from importer.find_target(new.target) as t;
  if known.name is null or not known.remember_mappings or new.rows_loaded = 0
    or new.dialect -> 'has_header' is distinct from 'true' or octet_length((new.report -> 'headers')::text) > 65536
  then
    return null;
  end if;
  select array_agg(h.name) into file_headers
  from (
    select m.value ->> 'header' as name from jsonb_array_elements(new.report -> 'headers') as m (value)
    union all
    select i.value from jsonb_array_elements_text(new.report -> 'ignored_headers') as i (value)
  ) as h;
  insert into public.import_mappings as m (owner, target, headers_key, headers, mapping, dialect, locale, used_at)
  select
    new.created_by, known.name, importer.headers_key(file_headers), file_headers,
    (
      select coalesce(jsonb_object_agg(h.value ->> 'header', h.value ->> 'column'), '{}')
      from jsonb_array_elements(new.report -> 'headers') as h (value)
    ),
    (
      select coalesce(jsonb_object_agg(d.key, coalesce(nullif(d.value, 'null'), '""')), '{}')
      from jsonb_each(new.dialect) as d
      where d.key in ('encoding', 'delimiter', 'quote', 'escape', 'comment', 'skip_lines')
    ),
    coalesce(new.options ->> 'locale', known.options ->> 'locale'), clock_timestamp()
  on conflict on constraint import_mappings_pkey do update
  set
    headers = excluded.headers, mapping = excluded.mapping, dialect = excluded.dialect, locale = excluded.locale,
    used_at = excluded.used_at;
  delete from public.import_mappings as m
  where m.owner = new.created_by and m.target = known.name and m.headers_key in (
    select o.headers_key from public.import_mappings as o
    where o.owner = new.created_by and o.target = known.name
    order by o.used_at desc
    offset 100
  );
  return null;
exception when others then
  raise warning 'import-jobs could not remember the mapping of a job (%): %', sqlstate, sqlerrm
  using hint = 'No action is needed: the job is completed, and the next inspection proposes nothing.';
  return null;
end
$$;

comment on function importer.remember_mapping() is
'Trigger function: keeps what a completed import of an owner used for its headers, in place of what was kept for them
before; of more than 100 for one owner and target, the oldest go.';

revoke all on function importer.remember_mapping() from public, anon, authenticated, service_role;

create trigger remember_mapping after update on public.import_jobs
for each row when (
  new.status = 'completed' and old.status = 'running' and new.created_by is not null and not new.inspects
  and new.options -> 'dry_run' is distinct from 'true' and new.report ? 'headers'
) execute function importer.remember_mapping();

create function importer.remembered_mapping(job_id uuid, token uuid, headers text[]) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_token(remembered_mapping.job_id, remembered_mapping.token);
  return (
    select jsonb_build_object(
      'mapping', (
        select coalesce(jsonb_object_agg(c.key, c.value), '{}')
        from jsonb_each_text(m.mapping) as c where t.columns ? c.value
      ),
      'dialect', m.dialect, 'locale', m.locale, 'used_at', m.used_at
    )
    from public.import_jobs as j
    cross join lateral importer.find_target(j.target) as t
    inner join public.import_mappings as m
      on m.owner = j.created_by and m.target = t.name
        and m.headers_key = importer.headers_key(remembered_mapping.headers)
    where j.id = remembered_mapping.job_id and t.remember_mappings
  );
end
$$;

comment on function importer.remembered_mapping(uuid, uuid, text[]) is
'Returns what the owner of a job used for these headers before, without columns that the target no longer lists; null if
there is nothing. Raises IJ103 without a valid lease.';

revoke all on function importer.remembered_mapping(uuid, uuid, text[]) from public, anon, authenticated, service_role;
grant execute on function importer.remembered_mapping(uuid, uuid, text[]) to import_processor, import_uploader;
