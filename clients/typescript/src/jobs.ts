/** Rows of `import_jobs`: create, read, cancel, retry, undo. */

import { answered } from "./errors.js";
import type { AnyClient, Client, Job, JobOptions, StoredFile } from "./types.js";

export interface JobSettings {
  /** Name of a registered target, or its table. */
  target: string;
  options?: JobOptions;
  /** Of one user's jobs, those with a higher priority run first. */
  priority?: number;
  /** The job does not start before. */
  runAfter?: Date;
  /** A second job with the same key is the first one. */
  idempotencyKey?: string;
  /** The job whose rejected rows this one brings again. */
  parentJobId?: string;
}

/** Create a job for a file in Storage. The same key makes one job, also from two tabs. */
export function createJob(supabase: AnyClient, file: StoredFile, settings: JobSettings): Promise<Job> {
  return call(supabase, "create_import_job", {
    bucket_id: file.bucket,
    object_path: file.path,
    file_name: file.name,
    target: settings.target,
    options: settings.options,
    priority: settings.priority,
    run_after: settings.runAfter,
    idempotency_key: settings.idempotencyKey,
    parent_job_id: settings.parentJobId,
  });
}

/** Return a job. Throws `IJ108` if there is none, or none of the user's. */
export function getJob(supabase: AnyClient, id: string): Promise<Job> {
  return answered((supabase as Client).from("import_jobs").select().eq("id", id).maybeSingle());
}

/** Cancel a pending or running job; rows that are in the target stay there. */
export function cancel(supabase: AnyClient, id: string): Promise<Job> {
  return call(supabase, "cancel_import_job", { id });
}

/** Let a failed or cancelled job go on where it was; options are added to its own. */
export function retry(supabase: AnyClient, id: string, options?: JobOptions): Promise<Job> {
  return call(supabase, "retry_import_job", { id, options });
}

/**
 * Ask that what a completed job wrote be taken back. A processor does it: `watch` follows the job until `undone_at` is
 * set, or `undo_error_code`, `undo_error_message` and `undo_error_hint` say why it was not done.
 */
export function undo(supabase: AnyClient, id: string): Promise<Job> {
  return call(supabase, "undo_import_job", { id });
}

/** Whether nothing more happens to a job by itself: it has ended, and no undo is under way. */
export function hasEnded(job: Pick<Job, "status"> & Partial<Job>): boolean {
  const isUndone = !job.undo_requested_at || job.undone_at || job.undo_error_code;
  return !!isUndone && job.status !== "pending" && job.status !== "running";
}

function call(supabase: AnyClient, name: string, args: object): Promise<Job> {
  return answered(supabase.rpc(name, args));
}
