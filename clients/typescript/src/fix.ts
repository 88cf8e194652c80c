/** Corrected rows become a job of their own, which names the job that it mends. */

import { toCsv, type CorrectedRow } from "./csv.js";
import { digest } from "./fingerprint.js";
import { importFile, type ImportSettings } from "./import-file.js";
import { getJob } from "./jobs.js";
import { objectPath, shownName } from "./names.js";
import { ownFolder } from "./session.js";
import type { AnyClient, Job, JobOptions, StoredFile } from "./types.js";
import { uploadPlain } from "./upload.js";

// Options that say how the parent's file was written; corrected rows are written as CSV by this client.
const OF_THE_FILE =
  /^(encoding|delimiter|quote|escape|com.+|has_header|skip_.+|strict_quotes|member|inspect|dry_run)$/;

// The defaults of the target may skip lines of its files. These rows have none to skip.
const NONE_SKIPPED: JobOptions = { skip_lines: 0, skip_footer: 0 };

export type FixSettings = Omit<ImportSettings, "target" | "parentJobId" | "idempotencyKey" | "resumableAbove">;

/**
 * Import corrected rows of a job and return the new job, completed; its `parent_job_id` is the job.
 *
 * A row has values by the headers of the file or by the columns of the target. Values are read as the file's were: with
 * its locale and formats. The same rows make one job, however often and in however many tabs this is called.
 */
export async function fix(
  supabase: AnyClient,
  jobId: string,
  rows: readonly CorrectedRow[],
  settings: FixSettings = {},
): Promise<Job> {
  const parent = await getJob(supabase, jobId);
  const { csv, headers } = toCsv(rows);
  const sum = await digest(await csv.arrayBuffer());
  const folder = await ownFolder(supabase, settings.folder);
  const name = settings.fileName ?? parent.file_name ?? "rows.csv";
  const file: StoredFile = {
    bucket: settings.bucket ?? parent.bucket_id,
    // The same rows have the same path, so that two tabs write one object.
    path: objectPath(folder, sum || crypto.randomUUID(), "corrected.csv"),
    name: shownName(name),
  };
  settings.signal?.throwIfAborted();
  await uploadPlain(supabase, csv, file, "keep");
  return importFile(supabase, file, {
    ...settings,
    target: parent.target,
    options: { ...NONE_SKIPPED, ...inherited(parent.options as JobOptions, headers), ...settings.options },
    parentJobId: jobId,
    ...(sum && { idempotencyKey: `${jobId} ${sum}` }),
  });
}

function inherited(options: JobOptions, headers: readonly string[]): JobOptions {
  const kept = Object.fromEntries(Object.entries(options).filter(([name]) => !OF_THE_FILE.test(name))) as JobOptions;
  if (kept.mapping) {
    kept.mapping = Object.fromEntries(Object.entries(kept.mapping).filter(([header]) => headers.includes(header)));
  }
  return kept;
}
