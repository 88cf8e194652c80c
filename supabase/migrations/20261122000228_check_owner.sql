-- What a job of a user must satisfy besides.
create function importer.check_owner(job public.import_jobs, target public.import_targets) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  -- A client may name only what it may read itself: the processor reads with a key that may read all.
  if (select auth.uid()) is not null
    and (job.bucket_id <> 'imports' or split_part(job.object_path, '/', 1) <> (select auth.uid())::text)
  then
    raise exception 'the file is not in your folder of the bucket imports' using errcode = 'IJ602',
    hint = 'Upload it to <your user id>/… in the bucket imports and name that path.';
  end if;
  if target.name is not null
    and not importer.may_use(target.name, importer.current_identity(job.created_by, target.claims))
  then
    raise exception 'this target is not for you' using errcode = 'IJ601',
    hint = 'An administrator decides who may import into it: import_targets.allowed_roles and allowed_when.';
  end if;
end
$$;

comment on function importer.check_owner(public.import_jobs, public.import_targets) is
'Raises IJ602 for a file, IJ601 for a target that is not the owner''s to use.';

revoke all on function importer.check_owner(public.import_jobs, public.import_targets)
from public, anon, authenticated, service_role;
