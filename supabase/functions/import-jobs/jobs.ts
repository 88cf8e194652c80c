/** `process`, `status`, `cancel` and `retry`: the job behind an id that `create` has reserved. */
import type { SupabaseClient } from "@supabase/supabase-js";
import { answer, dataRefusal, Refusal, storageRefusal } from "./errors.ts";
import { shownName } from "./names.ts";
import type { Call } from "./request.ts";

const BUCKET = "imports";
const COLUMNS = [
  ...["id", "file_name", "object_path", "target", "status", "phase", "progress", "attempts", "max_attempts"],
  ...["error_code", "error_message", "error_hint", "bytes_total", "bytes_read"],
  ...["rows_read", "rows_loaded", "rows_rejected", "rows_skipped", "errors_path", "output_path", "duplicate_of"],
  ...["created_at", "started_at", "finished_at", "updated_at"],
];
const UNIQUE_VIOLATION = "23505";

type Job = Record<string, unknown>;

/** Insert the job whose file has been uploaded; a second call returns the job of the first. Throws Refusal. */
export async function process({ user, fields, supabase }: Call): Promise<Response> {
  const id = fields.id();
  const target = fields.text("target");
  const given = {
    options: fields.object("options"),
    file_name: fields.optionalText("file_name"),
    expected_sha256: fields.optionalText("file_hash"),
    priority: fields.optionalNumber("priority"),
    run_after: fields.optionalText("run_after"),
  };
  const earlier = await find(supabase, id);
  if (earlier) {
    return answer(200, same(earlier, target));
  }
  const name = await uploaded(supabase, `${user.id}/${id}`);
  const job = {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    id,
    target,
    bucket_id: BUCKET,
    object_path: `${user.id}/${id}/${name}`,
    file_name: shownName(given.file_name ?? name),
  };
  const inserted = await supabase.from("import_jobs").insert(job).select(COLUMNS.join()).single<Job>();
  if (!inserted.error) {
    return answer(201, inserted.data);
  }
  // Another call was faster.
  const first = inserted.error.code === UNIQUE_VIOLATION ? await find(supabase, id) : null;
  if (!first) {
    throw dataRefusal(inserted.error, inserted.status);
  }
  return answer(200, same(first, target));
}

/** Return the job as it is now. Throws Refusal. */
export async function status({ fields, supabase }: Call): Promise<Response> {
  const job = await find(supabase, fields.id());
  if (!job) {
    const hint = "Check the id, and that the job belongs to you.";
    throw new Refusal(404, "IJ108", "the job does not exist", hint);
  }
  return answer(200, job);
}

/** Cancel a pending or running job. Throws Refusal. */
export function cancel({ fields, supabase }: Call): Promise<Response> {
  return changed(supabase, "cancel_import_job", { id: fields.id() });
}

/** Set a failed or cancelled job pending again, with further options. Throws Refusal. */
export function retry({ fields, supabase }: Call): Promise<Response> {
  return changed(supabase, "retry_import_job", { id: fields.id(), options: fields.object("options") });
}

/** Call a function that returns the job. Throws Refusal. */
async function changed(supabase: SupabaseClient, name: string, parameters: Job): Promise<Response> {
  const { data, error, status } = await supabase.rpc(name, parameters);
  if (error) {
    throw dataRefusal(error, status);
  }
  const job: Job = Array.isArray(data) ? data[0] : data;
  return answer(200, Object.fromEntries(COLUMNS.map((column) => [column, job[column] ?? null])));
}

/** Return a job of the user, or null. Throws Refusal. */
async function find(supabase: SupabaseClient, id: string): Promise<Job | null> {
  const found = await supabase.from("import_jobs").select(COLUMNS.join()).eq("id", id).maybeSingle<Job>();
  if (found.error) {
    throw dataRefusal(found.error, found.status);
  }
  return found.data;
}

/** Return a job that an earlier call has made. Throws Refusal if that call wanted another one. */
function same(job: Job, target: string): Job {
  if (job.target !== target) {
    const hint = "Call create again for another import; each id is good for one job.";
    throw new Refusal(409, "IJ115", "the id is already in use", hint);
  }
  return job;
}

/** Return the name of the one file in the folder of a reserved job. Throws Refusal. */
async function uploaded(supabase: SupabaseClient, folder: string): Promise<string> {
  const { data, error } = await supabase.storage.from(BUCKET).list(folder, { limit: 2 });
  if (error) {
    throw storageRefusal(error);
  }
  if (data.length !== 1) {
    const hint = "Upload the file to the signed URL that create has returned, then send the request again.";
    throw new Refusal(404, "IJ201", "the file has not been uploaded", hint);
  }
  return data[0].name;
}
