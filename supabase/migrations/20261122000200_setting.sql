-- The one reader of secrets and settings in the database. Vault is asked by dynamic SQL: it need
-- not exist.
create function importer.setting(name text) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  found_value text;
begin
  if to_regclass('vault.decrypted_secrets') is not null then
    execute 'select decrypted_secret from vault.decrypted_secrets where name = $1 order by created_at desc limit 1'
    into found_value using setting.name;
  end if;
  return coalesce(found_value, (select s.value from importer.settings as s where s.name = setting.name));
end
$$;

comment on function importer.setting(text) is
'The value of a setting: a Vault secret of that name, else the row in importer.settings, else null.';

revoke all on function importer.setting(text) from public, anon, authenticated, service_role;
