/** Corrections: the person edits what was rejected, and a new job imports it. */

import { fix, type CorrectedRow, type Job, type JobOptions } from "../client.js";
import type { Flow } from "../flow.js";
import type { Field } from "../model/record.js";
import type { RejectedRow, ResultState } from "../model/state.js";
import { troubleOf } from "../model/trouble.js";
import { beginJob } from "./begin-job.js";
import { follow } from "./run.js";

// What spreadsheets write for a missing value, in the locales of the option `locale`.
const MISSING = new Set(["#N/A", "#N/D", "#NV", "#N/B"]);

/** The rows of pages that were left; only edited ones are kept. */
const edited = new WeakMap<Flow, Map<string, RejectedRow>>();
/** By job: the records whose corrections were imported while the page is open. */
const sent = new WeakMap<Flow, Map<string, Set<number>>>();

/** Return the records of a job whose corrections were imported. */
export function sentOf(flow: Flow, jobId: string): ReadonlySet<number> {
  return sent.get(flow)?.get(jobId) ?? new Set();
}

function markSent(flow: Flow, { job, edits }: ResultState): void {
  const byJob = sent.get(flow) ?? new Map<string, Set<number>>();
  sent.set(flow, byJob);
  byJob.set(job.id, new Set([...sentOf(flow, job.id), ...Object.keys(edits).map(Number)]));
}

/** Change one value of a rejected row. */
export function edit(flow: Flow, row: RejectedRow, header: string, value: string): void {
  const state = flow.at("result");
  if (!state || !row.fields) {
    return;
  }
  const original = row.fields[state.headers!.indexOf(header)]?.text ?? "";
  const changes = { ...state.edits[row.record_number], [header]: value };
  const kept = Object.entries(changes).filter(([name, text]) => name !== header || text !== original);
  const { [row.record_number]: _, ...others } = state.edits;
  rowsOf(flow).set(keyOf(state.job, row.record_number), row);
  flow.set("result", { edits: kept.length ? { ...others, [row.record_number]: Object.fromEntries(kept) } : others });
}

/** Import the edited rows as a job that names this one. The same corrections make one job, in however many tabs. */
export async function importCorrections(flow: Flow): Promise<void> {
  const state = flow.at("result");
  if (!state || state.busy || !Object.keys(state.edits).length) {
    return;
  }
  flow.set("result", { busy: "fix", trouble: undefined });
  const { signal } = flow;
  try {
    const rows = correctedRows(flow, state);
    const job = await beginJob((settings) => fix(flow.client, state.job.id, rows, settings));
    markSent(flow, state);
    flow.host.emit("started", { job });
    if (!signal.aborted) {
      await follow(flow, { job, target: state.target, queue: state.queue });
    }
  } catch (error) {
    if (!signal.aborted) {
      flow.set("result", { busy: undefined, trouble: troubleOf(error) });
    }
  }
}

/** Return the edited rows in file order, whole. */
function correctedRows(flow: Flow, state: ResultState): CorrectedRow[] {
  const nulls = new Set((state.job.options as JobOptions).null_values ?? []);
  const records = Object.keys(state.edits)
    .map(Number)
    .sort((a, b) => a - b);
  return records.map((record) => {
    const { fields } = rowsOf(flow).get(keyOf(state.job, record))!;
    const changes = state.edits[record]!;
    return Object.fromEntries(
      state.headers!.map((header, place) => {
        const value = header in changes ? changes[header] || null : valueOf(fields![place], nulls);
        return [header, value];
      }),
    );
  });
}

// `fix` quotes texts, and in a quoted field nothing means null.
function valueOf(field: Field | undefined, nulls: ReadonlySet<string>): string | null {
  const isNull = !field || (!field.quoted && (!field.text || nulls.has(field.text) || MISSING.has(field.text)));
  return isNull ? null : field.text;
}

function rowsOf(flow: Flow): Map<string, RejectedRow> {
  const rows = edited.get(flow) ?? new Map<string, RejectedRow>();
  edited.set(flow, rows);
  return rows;
}

function keyOf(job: Job, record: number): string {
  return `${job.id} ${record}`;
}
