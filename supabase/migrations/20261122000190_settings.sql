-- Settings of the installation; the home of the doorbell's URL and token where there is no Vault.
create table importer.settings (
  name text primary key,
  value text not null,
  updated_at timestamptz not null default now()
);

comment on table importer.settings is
'import_jobs_processor_url, import_jobs_wake_token (Vault''s secrets of these names win) and limits.';
comment on column importer.settings.name is 'Name of the setting.';
comment on column importer.settings.value is 'Its value, as text.';
comment on column importer.settings.updated_at is 'When it was last written.';

revoke all on importer.settings from public, anon, authenticated, service_role;
