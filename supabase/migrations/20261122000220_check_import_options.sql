-- Options are judged at the insert, so that a wrong one is known before the file has been read for
-- an hour. One row for each option; 'marks' are the single characters of the dialect, of which those
-- that delimit have names as well.
create function importer.check_import_options(options jsonb) returns void
language plpgsql immutable set search_path = ''
as $$
declare
  wrong record;
begin
  if jsonb_typeof(options) <> 'object' then
    raise exception 'options is not a JSON object' using errcode = 'IJ102', hint = 'Write options as {"name": value}.';
  end if;
  if octet_length(options::text) > 65536 then
    raise exception 'options is larger than 64 kB' using errcode = 'IJ102', hint = 'Keep only the names in docs/sql.md.';
  end if;
  select given.key, known.kind into wrong
  from jsonb_each(options) as given
  left join (
    values
    ('encoding', 'text'), ('delimiter', 'one mark, or tab, comma, semicolon, pipe, colon or space'),
    ('quote', 'mark'), ('escape', 'mark'), ('comment', 'mark'),
    ('compression', 'text'), ('has_header', 'boolean'), ('skip_lines', 'count'), ('mapping', 'object of text'),
    ('unknown_columns', 'ignore|error'), ('locale', 'text'), ('decimal', 'one mark'), ('thousands', 'mark'),
    ('date_formats', 'array of text'), ('timestamp_formats', 'array of text'), ('true_values', 'array of text'),
    ('false_values', 'array of text'), ('null_values', 'array of text'), ('trim', 'boolean'), ('time_zone', 'text'),
    ('on_error', 'skip|abort'), ('max_errors', 'count or per cent'), ('atomic', 'boolean'), ('dry_run', 'boolean'),
    ('output', 'boolean'), ('force', 'boolean'), ('delete_source', 'boolean')
  ) as known (name, kind) on known.name = given.key
  where not coalesce(
    case known.kind
      when 'text' then jsonb_typeof(given.value) = 'string' and given.value #>> '{}' <> ''
      when 'mark' then jsonb_typeof(given.value) = 'string' and length(given.value #>> '{}') <= 1
      when 'one mark' then jsonb_typeof(given.value) = 'string' and length(given.value #>> '{}') = 1
      when 'one mark, or tab, comma, semicolon, pipe, colon or space' then
        jsonb_typeof(given.value) = 'string' and (
          length(given.value #>> '{}') = 1
          or given.value #>> '{}' in ('tab', 'comma', 'semicolon', 'pipe', 'colon', 'space')
        )
      when 'boolean' then jsonb_typeof(given.value) = 'boolean'
      when 'count' then jsonb_typeof(given.value) = 'number' and given.value::text ~ '^[0-9]{1,9}$'
      when 'count or per cent' then
        (jsonb_typeof(given.value) = 'number' and given.value::text ~ '^[0-9]{1,9}$')
        or (
          jsonb_typeof(given.value) = 'string'
          and given.value #>> '{}' ~ '^([0-9]{1,2}([.][0-9]{1,6})?|100([.]0{1,6})?)%$'
        )
      when 'array of text' then
        jsonb_typeof(given.value) = 'array' and not jsonb_path_exists(given.value, 'strict $[*] ? (@.type() != "string")')
      when 'object of text' then
        jsonb_typeof(given.value) = 'object' and not jsonb_path_exists(given.value, 'strict $.* ? (@.type() != "string")')
      else given.value #>> '{}' = any (string_to_array(known.kind, '|'))
    end, false
  )
  limit 1;
  if found and wrong.kind is null then
    raise exception 'unknown option "%"', left(wrong.key, 60)
    using errcode = 'IJ102', hint = 'docs/sql.md lists the names of all options.';
  elsif found then
    raise exception 'option "%" has a wrong value', wrong.key
    using errcode = 'IJ102',
    hint = format('It takes: %s.', regexp_replace(wrong.kind, '^(one )?mark', 'one character'));
  end if;
end
$$;

comment on function importer.check_import_options(jsonb) is
'Raises IJ102 for an unknown option or one with a wrong type or value.';

revoke all on function importer.check_import_options(jsonb) from public, anon, authenticated, service_role;
