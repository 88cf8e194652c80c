-- Settings of the installation: limits, and the URL and the token of the doorbell. Both of these are secrets of Vault
-- if it is installed; otherwise they are rows of importer.settings, which no client can read.

create table importer.settings (
  name text primary key,
  value text not null,
  updated_at timestamptz not null default now()
);

comment on table importer.settings is
'Limits, import_jobs_processor_url and import_jobs_wake_token; Vault secrets of these names take precedence.';
comment on column importer.settings.name is 'Name of the setting.';
comment on column importer.settings.value is 'Value of the setting, as text.';
comment on column importer.settings.updated_at is 'When the setting was last written.';

revoke all on importer.settings from public, anon, authenticated, service_role;

-- The only function that reads secrets. It queries Vault with dynamic SQL, because Vault may not be installed.
create function importer.setting(name text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  secrets constant regclass := to_regclass('vault.decrypted_secrets');
  secret text;
begin
  if secrets is not null then
    execute format('select decrypted_secret from %s where name = $1 order by created_at desc limit 1', secrets)
    into secret using setting.name;
  end if;
  return coalesce(secret, (select s.value from importer.settings as s where s.name = setting.name));
end
$$;

comment on function importer.setting(text) is
'Returns the value of a setting: the Vault secret of that name, else the row in importer.settings, else null.';

revoke all on function importer.setting(text) from public, anon, authenticated, service_role;

create function importer.setting_number(name text, default_value bigint) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(
      (
        select s.value::bigint from importer.settings as s
        where s.name = setting_number.name and s.value ~ '^[0-9]{1,18}$'
      ),
      setting_number.default_value
    )
  );
end
$$;

comment on function importer.setting_number(text, bigint) is
'Returns a setting as a whole number; the default if the setting is missing or not a whole number.';

revoke all on function importer.setting_number(text, bigint) from public, anon, authenticated, service_role;

-- The processor asks the database for the token of the doorbell, so that its environment needs no copy.
create function importer.wake_token() returns text
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select importer.setting('import_jobs_wake_token')
$$;

comment on function importer.wake_token() is 'Returns the token that rings the processor; null if none is configured.';

revoke all on function importer.wake_token() from public, anon, authenticated, service_role;
grant execute on function importer.wake_token() to import_processor;

-- Called by `import-jobs configure`, or by hand. Stores both values in Vault if it is installed.
create function importer.configure(processor_url text, wake_token text) returns text
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  secrets constant regclass := to_regclass('vault.decrypted_secrets');
  vault constant regnamespace := to_regnamespace('vault');
  secret record;
  secret_id uuid;
begin
  if secrets is null then
    insert into importer.settings (name, value)
    values ('import_jobs_processor_url', processor_url), ('import_jobs_wake_token', wake_token)
    on conflict (name) do update set value = excluded.value, updated_at = now();
    return 'importer.settings';
  end if;
  for secret in
    select * from (values ('import_jobs_processor_url', processor_url), ('import_jobs_wake_token', wake_token))
      as s (name, value)
  loop
    execute format('select id from %s where name = $1', secrets) into secret_id using secret.name;
    if secret_id is null then
      execute format('select %s.create_secret($1, $2)', vault) using secret.value, secret.name;
    else
      execute format('select %s.update_secret($1, $2)', vault) using secret_id, secret.value;
    end if;
  end loop;
  delete from importer.settings where name in ('import_jobs_processor_url', 'import_jobs_wake_token');
  return 'vault';
end
$$;

comment on function importer.configure(text, text) is
'Stores the URL of the processor and the token of the doorbell; returns where: vault or importer.settings.';

revoke all on function importer.configure(text, text) from public, anon, authenticated, service_role;
