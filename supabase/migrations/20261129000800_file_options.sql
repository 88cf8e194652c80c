-- Options for files that other programs wrote: delimiters of several characters, such as `||`, `::`, `~|~` or a comma
-- and a space; totals below the records; quotes that must be regular; one file of an archive; empty fields that take
-- the default of their column; texts written as formulas; white space before quotes. None of them can be detected.

-- The words of a delimiter are spelled out, so a longer delimiter has no letters or digits.
create or replace function importer.check_import_options(options jsonb) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
declare
  invalid record;
begin
  if jsonb_typeof(options) <> 'object' then
    raise exception 'options must be a JSON object' using errcode = 'IJ102', hint = 'Write options as {"name": value}.';
  end if;
  if octet_length(options::text) > 65536 then
    raise exception 'options is larger than 64 kB' using errcode = 'IJ102',
    hint = 'Remove what is not an option; docs/reference/options.md lists the options.';
  end if;
  select given.key, known.kind into invalid
  from jsonb_each(options) as given
  left join (
    values
    ('encoding', 'a text'),
    ('delimiter', 'one to eight characters, or tab, comma, semicolon, pipe, colon or space'),
    ('quote', 'one character or none'), ('escape', 'one character or none'), ('comment', 'one character or none'),
    ('compression', 'a text'), ('has_header', 'a boolean'), ('skip_lines', 'a whole number'),
    ('skip_footer', 'a whole number'), ('skip_empty_rows', 'a boolean'), ('strict_quotes', 'a boolean'),
    ('skip_initial_space', 'a boolean'), ('member', 'a text'), ('empty_as', 'null or default'),
    ('formula_text', 'a boolean'),
    ('mapping', 'an object of text or null'), ('unknown_columns', 'ignore or error'), ('locale', 'a text'),
    ('decimal', 'one character'), ('thousands', 'one character or none'), ('date_formats', 'an array of text'),
    ('timestamp_formats', 'an array of text'), ('true_values', 'an array of text'),
    ('false_values', 'an array of text'), ('null_values', 'an array of text'), ('trim', 'a boolean'),
    ('time_zone', 'a text'), ('on_error', 'skip or abort'), ('max_errors', 'a whole number or a percentage'),
    ('max_seconds', 'a whole number from 1 on'),
    ('atomic', 'a boolean'), ('dry_run', 'a boolean'),
    ('inspect', 'a boolean'), ('output', 'a boolean'), ('force', 'a boolean'),
    ('delete_source', 'a boolean')
  ) as known (name, kind) on known.name = given.key
  where not coalesce(
    case known.kind
      when 'a text' then jsonb_typeof(given.value) = 'string' and given.value #>> '{}' <> ''
      when 'one character or none' then jsonb_typeof(given.value) = 'string' and length(given.value #>> '{}') <= 1
      when 'one character' then jsonb_typeof(given.value) = 'string' and length(given.value #>> '{}') = 1
      when 'one to eight characters, or tab, comma, semicolon, pipe, colon or space' then
        jsonb_typeof(given.value) = 'string' and (
          length(given.value #>> '{}') = 1
          or given.value #>> '{}' ~ E'^[^[:alnum:]\\r\\n]{2,8}$'
          or given.value #>> '{}' in ('tab', 'comma', 'semicolon', 'pipe', 'colon', 'space')
        )
      when 'a boolean' then jsonb_typeof(given.value) = 'boolean'
      when 'a whole number' then jsonb_typeof(given.value) = 'number' and given.value::text ~ '^[0-9]{1,9}$'
      when 'a whole number from 1 on' then
        jsonb_typeof(given.value) = 'number' and given.value::text ~ '^[1-9][0-9]{0,8}$'
      when 'a whole number or a percentage' then
        (jsonb_typeof(given.value) = 'number' and given.value::text ~ '^[0-9]{1,9}$')
        or (
          jsonb_typeof(given.value) = 'string'
          and given.value #>> '{}' ~ '^([0-9]{1,2}([.][0-9]{1,6})?|100([.]0{1,6})?)%$'
        )
      when 'an array of text' then
        jsonb_typeof(given.value) = 'array' and not jsonb_path_exists(given.value, 'strict $[*] ? (@.type() != "string")')
      when 'an object of text or null' then
        jsonb_typeof(given.value) = 'object'
        and not jsonb_path_exists(given.value, 'strict $.* ? (@.type() != "string" && @.type() != "null")')
      else given.value #>> '{}' = any (string_to_array(known.kind, ' or '))
    end, false
  )
  limit 1;
  if found and invalid.kind is null then
    raise exception 'unknown option "%"', left(invalid.key, 60)
    using errcode = 'IJ102', hint = 'See docs/reference/options.md for the names of all options.';
  elsif found then
    raise exception 'invalid value for option "%"', invalid.key
    using errcode = 'IJ102', hint = format('The value must be %s.', invalid.kind);
  end if;
end
$$;

comment on function importer.check_import_options(jsonb) is
'Raises IJ102 if the options contain an unknown name, or a value of the wrong type or outside its list.';

revoke all on function importer.check_import_options(jsonb) from public, anon, authenticated, service_role;
