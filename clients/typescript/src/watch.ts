/** Follows a job: by Realtime where it is there, and everywhere by asking every two seconds. */

import { ImportJobsError } from "./errors.js";
import { getJob, hasEnded } from "./jobs.js";
import { listen } from "./realtime.js";
import type { AnyClient, Job } from "./types.js";

const INTERVAL_MS = 2000;

export interface WatchSettings {
  /** Ends the iteration with the signal's reason; the job goes on. */
  signal?: AbortSignal | undefined;
  /** Milliseconds between two questions; default: 2000. */
  interval?: number;
  /** False: never open a channel of Realtime. */
  realtime?: boolean;
}

/** Yield the job whenever it has changed, the last time when it has ended. */
export async function* watch(supabase: AnyClient, id: string, settings: WatchSettings = {}): AsyncGenerator<Job> {
  const { signal, interval = INTERVAL_MS, realtime = true } = settings;
  let ring = (): void => {};
  let stop = (): void => {};
  let seen: string | undefined;
  try {
    for (let first = true; ; first = false) {
      signal?.throwIfAborted();
      const job = await ask(supabase, id);
      if (first && job?.created_by && realtime && !hasEnded(job)) {
        stop = listen(supabase, job, () => ring());
      }
      if (job && job.updated_at !== seen) {
        seen = job.updated_at;
        yield job;
        if (hasEnded(job)) {
          return;
        }
      }
      await pause(interval, signal, (wake) => (ring = wake));
    }
  } finally {
    stop();
  }
}

/** Return the job, or undefined where nobody answered: the connection may come back. */
async function ask(supabase: AnyClient, id: string): Promise<Job | undefined> {
  try {
    return await getJob(supabase, id);
  } catch (error) {
    const { status = 0, code } = error as ImportJobsError;
    if (code === "network" || status >= 500) {
      return undefined;
    }
    throw error;
  }
}

/** Wait until the time is over, the bell rings, or the signal is aborted. */
function pause(ms: number, signal: AbortSignal | undefined, setRing: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
    setRing(end);
  });
}
