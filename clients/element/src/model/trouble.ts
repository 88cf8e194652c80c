/** Why something did not work, whatever it was: an answer of Storage or the Data API, a job, a rejection. */

import { ImportJobsError, type Job, type Json, type Rejection } from "../client.js";

export interface Trouble {
  code: string;
  /** The sentence in English; `i18n/errors.ts` says it in the person's language. */
  message: string;
  hint: string;
  /** The names and numbers in the message. */
  params: Readonly<Record<string, Json | undefined>>;
}

/** Return the trouble of whatever was thrown. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof ImportJobsError) {
    const { code, message, hint, job } = error;
    return { code, message, hint, params: paramsOf(job?.error_params) };
  }
  return { code: "unknown", message: error instanceof Error ? error.message : String(error), hint: "", params: {} };
}

/** Return why a job failed; undefined where it did not. */
export function troubleOfJob(job: Job): Trouble | undefined {
  const { error_code: code, error_message: message, error_hint: hint } = job;
  return code ? { code, message: message ?? "", hint: hint ?? "", params: paramsOf(job.error_params) } : undefined;
}

/** Return why an undo was not done; undefined where it was. */
export function troubleOfUndo(job: Job): Trouble | undefined {
  const { undo_error_code: code, undo_error_message: message, undo_error_hint: hint } = job;
  return code ? { code, message: message ?? "", hint: hint ?? "", params: {} } : undefined;
}

/** Return `error_params` as an object. */
export function paramsOf(params: Json | null | undefined): Trouble["params"] {
  return params && typeof params === "object" && !Array.isArray(params) ? params : {};
}

/** Return why a row was rejected. */
export function troubleOfRejection(row: Pick<Rejection, "code" | "message" | "error_params" | "column_name">): Trouble {
  const column = row.column_name ?? "";
  return { code: row.code, message: row.message, hint: "", params: { column, ...paramsOf(row.error_params) } };
}
