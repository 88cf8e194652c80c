-- A target is judged when it is written, so that a wrong one is not found by the first job. Invoker:
-- what it looks at is the administrator's own.
create function importer.check_import_target() returns trigger
language plpgsql set search_path = ''
as $$
declare
  relation regclass := to_regclass(new."table");
  known text[];
  strange text;
begin
  perform importer.check_import_options(new.options);
  if jsonb_typeof(new.columns) <> 'object'
    or jsonb_path_exists(new.columns, 'strict $.* ? (@.type() != "object")')
    or jsonb_path_exists(new.columns, 'lax $.*.aliases ? (@.type() != "string")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.aliases) && @.aliases.type() != "array")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.required) && @.required.type() != "boolean")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.default) && @.default.type() != "string")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.position) && @.position.type() != "number")')
  then
    raise exception 'the settings of a column are not as they must be' using errcode = 'IJ102',
    hint = 'Write each column as an object, such as {"phone": {"aliases": ["Celular"]}}.';
  end if;
  select format('%s of %s', s.key, c.key) into strange
  from jsonb_each(new.columns) as c cross join lateral jsonb_object_keys(c.value) as s (key)
  where s.key not in (
    'aliases', 'required', 'default', 'type', 'position', 'normalise', 'case', 'null_values', 'trim', 'locale', 'decimal',
    'thousands', 'date_formats', 'timestamp_formats', 'true_values', 'false_values', 'time_zone'
  )
  limit 1;
  if found then
    raise exception 'unknown setting "%"', left(strange, 100) using errcode = 'IJ102',
    hint = 'docs/csv.md lists the settings of a column.';
  end if;
  -- Staged rows have these besides their own.
  if new.columns ?| array['#record', '#line'] then
    raise exception 'a column cannot be called #record or #line' using errcode = 'IJ113', hint = 'Rename it in the table.';
  end if;
  if new.mode = 'none' and exists (
    select from jsonb_each(new.columns) as c where to_regtype(coalesce(c.value ->> 'type', 'text')) is null
  ) then
    raise exception 'a column has no type that exists' using errcode = 'IJ113',
    hint = 'Without a table, a column''s type is in its settings, such as {"amount": {"type": "numeric(12,2)"}}, else text.';
  end if;
  if relation is not null then
    select array_agg(i.name) into known from importer.insertable_columns(relation) as i;
    select c.name into strange
    from unnest(new.key_columns || new.update_columns || array[new.owner_column, new.provenance_column]) as c (name)
    where c.name is not null and not c.name = any (known);
    if found then
      raise exception 'the table has no column "%" that can be written', strange using errcode = 'IJ113',
      hint = format('Choose among: %s.', array_to_string(known, ', '));
    end if;
    if new.mode in ('upsert', 'update', 'ignore') and new.key_columns is not null
      and not importer.is_key(relation, new.key_columns)
    then
      raise exception 'key_columns are not the key of the table' using errcode = 'IJ113',
      hint = 'They must be exactly the columns of its primary key or of a unique constraint without a condition.';
    end if;
  end if;
  if exists (
    select from unnest(new.key_columns || new.update_columns) as c (name)
    where not new.columns ? c.name and c.name is distinct from new.owner_column
  ) then
    raise exception 'a key or update column is not among the columns' using errcode = 'IJ113',
    hint = 'key_columns and update_columns are columns of the target, or its owner_column.';
  end if;
  -- An owner's and a provenance column never come from the file.
  new.columns := new.columns - coalesce(new.owner_column, '') - coalesce(new.provenance_column, '');
  perform importer.condition_holds(new.allowed_when, '{}');
  new.updated_at := now();
  return new;
end
$$;

comment on function importer.check_import_target() is
'Trigger function: refuses wrong default options (IJ102) and a definition that cannot work (IJ113).';

revoke all on function importer.check_import_target() from public, anon, authenticated, service_role;

create trigger check_import_target before insert or update on public.import_targets
for each row execute function importer.check_import_target();
