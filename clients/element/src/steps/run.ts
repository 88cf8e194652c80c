/** A job at work, followed until it has ended. */

import { cancel, getJob, watch, type Job } from "../client.js";
import type { Flow } from "../flow.js";
import { paceOf } from "../model/pace.js";
import { ALONE, withEnded, type Queue } from "../model/queue.js";
import { Speed } from "../model/speed.js";
import type { Target } from "../model/target.js";
import { troubleOf } from "../model/trouble.js";
import { isServed, lastDelay, listTargets, placeInQueue } from "../queries.js";
import { toFile } from "./file.js";
import { toResult } from "./result.js";

const ASK_MS = 3000;
// For so long a pending job may wait before it is said that no processor is there.
const SILENCE_MS = 60_000;

interface Followed {
  job: Job;
  target: Target | undefined;
  queue: Queue;
}

/** Show a job, whoever began it: at work, or ended. */
export async function openJob(flow: Flow, id: string): Promise<void> {
  flow.go({ step: "target" }, true);
  const { signal } = flow;
  try {
    flow.targets = flow.targets.length ? flow.targets : await listTargets(flow.client);
    const job = await getJob(flow.client, id);
    if (!signal.aborted) {
      const opened = { job, target: flow.targets.find(({ name }) => name === job.target), queue: ALONE };
      const isAtWork = job.status === "pending" || job.status === "running";
      await (isAtWork ? follow(flow, opened) : toResult(flow, opened));
    }
  } catch (error) {
    if (!signal.aborted) {
      flow.set("target", { targets: [], trouble: troubleOf(error) });
    }
  }
}

/** Follow a job until it has ended, then show its result. */
export async function follow(flow: Flow, { job, target, queue }: Followed): Promise<void> {
  const idle = { silent: false, rowsPerSecond: 0, secondsLeft: undefined, cancelling: false };
  flow.go({ step: "run", job, target, queue, ...idle }, true);
  const { signal } = flow;
  const speed = new Speed();
  let last = job;
  void askAround(flow, signal);
  try {
    for await (last of watch(flow.client, job.id, { signal, interval: paceOf(job.bytes_total ?? 0) })) {
      const { rowsPerSecond, secondsLeft } = speed.at(last, performance.now());
      flow.set("run", { job: last, rowsPerSecond, secondsLeft });
      flow.host.emit("progress", { phase: "import", percent: Number(last.progress ?? 0), job: last });
    }
  } catch (error) {
    if (!signal.aborted) {
      flow.set("run", { trouble: troubleOf(error), cancelling: false });
    }
    return;
  }
  flow.host.emit(last.status as "completed" | "failed" | "cancelled", { job: last });
  const rest = withEnded(queue, last);
  const goesOn = last.status === "completed" && target && rest.ways.at(-1)?.wishes.others && rest.files.length > 0;
  if (goesOn) {
    toFile(flow, target, rest);
  } else {
    await toResult(flow, { job: last, target, queue: rest });
  }
}

/** Cancel the job; what is in the table stays there. */
export async function cancelRun(flow: Flow): Promise<void> {
  const state = flow.at("run");
  if (!state) {
    return;
  }
  flow.set("run", { cancelling: true });
  try {
    await cancel(flow.client, state.job.id);
  } catch (error) {
    flow.set("run", { cancelling: false, trouble: troubleOf(error) });
  }
}

/** While the job waits, say its place, whether anybody is there to take it, and why an attempt ended. */
async function askAround(flow: Flow, signal: AbortSignal): Promise<void> {
  const since = performance.now();
  for (let state = flow.at("run"); state && !signal.aborted; state = flow.at("run")) {
    if (state.job.status === "pending") {
      await describeWaiting(flow, state.job, performance.now() - since > SILENCE_MS).catch(() => undefined);
    } else {
      flow.set("run", { place: undefined, retry: undefined, silent: false });
    }
    await new Promise((wake) => setTimeout(wake, ASK_MS));
  }
}

async function describeWaiting(flow: Flow, job: Job, isLong: boolean): Promise<void> {
  const place = await placeInQueue(flow.client, job.id);
  const isDelayed = job.attempts > 0 || Date.parse(job.run_after) > Date.now();
  const reason = isDelayed ? await lastDelay(flow.client, job.id) : undefined;
  const isSameFile = reason === "same file";
  const silent = isLong && !(await isServed(flow.client));
  flow.set("run", { place, silent, isSameFile, retry: isSameFile ? undefined : reason && { reason, at: job.run_after } });
}
