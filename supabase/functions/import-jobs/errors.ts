/** Refusals: a status, and a body with code, message and hint, whatever refused: this function, the Data API, Storage. */
import { BadBody } from "./body.ts";

// The status of our codes that say more than "bad request", with which the Data API answers all of them.
const STATUS: Record<string, number> = {
  IJ101: 409,
  IJ106: 404,
  IJ108: 404,
  IJ114: 429,
  IJ115: 409,
  IJ116: 429,
  IJ205: 413,
  IJ207: 415,
  IJ601: 403,
  IJ602: 403,
};

/** A request that ends with an error. The message repeats nothing of the request. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }

  /** The body of the response. */
  get body(): Record<string, string> {
    return { code: this.code, message: this.message, hint: this.hint };
  }
}

/** What the Data API and Storage give as errors. */
interface UpstreamError {
  message: string;
  code?: string;
  hint?: string | null;
  status?: number;
  statusCode?: string;
}

/** Return an answer in JSON. */
export function answer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { "Cache-Control": "no-store", ...headers } });
}

/** Return the refusal for anything that was thrown; what is not foreseen is a defect, which is logged. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) {
    return error;
  }
  if (error instanceof BadBody) {
    const hint = "Send a JSON object of at most 128 kB.";
    return new Refusal(error.status, "IJ121", error.message, hint);
  }
  console.error(error);
  const hint = "This is a defect of import-jobs. Report it with the function's log.";
  return new Refusal(500, "IJ901", "the Edge Function failed", hint);
}

/** Return the refusal for an error of the Data API: its own code, message and hint. */
export function dataRefusal(error: UpstreamError, status: number): Refusal {
  if (!status || status >= 500) {
    console.error(error);
    const hint = "Check that the database and the Data API run, then send the request again.";
    return new Refusal(503, "IJ501", "the Data API does not answer", hint);
  }
  const code = error.code ?? "";
  return new Refusal(STATUS[code] ?? status, code, error.message, error.hint ?? "");
}

/** Return the refusal for an error of Storage, whose status is in its body; that of the response is often 400. */
export function storageRefusal(error: UpstreamError): Refusal {
  const status = Number(error.statusCode) || error.status || 0;
  if (status === 403 || /row-level security/.test(error.message)) {
    const hint = "Ask an administrator for the policies of the bucket imports that import-jobs installs.";
    return new Refusal(403, "IJ602", "Storage does not let you upload to this path", hint);
  }
  console.error(error);
  const hint = "Check that Storage runs and that the bucket imports exists, then send the request again.";
  return new Refusal(503, "IJ203", "Storage does not answer", hint);
}
