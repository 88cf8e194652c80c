-- What importer.next_jobs knows of a job that has come to the front.
create type importer.queued_job as (
  name text, target_room bigint, owner uuid, owner_room bigint, priority integer, turn bigint, last_start timestamptz,
  created_at timestamptz, id uuid
);

comment on type importer.queued_job is 'A due job with its turn; used by importer.next_jobs alone.';
