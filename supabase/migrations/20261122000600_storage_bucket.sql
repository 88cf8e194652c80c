-- The bucket, and who may do what in it: signed-in users put and get below a folder named by their
-- id. A Postgres without Supabase's Storage schema is left alone.
do $$
begin
  if to_regclass('storage.objects') is null then
    return;
  end if;
  insert into storage.buckets (id, name, public) values ('imports', 'imports', false)
  on conflict (id) do update set public = false;

  create policy "import-jobs: users upload below their id" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'imports' and (storage.foldername(name))[1] = (select auth.uid())::text);

  create policy "import-jobs: users read below their id" on storage.objects
  for select to authenticated
  using (bucket_id = 'imports' and (storage.foldername(name))[1] = (select auth.uid())::text);
end
$$;
