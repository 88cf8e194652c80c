/** One number for upload and import, 0 to 100, which never goes back. */

import type { Job, OnProgress, Progress } from "./types.js";

// The share of the upload. Over the Internet it is most of the time, beside the server little.
const UPLOAD_PERCENT = 50;
// Until the job says that it is completed: the last rows may be in before the report is.
const MAX_RUNNING = 99;

export interface Meter {
  sent(bytesSent: number, bytesTotal: number): void;
  imported(job: Pick<Job, "status" | "progress">): void;
}

/** Return a meter that calls `onProgress`; without an upload the import has the whole number. */
export function newMeter(onProgress: OnProgress | undefined, hasUpload: boolean): Meter {
  const share = hasUpload ? UPLOAD_PERCENT : 0;
  let percent = 0;
  const report = (value: number, progress: Progress): void => {
    percent = Math.max(percent, value);
    onProgress?.(percent, progress);
  };
  return {
    sent: (bytesSent, bytesTotal) =>
      report((share * bytesSent) / (bytesTotal || 1), { phase: "upload", bytesSent, bytesTotal }),
    imported: (job) => {
      const done = job.status === "completed" ? 100 : Math.min(MAX_RUNNING, Number(job.progress));
      report(share + ((100 - share) * done) / 100, { phase: "import", job: job as Job });
    },
  };
}
