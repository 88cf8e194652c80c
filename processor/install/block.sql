do $import_jobs$
begin
  perform pg_advisory_xact_lock(hashtextextended('import-jobs migrate', 0));
  if to_regclass('importer.migrations') is not null then
    if exists (select from importer.migrations where version = ':version') then
      return;
    end if;
  end if;
  execute $migration$
:sql$migration$;
:prepare  insert into importer.migrations (version, name, sha256, release)
  values (':version', ':name', ':sha256', ':release');
end
$import_jobs$;
