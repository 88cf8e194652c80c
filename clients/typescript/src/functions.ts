/** The first system's client: upload, then track, by the Edge Function `import-jobs` instead of the Data API. */

import type { FunctionsHttpError } from "@supabase/supabase-js";
import { ImportJobsError, ofJob, ofStorage } from "./errors.js";
import { digest } from "./fingerprint.js";
import { hasEnded } from "./jobs.js";
import { newMeter } from "./meter.js";
import { CHUNK_BYTES, resumable, type Signed } from "./resumable.js";
import { Switch } from "./switch.js";
import type { AnyClient, Job, JobOptions } from "./types.js";

const INTERVAL_MS = 2000;

export { ImportJobsError };
export type { JobOptions };

/** The columns of a job that the function answers with. */
export type DocumentJob = Pick<
  Job,
  | ("id" | "file_name" | "object_path" | "target" | "status" | "phase" | "progress" | "attempts" | "max_attempts")
  | ("error_code" | "error_message" | "error_hint" | "bytes_total" | "bytes_read" | "duplicate_of")
  | ("rows_read" | "rows_loaded" | "rows_rejected" | "rows_skipped" | "errors_path" | "output_path")
  | ("created_at" | "started_at" | "finished_at" | "updated_at")
>;
/** Called with the progress of upload and import together, 0 to 100; with the job once there is one. */
export type OnDocumentProgress = (percent: number, job?: DocumentJob) => void;

export interface DocumentSettings {
  target: string;
  options?: JobOptions;
  /** The name that people know; default: that of the file. */
  fileName?: string;
  signal?: AbortSignal;
  /** Called during the upload with 0 to 50; give it to `trackProgress` as well for the other half. */
  onProgress?: OnDocumentProgress;
}

/** An uploaded file and its job. */
export interface UploadedDocument {
  id: string;
  job: DocumentJob;
  /** Seconds that such a job takes, as far as the figures of earlier ones tell. */
  estimatedSeconds: number;
  /** Call `onProgress` until the job has ended; return it completed, or throw how it ended. */
  trackProgress(onProgress: OnDocumentProgress, settings?: { signal?: AbortSignal; interval?: number }): Promise<DocumentJob>;
  cancel(): Promise<DocumentJob>;
  retry(options?: JobOptions): Promise<DocumentJob>;
}

interface Reserved {
  id: string;
  bucket_id: string;
  path: string;
  content_type: string;
  token: string;
  estimated_seconds: number;
  resumable: Signed;
}

/** Check an import, upload its file with a signed URL, and create its job. Throws `ImportJobsError`. */
export async function uploadDocument(
  supabase: AnyClient,
  file: Blob,
  settings: DocumentSettings,
): Promise<UploadedDocument> {
  const { target, options, signal } = settings;
  const name = settings.fileName ?? (file as File).name ?? "file.csv";
  const wanted = { file_name: name, size: file.size, target, options };
  const reserved = await invoke<Reserved>(supabase, "create", wanted);
  const meter = newMeter((percent) => settings.onProgress?.(percent), true);
  signal?.throwIfAborted();
  const file_hash = await send(supabase, file, reserved, signal, (bytes) => meter.sent(bytes, file.size));
  signal?.throwIfAborted();
  const { id } = reserved;
  const job = await invoke<DocumentJob>(supabase, "process", { id, target, options, file_name: name, file_hash });
  return {
    id,
    job,
    estimatedSeconds: reserved.estimated_seconds,
    trackProgress: (onProgress, tracking = {}) => track(supabase, id, onProgress, tracking),
    cancel: () => invoke(supabase, "cancel", { id }),
    retry: (added = {}) => invoke(supabase, "retry", { id, options: added }),
  };
}

/** Upload a file to its signed URL; return its SHA-256 where it is small enough to be read at once. */
async function send(
  supabase: AnyClient,
  file: Blob,
  { bucket_id: bucket, path, content_type: contentType, token, resumable: signed }: Reserved,
  signal: AbortSignal | undefined,
  onSent: (bytes: number) => void,
): Promise<string | undefined> {
  if (file.size > CHUNK_BYTES) {
    const running = { signal, onSent, control: new Switch() };
    await resumable(supabase, file, { bucket, path, name: path }, { signed }, running);
    return undefined;
  }
  const typed = new Blob([file], { type: contentType });
  const { error } = await supabase.storage.from(bucket).uploadToSignedUrl(path, token, typed, { contentType });
  if (error) {
    throw ofStorage(error);
  }
  onSent(file.size);
  return (await digest(await file.arrayBuffer())) || undefined;
}

async function track(
  supabase: AnyClient,
  id: string,
  onProgress: OnDocumentProgress,
  { signal, interval = INTERVAL_MS }: { signal?: AbortSignal; interval?: number },
): Promise<DocumentJob> {
  let job: DocumentJob;
  const meter = newMeter((percent) => onProgress(percent, job), true);
  for (;;) {
    signal?.throwIfAborted();
    job = await invoke<DocumentJob>(supabase, "status", { id });
    meter.imported(job);
    if (hasEnded(job)) {
      if (job.status !== "completed") {
        throw ofJob(job);
      }
      return job;
    }
    await new Promise((wake) => setTimeout(wake, interval));
  }
}

async function invoke<Answer>(supabase: AnyClient, verb: string, body: object): Promise<Answer> {
  const { data, error } = await supabase.functions.invoke(`import-jobs/${verb}`, { body });
  if (!error) {
    return data as Answer;
  }
  const response = (error as FunctionsHttpError).context as Response | undefined;
  const refusal = await response?.json?.().catch(() => undefined);
  const { code, message, hint } = (refusal ?? {}) as { code?: string; message?: string; hint?: string };
  const text = message ?? (error as Error).message;
  throw new ImportJobsError(code ?? "network", text, hint ?? "Check that the Edge Function import-jobs is deployed.", {
    status: response?.status,
    cause: error,
  });
}
