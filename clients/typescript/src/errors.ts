/** What went wrong, in one class whatever answered: Storage, the Data API, or the job itself. */

import type { Job } from "./types.js";

/** An error with a stable code, a sentence for people, and a hint that says what to do. */
export class ImportJobsError extends Error {
  override readonly name = "ImportJobsError";
  /** `IJ…` of import-jobs, an SQLSTATE, `storage/<status>`, or a word of this client such as `signed_out`. */
  declare readonly code: string;
  /** What to do, in a sentence; empty where nobody knows. */
  declare readonly hint: string;
  /** Status of the HTTP response, where there was one. */
  declare readonly status: number | undefined;
  /** The job, where it is the job that ended so. */
  declare readonly job: Partial<Job> | undefined;

  constructor(
    code: string,
    message: string,
    hint = "",
    { cause, status, job }: { status?: number | undefined; job?: Partial<Job>; cause?: unknown } = {},
  ) {
    super(message, { cause });
    // A status of 0 means that nobody answered.
    Object.assign(this, { code, hint, status: status || undefined, job });
  }
}

type Ended = Pick<Job, "status" | "error_code" | "error_message" | "error_hint">;

const STORAGE_HINTS: Record<number, string> = {
  403: "Sign in again; files go below a folder named by the user's id.",
  404: "Create the bucket, or name another one.",
  413: "Compress the file, or have the bucket's limit raised.",
  415: "Have this type allowed in the bucket.",
};

const TRY_AGAIN = "Check the connection, then try again.";

interface Answer<Data> {
  data: Data;
  error: { code?: string; message: string; hint?: string | null } | null;
  status: number;
}

/** Return what the Data API has answered, or throw its error. */
export async function answered<Data>(query: PromiseLike<Answer<Data>>): Promise<NonNullable<Data>> {
  const { data, error, status } = await query;
  if (error) {
    const { code, message, hint } = error;
    const advice = hint ?? (code ? "" : TRY_AGAIN);
    throw new ImportJobsError(code || "network", message, advice, { cause: error, status });
  }
  if (data === null) {
    const hint = "Check the id, and that the job belongs to you.";
    throw new ImportJobsError("IJ108", "the job does not exist", hint);
  }
  return data as NonNullable<Data>;
}

/** Return the error of an answer of Storage; its status is in the body, the HTTP status often only 400. */
export function ofStorage(error: unknown): ImportJobsError {
  const { message, statusCode, status } = error as { message?: string; statusCode?: string; status?: number };
  const real = Number(statusCode) || status || 0;
  const hint = STORAGE_HINTS[real] ?? TRY_AGAIN;
  const code = real ? `storage/${real}` : "network";
  return new ImportJobsError(code, message ?? String(error), hint, { cause: error, status: real });
}

/** Return the error of a job that failed or was cancelled. */
export function ofJob(job: Ended): ImportJobsError {
  // Only a failed job has a code and a message.
  const { status, error_code: code, error_message: message, error_hint: hint } = job;
  return new ImportJobsError(code ?? status, message ?? "the job was cancelled", hint ?? "Retry it to go on.", { job });
}

