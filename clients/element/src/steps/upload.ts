/** The upload, which ends with an inspection of the file: both are one job of the TypeScript client. */

import { importFile, type ImportRun, type Inspection, type Job, type Progress, type StoredFile } from "../client.js";
import type { Flow } from "../flow.js";
import { LOOK_MS } from "../model/pace.js";
import { choicesOf } from "../model/look.js";
import { wayFor, type Queue, type Way } from "../model/queue.js";
import type { Target } from "../model/target.js";
import { troubleOf } from "../model/trouble.js";
import { showFile } from "./file.js";
import { goOnAlike, lookAgain } from "./map.js";

// The first bytes that are reported of a new upload are fewer than one of its chunks.
const CHUNK_BYTES = 6 * 1024 * 1024;

const runs = new WeakMap<Flow, ImportRun>();

/** Upload a file, from where it was if an earlier upload of it was not finished, and look at it. */
export function startUpload(flow: Flow, target: Target, file: File, queue: Queue): void {
  const offline = navigator.onLine === false;
  flow.go(
    { step: "upload", target, file, queue, sent: 0, resumedAt: 0, paused: false, offline, looking: false },
    true,
  );
  void send(flow, target, file);
}

async function send(flow: Flow, target: Target, file: File): Promise<void> {
  const { signal } = flow;
  let isFirst = true;
  const onProgress = (_percent: number, progress: Progress): void => {
    if (progress.phase === "import") {
      flow.set("upload", { looking: true, sent: file.size });
      return;
    }
    const resumedAt = isFirst && progress.bytesSent >= CHUNK_BYTES ? { resumedAt: progress.bytesSent } : {};
    isFirst = false;
    flow.set("upload", { sent: progress.bytesSent, ...resumedAt });
    flow.host.emit("progress", { phase: "upload", percent: (100 * progress.bytesSent) / file.size });
  };
  try {
    // What is found with the settings of the file before is used if the headers agree.
    const ways = flow.at("upload")?.queue.ways ?? [];
    const options = { ...ways.at(-1)?.options, inspect: true };
    const run = importFile(flow.client, file, { target: target.name, options, signal, onProgress, interval: LOOK_MS });
    runs.set(flow, run);
    const job = await run;
    if (!signal.aborted) {
      await toMap(flow, job, ways);
    }
  } catch (error) {
    if (!signal.aborted) {
      flow.set("upload", { trouble: troubleOf(error), looking: false });
    }
  }
}

/** Go to the mapping with what an inspection has found; a file like the one before needs none. */
async function toMap(flow: Flow, job: Job, ways: readonly Way[]): Promise<void> {
  const state = flow.at("upload")!;
  const { inspection } = job.report as unknown as { inspection: Inspection };
  const file: StoredFile = { bucket: job.bucket_id, path: job.object_path, name: job.file_name ?? state.file.name };
  const { target, queue } = state;
  const way = wayFor(inspection, ways);
  const chosen = { choices: choicesOf(inspection), rememberedIsDone: way !== undefined };
  const { options, mapping } = way ?? { options: {}, mapping: {} };
  const look = { target, queue, file, size: state.file.size, inspection, options, mapping, ...chosen };
  flow.go({ step: "map", busy: false, look });
  if (way) {
    await goOnAlike(flow, look, way);
  } else if (ways.length) {
    await lookAgain(flow, look);
  }
}

export function setPaused(flow: Flow, paused: boolean): void {
  const run = runs.get(flow);
  if (paused) {
    run?.pause();
  } else {
    run?.resume();
  }
  flow.set("upload", { paused });
}

/** Try again after a failure; what is there already is not sent again. */
export function uploadAgain(flow: Flow): void {
  const state = flow.at("upload");
  if (state) {
    startUpload(flow, state.target, state.file, state.queue);
  }
}

/** Stop, and go back to the choice of a file; what was sent stays for a day. */
export function leaveUpload(flow: Flow): void {
  const state = flow.at("upload");
  if (state) {
    showFile(flow, state.target, state.queue);
  }
}

/** Say that the network is gone or back; a failed upload goes on by itself when it is back. */
export function networkChanged(flow: Flow, online: boolean): void {
  const state = flow.at("upload");
  flow.set("upload", { offline: !online });
  if (online && state?.trouble?.code === "network") {
    uploadAgain(flow);
  }
}
