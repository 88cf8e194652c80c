/** Several files that were chosen together: one is imported after the other, in the same way where their headers agree. */

import type { Inspection, Job, JobOptions } from "../client.js";
import { blockers } from "./blockers.js";
import { columnOf, hasColumns, keyOf, missingColumns, openChoices } from "./look.js";
import type { Look, Mapping, Wishes } from "./state.js";

export interface Queue {
  /** The files that come after this one. */
  readonly files: readonly File[];
  /** The imports of those that came before, as they ended. */
  readonly done: readonly Job[];
  /** How these were imported: one way for each header, the last one at the end. */
  readonly ways: readonly Way[];
}

export interface Way {
  readonly headers: string;
  readonly options: JobOptions;
  readonly mapping: Mapping;
  readonly wishes: Wishes;
}

export const ALONE: Queue = { files: [], done: [], ways: [] };

/** Return how a file is imported, for those after it: each field goes where it went, also what was found by its name. */
export function wayOf(look: Look, wishes: Wishes): Way {
  const { inspection, options } = look;
  const mapping = Object.fromEntries(inspection.headers.map((header) => [keyOf(header), columnOf(look, header)]));
  return { headers: headersOf(inspection), options, mapping: hasNames(inspection) ? mapping : look.mapping, wishes };
}

/** Return the way of an earlier file with the same header; undefined where there was none. */
export function wayFor(inspection: Inspection, ways: readonly Way[]): Way | undefined {
  return inspection.headers.length ? ways.find(({ headers }) => headers === headersOf(inspection)) : undefined;
}

/** Return the queue with the way of the file that is imported now. */
export function withWay(queue: Queue, way: Way): Queue {
  return { ...queue, ways: [...queue.ways.filter(({ headers }) => headers !== way.headers), way] };
}

/** Return whether nothing has to be asked before an import. */
export function isClear(look: Look): boolean {
  const isOpen = openChoices(look).length > 0 || missingColumns(look).length > 0;
  return !isOpen && hasColumns(look) && !blockers(look.inspection).length;
}

/** Return the queue after a job has ended; a retry takes the place of its first end, and corrections have none. */
export function withEnded(queue: Queue, job: Job): Queue {
  const others = queue.done.filter(({ id }) => id !== job.id);
  return job.parent_job_id ? queue : { ...queue, done: [...others, job] };
}

function hasNames({ headers }: Inspection): boolean {
  return headers.every(({ header }) => header !== null);
}

function headersOf({ headers }: Inspection): string {
  return JSON.stringify(headers.map(({ header, field }) => header ?? field));
}
