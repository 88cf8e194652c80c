-- Postgres as the judge of values: which of these texts its own input conversion refuses for a
-- type, and why. It runs with the processor's rights; the type's name comes from the catalog
-- (format_type), not from a client.
create function importer.refused_values(type_name text, candidates text[])
returns table (candidate text, code text)
language plpgsql stable set search_path = ''
as $$
declare
  statement text := format('select cast($1 as %s)', type_name);
begin
  if current_setting('server_version_num')::integer >= 160000 then
    return query execute
      'select c, e.sql_error_code from unnest($1) as c, pg_input_error_info(c, $2) as e where e.sql_error_code is not null'
    using candidates, type_name;
    return;
  end if;
  foreach candidate in array candidates loop
    begin
      execute statement using candidate;
    exception when others then
      code := sqlstate;
      return next;
    end;
  end loop;
end
$$;

comment on function importer.refused_values(text, text[]) is
'Those of the texts that are not valid input for the type, with the SQLSTATE that Postgres gives for each.';

revoke all on function importer.refused_values(text, text[]) from public, anon, authenticated, service_role;
grant execute on function importer.refused_values(text, text[]) to import_processor;
