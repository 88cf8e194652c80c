-- The table of the example: contacts as a Brazilian spreadsheet has them.
create table public.contacts (
  id bigint generated always as identity primary key,
  nome text not null,
  email text unique,
  telefone varchar(20),
  cidade text,
  nascimento date,
  limite numeric(10, 2) default 0,
  ativo boolean not null default true
);

alter table public.contacts enable row level security;

select importer.register_target('public.contacts');
