/** What can be done with a job that has ended besides correcting rows: retry, undo, files to keep. */

import { retry, undo, watch, type Job, type JobOptions } from "../client.js";
import type { Flow } from "../flow.js";
import { troubleOf } from "../model/trouble.js";
import { signedLink } from "../queries.js";
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
    await follow(flow, { job, target: state.target, waiting: state.waiting });
  } catch (error) {
    flow.set("result", { busy: undefined, trouble: troubleOf(error) });
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
  const stem = (job.file_name ?? "file").replace(/\.[^.]*$/, "");
  try {
    save(await signedLink(flow.client, job.bucket_id, path, `${stem}.${which}.csv`));
  } catch (error) {
    const trouble = troubleOf(error);
    flow.set("result", { trouble });
    flow.set("check", { trouble });
  }
}

/** Let the browser save what an address has. */
export function save(address: string, name = ""): void {
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
}
