// import-jobs: a file of import-jobs 0.2.0; `import-jobs install` replaces it at an upgrade.
/**
 * The Edge Function `import-jobs`: create, process, status, cancel and retry, for clients that speak HTTP and JSON only.
 *
 * Every request is made by a signed-in user, whose token this function verifies. What it asks of the Data API and of
 * Storage it asks with that token, so that grants and row security decide; it has no other rights.
 */
import { limitedBody } from "./body.ts";
import { create } from "./create.ts";
import { userClient } from "./environment.ts";
import { answer, Refusal, refusalOf } from "./errors.ts";
import { cancel, process, retry, status } from "./jobs.ts";
import { Fields } from "./request.ts";
import { verifiedUser } from "./token.ts";

const ROUTES = { create, process, status, cancel, retry };
// The options of a job are at most 64 kB.
const BODY_BYTES = 128 * 1024;
const BODY_SECONDS = 10;
const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "authorization, apikey, content-type, x-client-info",
  "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
  "Access-Control-Max-Age": "86400",
};

Deno.serve(async (request) => {
  if (request.method === "OPTIONS") {
    return new Response(null, { status: 204, headers: CORS });
  }
  let response: Response;
  try {
    response = await handle(request);
  } catch (error) {
    const refusal = refusalOf(error);
    response = answer(refusal.status, refusal.body, refusal.headers);
  }
  for (const [name, value] of Object.entries(CORS)) {
    response.headers.set(name, value);
  }
  return response;
});

/** Answer a request that is no preflight. Throws Refusal. */
async function handle(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const route = routeOf(url);
  const methods = route === status ? ["GET", "POST"] : ["POST"];
  if (!methods.includes(request.method)) {
    const hint = "Use POST; only status can be read with GET as well.";
    throw new Refusal(405, "IJ121", "the path does not support this method", hint, { Allow: methods.join(", ") });
  }
  const user = await verifiedUser(request.headers.get("authorization"));
  const fields = request.method === "GET"
    ? new Fields(Object.fromEntries(url.searchParams))
    : Fields.parsed(await limitedBody(request, BODY_BYTES, BODY_SECONDS));
  return await route({ user, fields, supabase: userClient(user.token) });
}

/** Return what answers a path, …/import-jobs/<verb>. Throws Refusal. */
function routeOf(url: URL) {
  const verb = url.pathname.replace(/\/$/, "").split("/").at(-1) ?? "";
  if (!Object.hasOwn(ROUTES, verb)) {
    const hint = "Use import-jobs/create, process, status, cancel or retry.";
    throw new Refusal(404, "IJ121", "the path does not exist", hint);
  }
  return ROUTES[verb as keyof typeof ROUTES];
}
