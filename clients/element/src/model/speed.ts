/** Rows a second and the time that is left, from what a job says of itself. */

import type { Job } from "../client.js";

// An older figure counts half after these milliseconds, so that the numbers do not jitter with each chunk.
const HALF_LIFE_MS = 5000;

export class Speed {
  #rows = 0;
  #percent = 0;
  #at: number | undefined;
  #rowsPerMs = 0;
  #percentPerMs = 0;

  /** Return the smoothed speed at a moment in milliseconds. */
  at(
    job: Pick<Job, "rows_read" | "progress" | "status">,
    now: number,
  ): { rowsPerSecond: number; secondsLeft: number | undefined } {
    const percent = Number(job.progress ?? 0);
    if (this.#at !== undefined && now > this.#at && job.rows_read >= this.#rows) {
      const passed = now - this.#at;
      const weight = this.#rowsPerMs ? 1 - 0.5 ** (passed / HALF_LIFE_MS) : 1;
      this.#rowsPerMs += weight * ((job.rows_read - this.#rows) / passed - this.#rowsPerMs);
      this.#percentPerMs += weight * ((percent - this.#percent) / passed - this.#percentPerMs);
    }
    if (job.status === "running") {
      [this.#rows, this.#percent, this.#at] = [job.rows_read, percent, now];
    }
    const left = this.#percentPerMs > 0 ? (100 - percent) / this.#percentPerMs / 1000 : undefined;
    return { rowsPerSecond: Math.round(this.#rowsPerMs * 1000), secondsLeft: left };
  }
}
