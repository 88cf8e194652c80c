/** What mends the ends of jobs: trying again, or another option. */

import type { Job, JobOptions } from "../client.js";
import { isDryRun } from "./job.js";

// The connection, a busy or silent server, a lost processor, a limit of time or of jobs.
const PASSING = /^IJ(104|109|114|116|117|202|203|50[1-4]|90[12])$/;

/** Lets a job go on however many rows are rejected, short of all. */
export const ANY_REJECTIONS = { max_errors: "100%", on_error: "skip" } as const satisfies JobOptions;

/** Return whether a code stands for a cause that goes away. */
export function isPassing(code: string): boolean {
  return PASSING.test(code);
}

/** Return whether a job may simply be tried again: it was cancelled, or its cause goes away. */
export function canRetry(job: Job): boolean {
  return !isDryRun(job) && (job.status === "cancelled" || (job.status === "failed" && isPassing(job.error_code ?? "")));
}
