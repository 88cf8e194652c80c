/** What an import would do: typed rows, a dry run, and a second press. */

import { importFile, watch, type Job, type JobOptions } from "../client.js";
import type { Flow } from "../flow.js";
import { jobOptions } from "../model/look.js";
import { paceOf } from "../model/pace.js";
import { wayOf, withWay } from "../model/queue.js";
import { ANY_REJECTIONS } from "../model/remedy.js";
import type { Look, Wishes } from "../model/state.js";
import { troubleOf } from "../model/trouble.js";
import { beginJob } from "./begin-job.js";
import { follow } from "./run.js";

// A dry run takes as long as the import. Up to this size it takes some seconds, so nobody has to ask for it.
const CHECKED_BYTES = 20_000_000;

export function toCheck(flow: Flow, look: Look): void {
  flow.go({ step: "check", look, confirming: false, wishes: { atomic: false, output: false, others: false } });
  if (look.size <= CHECKED_BYTES) {
    void startDryRun(flow);
  }
}

/** Let the server try every row, and write none. */
export async function startDryRun(flow: Flow): Promise<void> {
  const state = flow.at("check");
  if (!state) {
    return;
  }
  flow.set("check", { dryTrouble: undefined, dry: undefined });
  const { signal, client } = flow;
  try {
    const created = await createJob(flow, { dry_run: true });
    flow.set("check", { dry: created });
    for await (const dry of watch(client, created.id, { signal, interval: paceOf(state.look.size) })) {
      flow.set("check", { dry });
    }
  } catch (error) {
    if (!signal.aborted) {
      flow.set("check", { dryTrouble: troubleOf(error) });
    }
  }
}

/** Check again, and import, however many rows are rejected. */
export function allowRejections(flow: Flow): void {
  const look = flow.at("check")?.look;
  if (look) {
    flow.set("check", { look: { ...look, options: { ...look.options, ...ANY_REJECTIONS } } });
    void startDryRun(flow);
  }
}

export function setWish(flow: Flow, wish: keyof Wishes, value: boolean): void {
  const state = flow.at("check");
  if (state) {
    flow.set("check", { wishes: { ...state.wishes, [wish]: value } });
  }
}

/** Show what will happen, for the second press. */
export function askToConfirm(flow: Flow, confirming: boolean): void {
  flow.set("check", { confirming, trouble: undefined });
}

export function backToMap(flow: Flow): void {
  const state = flow.at("check");
  if (state) {
    flow.go({ step: "map", look: state.look, busy: false });
  }
}

/** Import: the second press. */
export async function importIt(flow: Flow): Promise<void> {
  const state = flow.at("check");
  if (!state?.confirming || state.importing) {
    return;
  }
  flow.set("check", { importing: true, trouble: undefined });
  const { signal } = flow;
  try {
    const job = await createJob(flow, optionsOf(state.wishes));
    flow.host.emit("started", { job });
    if (!signal.aborted) {
      const { target, queue } = state.look;
      void follow(flow, { job, target, queue: withWay(queue, wayOf(state.look, state.wishes)) });
    }
  } catch (error) {
    if (!signal.aborted) {
      flow.set("check", { trouble: troubleOf(error), importing: false });
    }
  }
}

/** Import a file in the way that was confirmed for the one before. */
export async function importAlike(flow: Flow, look: Look, wishes: Wishes): Promise<void> {
  flow.go({ step: "check", look, confirming: true, wishes });
  await importIt(flow);
}

function optionsOf({ atomic, output }: Wishes): JobOptions {
  return { ...(atomic && { atomic }), ...(output && { output }) };
}

function createJob(flow: Flow, wishes: JobOptions): Promise<Job> {
  const { look } = flow.at("check")!;
  const options = { ...jobOptions(look), ...wishes };
  return beginJob((settings) => importFile(flow.client, look.file, { target: look.target.name, options, ...settings }));
}
