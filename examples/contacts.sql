-- The table of the example: contacts with the columns of a Brazilian spreadsheet.
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
