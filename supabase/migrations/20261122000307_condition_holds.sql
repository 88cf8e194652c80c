-- A target's condition is SQL that an administrator wrote; only administrators can write targets. It is evaluated with
-- the rights of this function's owner, so that it may look into tables of the application. Names in it are qualified.
create function importer.condition_holds(condition text, claims jsonb) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
  holds boolean;
begin
  if condition is null then
    return true;
  end if;
  execute format('select (%s) from (select $1 as claims) as c', condition) into holds using condition_holds.claims;
  return coalesce(holds, false);
exception when others then
  raise exception 'allowed_when cannot be evaluated (SQLSTATE %)', sqlstate using errcode = 'IJ113',
  hint = 'It is an SQL condition on the jsonb claims, such as claims ->> ''aal'' = ''aal2''; names are qualified.';
end
$$;

comment on function importer.condition_holds(text, jsonb) is
'Whether a target''s allowed_when is true of the claims; raises IJ113 when it cannot be evaluated.';

revoke all on function importer.condition_holds(text, jsonb) from public, anon, authenticated, service_role;
