/** Looks at a file that is in Storage. */

import { importFile, type Inspection, type JobOptions, type StoredFile } from "../client.js";
import type { Flow } from "../flow.js";
import { LOOK_MS } from "../model/pace.js";

/** Return what an import with these options would make of a file. */
export async function inspectStored(
  flow: Flow,
  file: StoredFile,
  target: string,
  options: JobOptions,
): Promise<Inspection> {
  const settings = { target, options: { ...options, inspect: true }, signal: flow.signal, interval: LOOK_MS };
  const job = await importFile(flow.client, file, settings);
  return (job.report as unknown as { inspection: Inspection }).inspection;
}
