/** Creates a job and returns it at once; the step of the run follows it. */

import type { Job, Progress } from "../client.js";

interface Settings {
  signal: AbortSignal;
  onProgress(percent: number, progress: Progress): void;
}

/** Return the job that `start` creates, as soon as it is there; the waiting of `start` for its end is ended. */
export function beginJob(start: (settings: Settings) => Promise<Job>): Promise<Job> {
  const stop = new AbortController();
  return new Promise((resolve, reject) => {
    const onProgress = (_percent: number, progress: Progress): void => {
      if (progress.phase === "import") {
        resolve(progress.job);
        stop.abort();
      }
    };
    start({ signal: stop.signal, onProgress }).then(resolve, reject);
  });
}
