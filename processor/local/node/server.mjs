// Serves Auth, and with REST_DATABASE_URL the Data API, on a port of loopback. The gateway asks it, not the client.
import { serve } from "@hono/node-server";
import { createAuth } from "./auth.mjs";
import { Tokens } from "./tokens.mjs";

const { PORT, BASE_URL, JWT_SECRET, SIGNING_KEY, AUTH_DATABASE_URL, REST_DATABASE_URL, SCHEMA_DATABASE_URL } = process.env;
const tokens = new Tokens(JWT_SECRET, JSON.parse(SIGNING_KEY), `${BASE_URL}/auth/v1`);
const auth = await createAuth({ url: AUTH_DATABASE_URL, secret: JWT_SECRET, baseUrl: BASE_URL, tokens });
const rest = REST_DATABASE_URL && (await startRest());

async function startRest() {
  const { createRest } = await import("./rest.mjs");
  return createRest({ url: REST_DATABASE_URL, schemaUrl: SCHEMA_DATABASE_URL, secret: JWT_SECRET, tokens });
}

async function answer(request) {
  const { pathname } = new URL(request.url);
  try {
    if (pathname.startsWith("/auth/v1/")) return await auth(request);
    if (pathname.startsWith("/rest/v1/") && rest) return await rest(request);
  } catch (error) {
    console.error(error);
    return Response.json({ code: "500", message: "internal server error", hint: null, details: null }, { status: 500 });
  }
  return Response.json({ code: "404", message: "no such route", hint: null, details: null }, { status: 404 });
}

// Its own Request and Response, which are faster, are not those that @supabase/lite builds on.
serve({ fetch: answer, port: Number(PORT), hostname: "127.0.0.1", overrideGlobalObjects: false });
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
