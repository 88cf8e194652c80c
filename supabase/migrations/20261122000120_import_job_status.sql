-- The states of a job; `pending` and `running` are the two from which something still happens by
-- itself.
create type public.import_job_status as enum ('pending', 'running', 'completed', 'failed', 'cancelled');

comment on type public.import_job_status is
'pending → running → completed | failed | cancelled; a retry goes back to pending.';
