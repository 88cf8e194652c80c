/** How often a job is asked for where Realtime does not say that it has changed. */

// Half of the inspections take less than 45 ms.
export const LOOK_MS = 250;

const SMALL_BYTES = 20_000_000;
const SMALL_MS = 500;
const LARGE_MS = 2000;

/** Return the milliseconds between two questions about the import of a file: a small one is soon done. */
export function paceOf(bytes: number): number {
  return bytes <= SMALL_BYTES ? SMALL_MS : LARGE_MS;
}
