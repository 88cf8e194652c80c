-- What may be imported, into which table, by what rules: an allow-list that administrators write.
create table public.import_targets (
  name text primary key check (name <> '' and length(name) <= 200),
  table_name text not null,
  columns jsonb not null check (jsonb_typeof(columns) = 'object'),
  options jsonb not null default '{}' check (jsonb_typeof(options) = 'object'),
  max_running_jobs integer not null default 4 check (max_running_jobs > 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

comment on table public.import_targets is
'Tables that files may be imported into. Written by administrators, best with importer.register_target().';
comment on column public.import_targets.name is 'What a job names in its column target.';
comment on column public.import_targets.table_name is
'The table, as text that to_regclass() understands, for example public.people.';
comment on column public.import_targets.columns is
'Column name → settings. A column that is not listed is never written, whatever the file''s header says.';
comment on column public.import_targets.options is
'Defaults for the options of jobs into this target; what the job says wins.';
comment on column public.import_targets.max_running_jobs is
'How many jobs may load into it at the same time.';
comment on column public.import_targets.created_at is 'When the target was registered.';
comment on column public.import_targets.updated_at is 'When it was last registered again.';

alter table public.import_targets enable row level security;

revoke all on public.import_targets from public, anon, authenticated, service_role;
grant select on public.import_targets to authenticated, service_role;

create policy "signed-in users see what they can import into" on public.import_targets
for select to authenticated using (true);
