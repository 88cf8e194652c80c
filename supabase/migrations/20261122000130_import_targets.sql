-- What may be imported, into which table, by what rules: an allow-list that administrators write.
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
'Tables that files may be imported into. Written by administrators, best with importer.register_target().';
comment on column public.import_targets.name is 'What a job names in its column target.';
comment on column public.import_targets."table" is -- noqa: RF06
'The table, as text that to_regclass() understands, for example public.people; null for mode none.';
comment on column public.import_targets.columns is
'Column name → settings: aliases, required, default, normaliser, null_values, formats. What is not listed is not written.';
comment on column public.import_targets.mode is
'insert; upsert; ignore (rows whose key is there are skipped); update (rows whose key is not there are skipped);
replace (the owner''s rows, or all for an administrator, are exchanged at once); none (no table: the file is cleaned).';
comment on column public.import_targets.key_columns is 'The key of upsert, ignore and update; a unique constraint covers it.';
comment on column public.import_targets.update_columns is
'What upsert and update write into rows that are there; null: all columns of the file but the key.';
comment on column public.import_targets.on_duplicate_key is
'A key that stands in the file again: last wins, or error rejects all but the first.';
comment on column public.import_targets.owner_column is 'Gets the job''s owner in each row; never comes from the file.';
comment on column public.import_targets.provenance_column is 'Gets the job''s id in each new row, which undo goes by.';
comment on column public.import_targets.run_as is
'uploader: jobs of users write under the user''s own rights and row security; processor: under the processor''s.';
comment on column public.import_targets.allowed_roles is 'Roles whose users may import; jobs without an owner always may.';
comment on column public.import_targets.allowed_when is
'An SQL condition on the owner''s claims (a jsonb named claims) that must hold as well; null: none.';
comment on column public.import_targets.claims is
'Claims that a job keeps of its owner besides sub, role, aal and is_anonymous, for the policies that need them.';
comment on column public.import_targets.on_duplicate_file is
'What a file does that the same owner has imported into this target before: load, skip (completes) or reject (fails).';
comment on column public.import_targets.options is
'Defaults for the options of jobs into this target; what the job says wins.';
comment on column public.import_targets.max_running_jobs is
'How many jobs may load into it at the same time.';
comment on column public.import_targets.created_at is 'When the target was registered.';
comment on column public.import_targets.updated_at is 'When it was last changed.';

alter table public.import_targets enable row level security;

revoke all on public.import_targets from public, anon, authenticated, service_role;
grant select (
  name, "table", columns, mode, key_columns, update_columns, on_duplicate_key, on_duplicate_file, options -- noqa: RF06
) on public.import_targets to authenticated;
grant select on public.import_targets to service_role;

create policy "signed-in users see what they can import into" on public.import_targets
for select to authenticated using (allowed_roles @> array[(select auth.jwt()) ->> 'role']);
