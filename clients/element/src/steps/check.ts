/** What an import would do: typed rows, a dry run, and a second press. */

import { importFile, watch, type Job } from "../client.js";
import type { Flow } from "../flow.js";
import { jobOptions } from "../model/look.js";
import { paceOf } from "../model/pace.js";
import type { Look, Wishes } from "../model/state.js";
import { troubleOf } from "../model/trouble.js";
import { beginJob } from "./begin-job.js";
import { follow } from "./run.js";

// A dry run takes as long as the import. Up to this size it takes some seconds, so nobody has to ask for it.
const CHECKED_BYTES = 20_000_000;

export function toCheck(flow: Flow, look: Look): void {
  flow.go({ step: "check", look, confirming: false, wishes: { atomic: false, output: false } });
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
  if (!state?.confirming) {
    return;
  }
  // Another press finds nothing to confirm.
  flow.set("check", { confirming: false });
  const { signal } = flow;
  const { atomic, output } = state.wishes;
  try {
    const job = await createJob(flow, { ...(atomic && { atomic }), ...(output && { output }) });
    flow.host.emit("started", { job });
    if (!signal.aborted) {
      const { target, waiting } = state.look;
      void follow(flow, { job, target, waiting });
    }
  } catch (error) {
    if (!signal.aborted) {
      flow.set("check", { trouble: troubleOf(error), confirming: true });
    }
  }
}

function createJob(flow: Flow, wishes: object): Promise<Job> {
  const { look } = flow.at("check")!;
  const options = { ...jobOptions(look), ...wishes };
  return beginJob((settings) => importFile(flow.client, look.file, { target: look.target.name, options, ...settings }));
}
