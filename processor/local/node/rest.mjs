// The Data API of @supabase/lite, for machines without PostgREST.
import { App } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import postgres from "postgres";
import { keepCodes } from "./errors.mjs";

const MAX_ROWS = 1000;
const quiet = { onnotice() {} };
// Times as PostgREST gives them: 2026-11-28T11:12:40.80777+00:00.
const isoTime = (oid) => ({
  to: oid, from: [oid], serialize: (value) => value,
  parse: (text) => text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"),
});
const types = { timestamp: isoTime(1114), timestamptz: isoTime(1184) };

// `url` is that of authenticator, who serves requests after `set role`, and `schemaUrl` that of a role that sees all
// tables in information_schema, which authenticator does not.
export async function createRest({ url, schemaUrl, secret, tokens }) {
  const connection = keepCodes(createPostgresConnection({ url, postgresOptions: { max: 10, types, ...quiet } }));
  // Otherwise it would grant the API's roles everything on all tables. The database has grants of its own.
  connection.rlsState = "active";
  const schema = createPostgresConnection({ url: schemaUrl, postgresOptions: { max: 1, ...quiet } });
  connection.introspect = (options) => schema.introspect(options);
  const app = new App({
    connection,
    api: { schemas: ["public"], max_rows: MAX_ROWS },
    auth: { enabled: false, jwt_secret: secret },
    storage: { enabled: false },
    studio: { enabled: false },
    options: { server: { middlewares: [withoutUser] } },
  });
  await app.init();
  await reloadWhenTold(url, schema);
  return async (request) => app.fetch(await tokens.inward(request));
}

// It would look each user up in auth.users. The Data API checks the token, and sets the user from it.
async function withoutUser(context, next) {
  if (context.req.header("authorization")) {
    context.set("userId", "unchecked");
    context.set("sessionId", "unchecked");
  }
  await next();
}

// Like PostgREST it reads the schema again after: notify pgrst, 'reload schema'.
async function reloadWhenTold(url, schema) {
  const reload = () => schema.clearSchemaCache();
  await postgres(url, { max: 1, ...quiet }).listen("pgrst", reload, reload);
}
