create function importer.is_key(relation regclass, columns text[]) returns boolean
language sql stable set search_path = ''
as $$
  select exists (
    select from pg_catalog.pg_index as i
    where i.indrelid = is_key.relation and i.indisunique and i.indpred is null and i.indexprs is null and i.indisvalid
      and (
        select array_agg(a.attname::text order by a.attname::text)
        from pg_catalog.pg_attribute as a
        where a.attrelid = i.indrelid and a.attnum = any ((i.indkey::smallint[])[0 : i.indnkeyatts - 1])
      ) = (select array_agg(distinct c.name order by c.name) from unnest(is_key.columns) as c (name))
  )
$$;

comment on function importer.is_key(regclass, text[]) is
'Whether a unique index without a condition is on exactly these columns, so that ON CONFLICT can name them.';

revoke all on function importer.is_key(regclass, text[]) from public, anon, authenticated, service_role;
