/** A job that has ended: its rejections by cause and in pages. */

import { getJob, type Job } from "../client.js";
import type { Flow } from "../flow.js";
import { fieldsOf, dialectOf, isWhole } from "../model/record.js";
import type { RejectedRow, RejectionFilter, RejectionGroup, RejectionPage } from "../model/state.js";
import { ALONE, type Queue } from "../model/queue.js";
import type { Target } from "../model/target.js";
import { troubleOf } from "../model/trouble.js";
import { rejectionPage, rejectionReasons } from "../queries.js";
import { fileHeaders } from "./file-headers.js";
import { toFile } from "./file.js";
import { sentOf } from "./fix.js";
import { begin } from "./target.js";

export const PAGE_ROWS = 25;

/** Show a job that has ended. */
export async function toResult(
  flow: Flow,
  { job, target, queue }: { job: Job; target: Target | undefined; queue: Queue },
): Promise<void> {
  const nothing = { busy: undefined, askingUndo: false, edits: {}, opened: new Set<number>() };
  flow.go({ step: "result", job, target, queue, sent: sentOf(flow, job.id), ...nothing }, true);
  if (!job.rows_rejected) {
    return;
  }
  const { signal } = flow;
  try {
    const headers = await fileHeaders(flow.client, job, signal).catch(() => null);
    if (signal.aborted) {
      return;
    }
    flow.set("result", { headers });
    await showPage(flow, [0]);
    await collectGroups(flow, job, signal);
  } catch (error) {
    if (!signal.aborted) {
      flow.set("result", { trouble: troubleOf(error) });
    }
  }
}

/** Group the kept rejections by code and column, the most frequent first. The groups grow page by page. */
async function collectGroups(flow: Flow, job: Job, signal: AbortSignal): Promise<void> {
  const groups = new Map<string, RejectionGroup>();
  for await (const page of rejectionReasons(flow.client, job.id)) {
    if (signal.aborted) {
      return;
    }
    for (const sample of page) {
      const { code, column_name: column, line_number: firstLine } = sample;
      const key = `${code} ${column ?? ""}`;
      const known = groups.get(key);
      groups.set(key, known ? { ...known, count: known.count + 1 } : { code, column, count: 1, firstLine, sample });
    }
    flow.set("result", { groups: [...groups.values()].sort((a, b) => b.count - a.count) });
  }
}

export function nextPage(flow: Flow): void {
  const page = flow.at("result")?.page;
  const last = page?.rows.at(-1);
  if (page?.hasMore && last) {
    void showPage(flow, [...page.starts, last.record_number]);
  }
}

export function previousPage(flow: Flow): void {
  const starts = flow.at("result")?.page?.starts ?? [];
  if (starts.length > 1) {
    void showPage(flow, starts.slice(0, -1));
  }
}

/** Show the rejections of one cause only, or all of them. */
export function setFilter(flow: Flow, filter: RejectionFilter | undefined): void {
  flow.set("result", { filter });
  void showPage(flow, [0]);
}

/** Read one page; the row after it says whether there is another one. */
async function showPage(flow: Flow, starts: number[]): Promise<void> {
  const state = flow.at("result");
  if (!state) {
    return;
  }
  const { job, filter, headers } = state;
  try {
    const rows = await rejectionPage(flow.client, job.id, { after: starts.at(-1)!, limit: PAGE_ROWS + 1, filter });
    const isStill = flow.at("result")?.job.id === job.id && flow.at("result")?.filter === filter;
    if (isStill) {
      const shown = rows.slice(0, PAGE_ROWS).map((row) => withFields(row, job, headers ?? null));
      const page: RejectionPage = { rows: shown, starts, hasMore: rows.length > PAGE_ROWS };
      flow.set("result", { page });
    }
  } catch (error) {
    flow.set("result", { trouble: troubleOf(error) });
  }
}

function withFields(row: Omit<RejectedRow, "fields">, job: Job, headers: string[] | null): RejectedRow {
  const fields = row.raw !== null && isWhole(row.raw) ? fieldsOf(row.raw, dialectOf(job)) : undefined;
  return { ...row, fields: headers && fields && fields.length <= headers.length ? fields : undefined };
}

/** Show all fields of a row, or only the one that was rejected. */
export function toggleRow(flow: Flow, record: number): void {
  const state = flow.at("result");
  if (state) {
    const opened = new Set(state.opened);
    if (!opened.delete(record)) {
      opened.add(record);
    }
    flow.set("result", { opened });
  }
}

/** Import another file into the same target, or the next one that waits. */
export function importNext(flow: Flow): void {
  const state = flow.at("result");
  if (state?.target) {
    toFile(flow, state.target, state.queue.files.length ? state.queue : ALONE);
  } else {
    void begin(flow);
  }
}

/** Show the job whose rows this one mends, or that of another file of the queue. */
export async function toOther(flow: Flow, id: string): Promise<void> {
  const state = flow.at("result");
  if (!state) {
    return;
  }
  try {
    const job = await getJob(flow.client, id);
    await toResult(flow, { job, target: state.target, queue: state.queue });
  } catch (error) {
    flow.set("result", { trouble: troubleOf(error) });
  }
}
