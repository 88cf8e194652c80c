/** The names of the fields of an imported file, from the beginning of its errors.csv. */

import type { AnyClient, Job, JobOptions } from "../client.js";
import { isDryRun } from "../model/job.js";
import { dialectOf, fieldsOf } from "../model/record.js";
import { signedLink } from "../queries.js";

// import_line, import_column, import_code and import_message come before the fields of the record.
const ADDED_FIELDS = 4;
// A header line of 1,600 columns, the most that a table has, with names of 40 characters.
const HEADER_BYTES = 65_536;

interface Reported {
  headers?: { header: string | null; column: string }[];
}

/**
 * Return the name of each field, as corrected rows call it: its header, or the column that it goes into where there is
 * none. Null where that cannot be known.
 */
export async function fileHeaders(client: AnyClient, job: Job, signal: AbortSignal): Promise<string[] | null> {
  const { has_header: hasHeader, encoding } = (job.dialect ?? {}) as { has_header?: boolean; encoding?: string };
  // What a dry run rejects is corrected after the import.
  if (isDryRun(job)) {
    return null;
  }
  if (hasHeader === false) {
    return byPosition(job);
  }
  if (!job.errors_path) {
    return null;
  }
  const link = await signedLink(client, job.bucket_id, job.errors_path);
  const response = await fetch(link, { headers: { Range: `bytes=0-${HEADER_BYTES - 1}` }, signal });
  if (!response.ok) {
    return null;
  }
  const text = new TextDecoder(encoding ?? "utf-8").decode(await response.arrayBuffer());
  const names = fieldsOf(text, dialectOf(job)).map((field) => field.text.trim());
  // Two fields of one name could not be told apart in corrected rows.
  const own = names.slice(ADDED_FIELDS);
  return names[0] === "import_line" && new Set(own).size === own.length ? own : null;
}

function byPosition(job: Job): string[] | null {
  const { headers = [] } = (job.report ?? {}) as Reported;
  const { mapping } = job.options as JobOptions;
  // Numbers of fields that the mapping leaves out have no name.
  return mapping || !headers.length ? null : headers.map(({ column }) => column);
}
