/** What can be done with a job that has ended besides correcting rows: retry, undo, files to keep. */

import { retry, undo, watch, type Job, type JobOptions } from "../client.js";
import type { Flow } from "../flow.js";
import { choicesOf } from "../model/look.js";
import { ALONE } from "../model/queue.js";
import { troubleOf } from "../model/trouble.js";
import { signedLink } from "../queries.js";
import { inspectStored } from "./inspect.js";
import { follow } from "./run.js";

/** Let a failed or cancelled job go on, with more options where given. */
export async function retryJob(flow: Flow, options?: JobOptions): Promise<void> {
  const state = flow.at("result");
  if (!state || state.busy) {
    return;
  }
  flow.set("result", { busy: "retry", trouble: undefined });
  try {
    const job = await retry(flow.client, state.job.id, options);
    flow.host.emit("started", { job });
    await follow(flow, { job, target: state.target, queue: state.queue });
  } catch (error) {
    flow.set("result", { busy: undefined, trouble: troubleOf(error) });
  }
}

// What a person may choose again at the check, and what only that job was meant for.
const OF_ONE_JOB = /^(dry_run|inspect|atomic|output|force|max_errors|on_error|mapping)$/;

/** Go back to the columns with the file of the job and its options; the file is not uploaded again. */
export async function changeSettings(flow: Flow): Promise<void> {
  const state = flow.at("result");
  const { job, target, queue } = state ?? {};
  if (!job || !target || state?.busy) {
    return;
  }
  flow.set("result", { busy: "retry", trouble: undefined });
  const { signal } = flow;
  const given = job.options as JobOptions;
  const options = Object.fromEntries(Object.entries(given).filter(([name]) => !OF_ONE_JOB.test(name))) as JobOptions;
  const file = { bucket: job.bucket_id, path: job.object_path, name: job.file_name ?? job.object_path };
  try {
    const mapping = given.mapping ?? {};
    const inspection = await inspectStored(flow, file, target.name, { ...options, mapping });
    if (!signal.aborted) {
      const chosen = { options, mapping, choices: choicesOf(inspection), rememberedIsDone: true };
      const look = { target, queue: queue ?? ALONE, file, size: job.bytes_total ?? 0, inspection, ...chosen };
      flow.go({ step: "map", look, busy: false });
    }
  } catch (error) {
    if (!signal.aborted) {
      flow.set("result", { busy: undefined, trouble: troubleOf(error) });
    }
  }
}

export function askUndo(flow: Flow, askingUndo: boolean): void {
  flow.set("result", { askingUndo });
}

/** Have what the job wrote taken back, and wait for it. */
export async function undoJob(flow: Flow): Promise<void> {
  const state = flow.at("result");
  if (!state?.askingUndo) {
    return;
  }
  flow.set("result", { busy: "undo", askingUndo: false, trouble: undefined });
  const { signal } = flow;
  try {
    await undo(flow.client, state.job.id);
    for await (const job of watch(flow.client, state.job.id, { signal })) {
      flow.set("result", { job });
    }
    flow.set("result", { busy: undefined });
  } catch (error) {
    if (!signal.aborted) {
      flow.set("result", { busy: undefined, trouble: troubleOf(error) });
    }
  }
}

/** Let the browser save an artifact of a job, under the name of its file. */
export async function download(flow: Flow, job: Job, which: "errors" | "output"): Promise<void> {
  const path = which === "errors" ? job.errors_path : job.output_path;
  if (!path) {
    return;
  }
  try {
    save(await signedLink(flow.client, job.bucket_id, path, `${stemOf(job)}.${which}.csv`));
  } catch (error) {
    const trouble = troubleOf(error);
    flow.set("result", { trouble });
    flow.set("check", { trouble });
  }
}

/** Let the browser save the report of a job. */
export function saveReport(job: Job): void {
  const report = new Blob([JSON.stringify(job.report, null, 2)], { type: "application/json" });
  saveBlob(report, `${stemOf(job)}.report.json`);
}

function stemOf(job: Job): string {
  return (job.file_name ?? "file").replace(/\.[^.]*$/, "");
}

/** Let the browser save data under a name. */
export function saveBlob(data: Blob, name: string): void {
  const address = URL.createObjectURL(data);
  save(address, name);
  setTimeout(() => URL.revokeObjectURL(address));
}

/** Let the browser save what an address has. */
function save(address: string, name = ""): void {
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
}
