-- Postgres as the judge of values: which of these texts its own input conversion refuses for a
-- type, and why. It runs with the processor's rights; the type's name comes from the catalog
-- (format_type), not from a client.
create function importer.refused_values(type_name text, candidates text[])
returns table (candidate text, code text)
language plpgsql stable set search_path = ''
as $$
declare
  -- A cast would cut off what is too long; jsonb_to_record gives a text to the type's input
  -- function with its modifier, as COPY does. As an array's element, JSON gets there unquoted too.
  is_array constant boolean := type_name like '%[]';
  statement constant text := format(
    'select r.v from jsonb_to_record(jsonb_build_object(''v'', $1)) as r (v %s)',
    type_name || case when is_array then '' else '[]' end
  );
  refused jsonb;
begin
  perform type_name::regtype; -- 42704 when there is no such type, before each value is blamed for it
  if current_setting('server_version_num')::integer >= 160000 then
    begin
      execute
        'select jsonb_agg(jsonb_build_array(c, e.sql_error_code))
        from unnest($1) as c, pg_input_error_info(c, $2) as e where e.sql_error_code is not null'
      into refused using candidates, type_name;
      return query select r.value ->> 0, r.value ->> 1 from jsonb_array_elements(refused) as r;
      return;
    exception when others then
      refused := null; -- a domain's check raised instead of answering: one by one, as before 16
    end;
  end if;
  foreach candidate in array candidates loop
    begin
      execute statement using case
        when is_array then candidate
        else '{"' || replace(replace(candidate, '\', '\\'), '"', '\"') || '"}'
      end;
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
