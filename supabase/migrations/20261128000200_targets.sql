-- Targets: what may be imported, into which table, and by which rules. The table is an allow-list that administrators
-- write; a job that names anything else fails.

create table public.import_targets (
  name text primary key check (name <> '' and length(name) <= 200),
  "table" text, -- noqa: RF06
  columns jsonb not null check (jsonb_typeof(columns) = 'object'),
  mode text not null default 'insert' check (mode in ('insert', 'upsert', 'ignore', 'update', 'replace', 'none')),
  key_columns text[] check (key_columns <> '{}'),
  update_columns text[] check (update_columns <> '{}'),
  on_duplicate_key text not null default 'last' check (on_duplicate_key in ('last', 'error')),
  owner_column text,
  provenance_column text,
  run_as text not null default 'uploader' check (run_as in ('uploader', 'processor')),
  allowed_roles text[] not null default '{authenticated}',
  allowed_when text,
  claims text[] not null default '{}',
  on_duplicate_file text not null default 'load' check (on_duplicate_file in ('load', 'skip', 'reject')),
  options jsonb not null default '{}' check (jsonb_typeof(options) = 'object'),
  max_running_jobs integer not null default 4 check (max_running_jobs > 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint import_targets_has_a_table check ((mode = 'none') = ("table" is null)), -- noqa: RF06
  constraint import_targets_has_a_key check (mode not in ('upsert', 'update') or key_columns is not null)
);

comment on table public.import_targets is
'Tables that files may be imported into. Administrators write it, usually with importer.register_target().';
comment on column public.import_targets.name is 'Name of the target; the column target of a job refers to it.';
comment on column public.import_targets."table" is -- noqa: RF06
'The table, as text that to_regclass() accepts, for example public.people; null for mode none.';
comment on column public.import_targets.columns is
'The columns that a file may fill, each with its settings: aliases, required, default, normaliser, null_values,
formats.';
comment on column public.import_targets.mode is
'insert; upsert; ignore (skip rows whose key exists); update (skip rows whose key does not exist); replace (exchange the
owner''s rows, or all rows for a job without an owner, in one transaction); none (no table: the file is only cleaned).';
comment on column public.import_targets.key_columns is
'Key of the modes upsert, ignore and update; a unique constraint must cover exactly these columns.';
comment on column public.import_targets.update_columns is
'Columns that upsert and update write in existing rows; null: all columns of the file except the key.';
comment on column public.import_targets.on_duplicate_key is
'What to do when a key occurs again in the file: last keeps the last row, error rejects every row but the first.';
comment on column public.import_targets.owner_column is
'Column that receives the job''s owner in each row; a file cannot fill it.';
comment on column public.import_targets.provenance_column is
'Column that receives the job''s id in each new row, so that the job can be undone; a file cannot fill it.';
comment on column public.import_targets.run_as is
'uploader: jobs of users write under the user''s rights and row security; processor: under the processor''s rights.';
comment on column public.import_targets.allowed_roles is
'Roles whose users may import; jobs without an owner are always allowed.';
comment on column public.import_targets.allowed_when is
'SQL condition on the owner''s claims (a jsonb value named claims) that must be true as well; null: no condition.';
comment on column public.import_targets.claims is
'Claims of the owner that a job keeps besides sub, role, aal and is_anonymous, for policies that read them.';
comment on column public.import_targets.on_duplicate_file is
'What to do with a file that its owner has already imported into this target: load, skip (completes) or reject
(fails).';
comment on column public.import_targets.options is
'Default options of jobs for this target; an option that the job sets takes precedence.';
comment on column public.import_targets.max_running_jobs is 'Maximum number of jobs that load into the target at once.';
comment on column public.import_targets.created_at is 'When the target was registered.';
comment on column public.import_targets.updated_at is 'When the target was last changed.';

alter table public.import_targets enable row level security;

revoke all on public.import_targets from public, anon, authenticated, service_role;
grant select (
  name, "table", columns, mode, key_columns, update_columns, on_duplicate_key, on_duplicate_file, options -- noqa: RF06
) on public.import_targets to authenticated;
grant select on public.import_targets to service_role;

create policy "signed-in users see what they can import into" on public.import_targets
for select to authenticated using (allowed_roles @> array[(select auth.jwt()) ->> 'role']);

-- A job may name a target or its table, so both 'people' and 'public.people' work; a target's name takes precedence.
-- The function is in plpgsql, which caches its plan for the session: a call takes 0.03 ms instead of 0.11 ms, and
-- every insert of a job makes one.
create function importer.find_target(name_or_table text) returns setof public.import_targets
language plpgsql stable rows 1 set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select t.*
  from public.import_targets as t
  where t.name = find_target.name_or_table or t."table" = find_target.name_or_table
  order by t.name = find_target.name_or_table desc, t.name
  limit 1;
end
$$;

comment on function importer.find_target(text) is
'Returns the target that has the given name or, failing that, the given table; no row if there is none.';

revoke all on function importer.find_target(text) from public, anon, authenticated, service_role;
