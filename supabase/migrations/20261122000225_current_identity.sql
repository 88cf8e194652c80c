-- The role that is really in force, not the one that a claim names: PostgREST sets both alike, a
-- connection by hand need not. One that row security does not concern stands for an administrator or
-- the service acting for a user.
create function importer.current_identity(owner uuid, listed text[]) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select jsonb_build_object('role', c.role, 'claims', c.kept || jsonb_build_object('sub', owner, 'role', c.role))
    from (
      select
        case when r.rolsuper or r.rolbypassrls or r.rolcanlogin then 'authenticated' else r.rolname::text end as role,
        coalesce(
          (
            select jsonb_object_agg(g.key, g.value)
            from jsonb_each(auth.jwt()) as g
            where (g.key in ('aal', 'is_anonymous') or g.key = any (listed)) and auth.uid() = owner
          ), '{}'
        ) as kept
      from pg_catalog.pg_roles as r
      where r.rolname = coalesce(nullif(current_setting('role', true), 'none'), session_user)
    ) as c
  );
end
$$;

comment on function importer.current_identity(uuid, text[]) is
'Role and claims under which a job runs that is inserted now for this owner.';

revoke all on function importer.current_identity(uuid, text[]) from public, anon, authenticated, service_role;
