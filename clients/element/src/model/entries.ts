/** The history as people know it: an import with the checks that came before it. */

import type { Job } from "../client.js";
import { isDryRun } from "./job.js";

export interface Entry {
  job: Job;
  checks: Job[];
}

/** Return the entries of jobs, the newest first; a check that no import followed has an entry of its own. */
export function entriesOf(jobs: readonly Job[]): Entry[] {
  const entries: Entry[] = [];
  const byPath = new Map<string, Entry>();
  for (const job of jobs) {
    const following = isDryRun(job) ? byPath.get(job.object_path) : undefined;
    if (following) {
      following.checks.push(job);
    } else {
      const entry = { job, checks: [] };
      entries.push(entry);
      byPath.set(job.object_path, entry);
    }
  }
  return entries;
}
