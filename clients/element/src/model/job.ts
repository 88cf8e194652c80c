/** What a job was for. */

import type { Job, JobOptions } from "../client.js";

/** Return whether a job only tried its rows. */
export function isDryRun({ options }: Pick<Job, "options">): boolean {
  return (options as JobOptions).dry_run === true;
}
