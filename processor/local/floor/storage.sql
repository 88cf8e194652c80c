-- Schema storage with the tables, owner and grants of a Supabase project.
-- A superuser applies this file after roles.sql. Everything belongs to supabase_storage_admin.
create schema if not exists storage authorization supabase_storage_admin;

set role supabase_storage_admin;

grant usage on schema storage to anon, authenticated, service_role;
grant all on schema storage to postgres with grant option;
alter default privileges in schema storage
grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges in schema storage
grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges in schema storage
grant all on sequences to postgres, anon, authenticated, service_role;

do $$
begin
  if to_regtype('storage.buckettype') is null then
    create type storage.buckettype as enum ('STANDARD', 'ANALYTICS', 'VECTOR');
  end if;
end
$$;

create table if not exists storage.buckets (
  id text primary key,
  name text not null check (length(name) <= 100), -- noqa: RF04
  owner uuid, -- noqa: RF04
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  public boolean default false, -- noqa: RF04
  avif_autodetection boolean default false,
  file_size_limit bigint,
  allowed_mime_types text[],
  owner_id text,
  type storage.buckettype not null default 'STANDARD' -- noqa: RF04
);
create unique index if not exists bname on storage.buckets (name);

create table if not exists storage.objects (
  id uuid primary key default gen_random_uuid(),
  bucket_id text,
  name text, -- noqa: RF04
  owner uuid, -- noqa: RF04
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  last_accessed_at timestamptz default now(),
  metadata jsonb,
  path_tokens text[] generated always as (string_to_array(name, '/')) stored,
  version text, -- noqa: RF04
  owner_id text,
  user_metadata jsonb,
  constraint "objects_bucketId_fkey" foreign key (bucket_id) references storage.buckets (id)
);
create unique index if not exists bucketid_objname on storage.objects (bucket_id, name);
create index if not exists name_prefix_search on storage.objects (name text_pattern_ops);
create index if not exists idx_objects_bucket_id_name
on storage.objects (bucket_id, name collate "C");

alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;

-- As in hosted projects, postgres has the grant option and may grant these privileges to other roles.
grant all on storage.buckets, storage.objects to postgres with grant option;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;

create or replace function storage.foldername(name text)
returns text[]
language sql immutable set search_path = ''
as $$
  select (string_to_array(foldername.name, '/'))[
    1 : cardinality(string_to_array(foldername.name, '/')) - 1
  ]
$$;

create or replace function storage.filename(name text)
returns text
language sql immutable set search_path = ''
as $$
  select (string_to_array(filename.name, '/'))[cardinality(string_to_array(filename.name, '/'))]
$$;

create or replace function storage.extension(name text)
returns text
language sql immutable set search_path = ''
as $$
  select split_part(storage.filename(extension.name), '.', -1)
$$;

-- Returns the name of the Storage API call that runs this transaction, for use in policies.
create or replace function storage.operation()
returns text
language sql stable set search_path = ''
as $$
  select current_setting('storage.operation', true)
$$;

create or replace function storage.get_size_by_bucket()
returns table (size bigint, bucket_id text)
language sql stable set search_path = ''
as $$
  select sum((objects.metadata ->> 'size')::bigint)::bigint, objects.bucket_id
  from storage.objects
  group by objects.bucket_id
$$;

-- Lists one level of a folder: its files, and each of its subfolders once, with a null id.
create or replace function storage.search(
  prefix text,
  bucketname text,
  limits integer default 100,
  levels integer default 1,
  offsets integer default 0,
  search text default '',
  sortcolumn text default 'name',
  sortorder text default 'asc'
)
returns table (
  name text,
  id uuid,
  updated_at timestamptz,
  created_at timestamptz,
  last_accessed_at timestamptz,
  metadata jsonb
)
language sql stable set search_path = ''
as $$
  with matching as (
    select
      objects.path_tokens[search.levels] as entry,
      cardinality(objects.path_tokens) > search.levels as is_folder,
      objects.id,
      objects.updated_at,
      objects.created_at,
      objects.last_accessed_at,
      objects.metadata
    from storage.objects
    where objects.bucket_id = search.bucketname
      and starts_with(
        lower(objects.name),
        lower(coalesce(search.prefix, '') || coalesce(search.search, ''))
      )
  ),

  entries as (
    select
      matching.entry,
      null::uuid as id,
      null::timestamptz as updated_at,
      null::timestamptz as created_at,
      null::timestamptz as last_accessed_at,
      null::jsonb as metadata,
      null::timestamptz as moment
    from matching
    where matching.is_folder
    group by matching.entry
    union all
    select
      matching.entry,
      matching.id,
      matching.updated_at,
      matching.created_at,
      matching.last_accessed_at,
      matching.metadata,
      case lower(search.sortcolumn)
        when 'updated_at' then matching.updated_at
        when 'created_at' then matching.created_at
        when 'last_accessed_at' then matching.last_accessed_at
      end
    from matching
    where not matching.is_folder
  )

  select
    entries.entry,
    entries.id,
    entries.updated_at,
    entries.created_at,
    entries.last_accessed_at,
    entries.metadata
  from entries
  order by
    lower(search.sortcolumn) in ('updated_at', 'created_at', 'last_accessed_at')
      and entries.id is not null,
    case when lower(search.sortorder) = 'asc' then entries.moment end,
    case when lower(search.sortorder) <> 'asc' then entries.moment end desc,
    case when lower(search.sortorder) = 'asc' then lower(entries.entry) collate "C" end,
    case when lower(search.sortorder) <> 'asc' then lower(entries.entry) collate "C" end desc
  limit least(coalesce(search.limits, 100), 1500)
  offset coalesce(search.offsets, 0)
$$;

-- Tries the insert and always raises: PT200 when the insert is allowed, otherwise the policy's error.
-- Authors of policies know the function from hosted projects.
create or replace function storage.can_insert_object(
  bucketid text, name text, owner uuid, metadata jsonb
)
returns void
language plpgsql set search_path = ''
as $$
begin
  insert into storage.objects (bucket_id, name, owner, metadata)
  values (
    can_insert_object.bucketid,
    can_insert_object.name,
    can_insert_object.owner,
    can_insert_object.metadata
  );
  raise sqlstate 'PT200' using
    message = 'ROLLBACK',
    detail = 'rollback successful insert';
end
$$;

create or replace function storage.update_updated_at_column()
returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.updated_at = now();
  return new;
end
$$;

create or replace trigger update_objects_updated_at
before update on storage.objects
for each row execute function storage.update_updated_at_column();

-- A row deleted by SQL would leave its file behind. Deletes are therefore allowed only when a setting
-- is on, which the Storage API sets.
create or replace function storage.protect_delete()
returns trigger
language plpgsql set search_path = ''
as $$
begin
  if coalesce(current_setting('storage.allow_delete_query', true), 'false') <> 'true' then
    raise exception
      'Direct deletion from storage tables is not allowed. Use the Storage API instead.'
      using
        errcode = '42501',
        hint = 'This prevents accidental data loss from orphaned objects.';
  end if;
  return null;
end
$$;

create or replace trigger protect_buckets_delete
before delete on storage.buckets
for each statement execute function storage.protect_delete();

create or replace trigger protect_objects_delete
before delete on storage.objects
for each statement execute function storage.protect_delete();

reset role;
