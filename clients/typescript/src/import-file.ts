/** From a file to rows: upload, job and progress in one call. */

import { ofJob } from "./errors.js";
import { createJob, type JobSettings } from "./jobs.js";
import { newMeter } from "./meter.js";
import { Switch } from "./switch.js";
import type { AnyClient, Job, OnProgress, StoredFile, UploadSettings } from "./types.js";
import { upload } from "./upload.js";
import { watch, type WatchSettings } from "./watch.js";

export interface ImportSettings extends JobSettings, UploadSettings, WatchSettings {
  onProgress?: OnProgress;
}

/** A running import: a promise of the completed job, with a switch for its upload. */
export interface ImportRun extends Promise<Job> {
  /** Stop sending after what is under way; a file that is sent in one request only starts later. */
  pause(): void;
  resume(): void;
}

/**
 * Upload a file, import it, and return the completed job; `rows_rejected` says how many rows were rejected.
 *
 * A file in Storage is imported without an upload. A file that was begun before a reload goes on at its offset. The
 * signal ends the upload and the waiting, not a job that has begun: `cancel` does that. Throws `ImportJobsError`, for a
 * job that failed or was cancelled with its code, sentence and hint.
 */
export function importFile(supabase: AnyClient, file: Blob | StoredFile, settings: ImportSettings): ImportRun {
  const control = new Switch();
  const run = start(supabase, file, settings, control);
  return Object.assign(run, { pause: () => control.set(true), resume: () => control.set(false) });
}

async function start(
  supabase: AnyClient,
  file: Blob | StoredFile,
  settings: ImportSettings,
  control: Switch,
): Promise<Job> {
  const { onProgress, signal } = settings;
  const meter = newMeter(onProgress, file instanceof Blob);
  let job: Job;
  if (file instanceof Blob) {
    const onSent = (bytes: number): void => meter.sent(bytes, file.size);
    const sent = await upload(supabase, file, settings, { signal, control, onSent });
    job = await createJob(supabase, sent.file, { idempotencyKey: sent.key, ...settings });
    await sent.forget();
  } else {
    job = await createJob(supabase, file, settings);
  }
  for await (job of watch(supabase, job.id, settings)) {
    meter.imported(job);
  }
  if (job.status !== "completed") {
    throw ofJob(job);
  }
  return job;
}
