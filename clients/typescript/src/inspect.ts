/** Looks at the beginning of a file: its dialect, its headers and the columns they go to, samples, problems. */

import { importFile, type ImportSettings } from "./import-file.js";
import type { Inspection } from "./inspection.js";
import type { AnyClient, Job, StoredFile } from "./types.js";

export interface Inspected {
  /** `report.inspection` of the job; docs/how-to/inspect.md describes it. */
  inspection: Inspection;
  job: Job;
  /** The file in Storage: give it to `importFile`, so that it is not uploaded again. */
  file: StoredFile;
}

/** Upload a file and return what an import would make of it; nothing is written to the target. */
export async function inspect(
  supabase: AnyClient,
  file: Blob | StoredFile,
  settings: ImportSettings,
): Promise<Inspected> {
  const options = { ...settings.options, inspect: true };
  const job = await importFile(supabase, file, { ...settings, options });
  const { inspection } = job.report as unknown as { inspection: Inspection };
  const stored = { bucket: job.bucket_id, path: job.object_path, name: job.file_name ?? job.object_path };
  return { inspection, job, file: stored };
}
