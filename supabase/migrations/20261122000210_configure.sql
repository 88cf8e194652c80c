-- Stores URL and token in Vault where there is one. Called by `import-jobs configure`, or by hand.
create function importer.configure(processor_url text, wake_token text) returns text
language plpgsql security invoker set search_path = ''
as $$
declare
  secret record;
  secret_id uuid;
begin
  if to_regclass('vault.decrypted_secrets') is null then
    insert into importer.settings (name, value)
    values ('import_jobs_processor_url', processor_url), ('import_jobs_wake_token', wake_token)
    on conflict (name) do update set value = excluded.value, updated_at = now();
    return 'importer.settings';
  end if;
  for secret in
    select * from (values ('import_jobs_processor_url', processor_url), ('import_jobs_wake_token', wake_token))
      as s (name, value)
  loop
    execute 'select id from vault.decrypted_secrets where name = $1' into secret_id using secret.name;
    if secret_id is null then
      execute 'select vault.create_secret($1, $2)' using secret.value, secret.name;
    else
      execute 'select vault.update_secret($1, $2)' using secret_id, secret.value;
    end if;
  end loop;
  delete from importer.settings where name in ('import_jobs_processor_url', 'import_jobs_wake_token');
  return 'vault';
end
$$;

comment on function importer.configure(text, text) is
'Stores where the processor listens and the token that rings it; says where they went (vault or importer.settings).';

revoke all on function importer.configure(text, text) from public, anon, authenticated, service_role;
