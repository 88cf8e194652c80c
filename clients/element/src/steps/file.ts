/** The step of the file: what can be known before an upload is said before it. */

import { ImportJobsError, type Job } from "../client.js";
import type { Flow } from "../flow.js";
import { isDryRun } from "../model/job.js";
import { kindOfFile } from "../model/file-kind.js";
import { ALONE, type Queue } from "../model/queue.js";
import type { Target } from "../model/target.js";
import { troubleOf, type Trouble } from "../model/trouble.js";
import { checkPlanned, listJobs } from "../queries.js";
import { startUpload } from "./upload.js";

/** Go to the step of the file; of files that wait, the first one is taken at once. */
export function toFile(flow: Flow, target: Target, queue = ALONE): void {
  showFile(flow, target, queue);
  void takeFiles(flow, queue.files);
}

/** Go to the step of the file; files that wait are taken when the person says so. */
export function showFile(flow: Flow, target: Target, queue: Queue): void {
  flow.go({ step: "file", target, queue, checking: false }, true);
}

/** Go on with the next file that waits. */
export function takeNext(flow: Flow): void {
  const queue = flow.at("file")?.queue;
  if (queue) {
    void takeFiles(flow, queue.files);
  }
}

/** Check the first of the files and upload it; the others come after it. */
export async function takeFiles(flow: Flow, files: readonly File[]): Promise<void> {
  const state = flow.at("file");
  const [file, ...others] = files;
  if (!state || !file || state.checking) {
    return;
  }
  const queue = { ...state.queue, files: others };
  flow.set("file", { checking: true, queue, refused: undefined, seen: undefined });
  const { signal } = flow;
  const refused = await refusal(flow, state.target, file);
  const seen = refused ? undefined : await seenBefore(flow, state.target, file);
  if (signal.aborted) {
    return;
  }
  if (refused || seen) {
    flow.set("file", {
      checking: false,
      refused: refused && { name: file.name, trouble: refused },
      seen: seen && { file, job: seen },
    });
  } else {
    startUpload(flow, state.target, file, queue);
  }
}

/** Upload a file although one of its name and size was imported. */
export function takeSeen(flow: Flow): void {
  const state = flow.at("file");
  if (state?.seen) {
    startUpload(flow, state.target, state.seen.file, state.queue);
  }
}

/** Forget that the file was refused or seen; files that wait stay. */
export function putAside(flow: Flow): void {
  flow.set("file", { refused: undefined, seen: undefined });
}

/** Take cells that were copied in a spreadsheet, which separates them by tabs, or a text of CSV. */
export function takePasted(flow: Flow, text: string): void {
  if (text.trim()) {
    const name = text.includes("\t") ? "pasted.tsv" : "pasted.csv";
    void takeFiles(flow, [new File([text], name), ...(flow.at("file")?.queue.files ?? [])]);
  }
}

async function refusal(flow: Flow, target: Target, file: File): Promise<Trouble | undefined> {
  if (!file.size) {
    return { code: "file/empty", message: "the file is empty", hint: "", params: {} };
  }
  if (target.max_bytes !== null && file.size > target.max_bytes) {
    const params = { bytes: file.size, limit: target.max_bytes };
    return { code: "file/size", message: "the file is too large", hint: "", params };
  }
  try {
    const kind = await kindOfFile(file);
    if (kind) {
      return { code: `file/${kind}`, message: "the file is of another kind", hint: "", params: {} };
    }
    await checkPlanned(flow.client, target.name, file.size);
    return undefined;
  } catch (error) {
    return troubleOf(error instanceof ImportJobsError ? error : unreadable(error));
  }
}

// A folder, or a file that was moved since it was chosen.
function unreadable(cause: unknown): ImportJobsError {
  return new ImportJobsError("file/unreadable", "the file cannot be read", "", { cause });
}

/** Return a completed import of a file of this name and size; none where that cannot be asked. */
async function seenBefore(flow: Flow, target: Target, file: File): Promise<Job | undefined> {
  try {
    const filter = { name: file.name, target: target.name, status: "completed", page_size: 20 } as const;
    const jobs = await listJobs(flow.client, filter);
    return jobs.find((job) => {
      return job.bytes_total === file.size && job.file_name === file.name && !job.undone_at && !isDryRun(job);
    });
  } catch {
    return undefined;
  }
}
