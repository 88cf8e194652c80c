-- A sweep each minute by the database itself, where pg_cron is installed (1.4 knows nothing under a
-- minute).
do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('import-jobs-sweep', '* * * * *', 'select importer.sweep_import_jobs()');
  end if;
end
$$;
