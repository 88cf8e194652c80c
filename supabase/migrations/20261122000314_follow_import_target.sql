-- The processor's grants follow the allow-list, whoever writes it and however. Invoker: who may not grant on a table
-- cannot make it a target.
create function importer.follow_import_target() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if tg_op in ('UPDATE', 'DELETE') and to_regclass(old."table") is not null then
    perform importer.grant_target(to_regclass(old."table"));
  end if;
  if tg_op in ('INSERT', 'UPDATE') and to_regclass(new."table") is not null then
    perform importer.grant_target(to_regclass(new."table"));
  end if;
  return null;
end
$$;

comment on function importer.follow_import_target() is
'Trigger function: grants and revokes what the processor needs for the targets of a table.';

revoke all on function importer.follow_import_target() from public, anon, authenticated, service_role;

create trigger follow_import_target after insert or update or delete on public.import_targets
for each row execute function importer.follow_import_target();
