// import-jobs: a file of import-jobs 0.2.0; `import-jobs install` replaces it at an upgrade.
/**
 * The Edge Function `process-import-jobs`: a relay between pg_net and the processor.
 *
 * pg_net serves nothing else in the database until its slowest request has ended. The relay answers it at once, and rings
 * the processor afterwards, however long that takes: one that starts from zero, or one that hangs.
 */
import { BadBody, limitedBody } from "./body.ts";
import { BadRing, checkRing } from "./ring.ts";
import { accepts } from "./token.ts";

declare const EdgeRuntime: { waitUntil(promise: Promise<unknown>): void };

const PATH = "/process-import-jobs";
const RING_HEADER = "import-jobs-ring";
const BODY_BYTES = 64 * 1024;
const BODY_SECONDS = 10;
// Longer than a processor takes to start, shorter than the 150 s that a worker may live on Free projects.
const RING_SECONDS = 100;
const HINT = 'Send POST /process-import-jobs with no body, or with {"job_ids": ["…"]}: at most 1,000 UUIDs in 64 kB.';

Deno.serve(async (request) => {
  if (!new URL(request.url).pathname.endsWith(PATH)) {
    return refused(404, "the path does not exist");
  }
  if (request.method !== "POST") {
    return refused(405, "the path does not support this method", { Allow: "POST" });
  }
  const token = Deno.env.get("IMPORT_JOBS_WAKE_TOKEN");
  if (!accepts(request.headers.get("authorization"), token)) {
    return new Response(null, { status: 401 });
  }
  let body: Uint8Array;
  try {
    body = await limitedBody(request, BODY_BYTES, BODY_SECONDS);
    checkRing(body);
  } catch (error) {
    if (error instanceof BadBody || error instanceof BadRing) {
      return refused(error instanceof BadBody ? error.status : 400, error.message);
    }
    throw error;
  }
  EdgeRuntime.waitUntil(ring(body, `Bearer ${token}`, request.headers.get(RING_HEADER)));
  return Response.json({ status: "accepted" }, { status: 202 });
});

/** Ring the processor. A ring that is lost is harmless: the sweep finds the job, and the log says why. */
async function ring(body: Uint8Array, authorization: string, number: string | null): Promise<void> {
  const base = Deno.env.get("IMPORT_JOBS_PROCESSOR_URL");
  if (!base) {
    console.error("the secret IMPORT_JOBS_PROCESSOR_URL is not set, so no processor was rung");
    return;
  }
  const headers: Record<string, string> = { Authorization: authorization, "Content-Type": "application/json" };
  if (number !== null) {
    headers[RING_HEADER] = number;
  }
  try {
    const response = await fetch(base.replace(/\/+$/, "") + PATH, {
      method: "POST",
      headers,
      body: body as BodyInit,
      redirect: "error", // the token is for this host only
      signal: AbortSignal.timeout(RING_SECONDS * 1000),
    });
    await response.body?.cancel();
    if (!response.ok) {
      console.error(`the processor answered a ring with status ${response.status}`);
    }
  } catch (error) {
    console.error(`the processor did not answer a ring: ${error instanceof Error ? error.name : "no error"}`);
  }
}

/** Return an error as the processor does. */
function refused(status: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ code: "IJ120", message, hint: HINT }, { status, headers });
}
