-- Limits are told in bytes, as people see them in files; left() counts characters. The byte behind a
-- cut that splits no character is the first of one: in UTF-8 these are all but 10xxxxxx, and one of
-- any four in a row is such a byte.
create function importer.first_bytes(value text, bytes integer) returns text
language sql stable set search_path = ''
as $$
  select case
    when octet_length(first_bytes.value) <= first_bytes.bytes then first_bytes.value
    else (
      select convert_from(substring(w.whole from 1 for n.place), 'UTF8')
      from (select convert_to(first_bytes.value, 'UTF8') as whole) as w
      cross join lateral generate_series(first_bytes.bytes, first_bytes.bytes - 3, -1) as n (place)
      where get_byte(w.whole, n.place) & 192 <> 128
      order by n.place desc
      limit 1
    )
  end
$$;

comment on function importer.first_bytes(text, integer) is
'The beginning of a text: as many whole characters as fit into so many bytes of UTF-8 (4 at least).';

revoke all on function importer.first_bytes(text, integer) from public, anon, authenticated, service_role;
