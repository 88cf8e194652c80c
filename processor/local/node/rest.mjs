// The Data API of @supabase/lite, for machines without PostgREST.
import { App } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import postgres from "postgres";
import { keepCodes } from "./errors.mjs";

const MAX_ROWS = 1000;

export async function createRest({ url, secret, tokens }) {
  const connection = keepCodes(createPostgresConnection({ url, postgresOptions: { max: 10, onnotice() {} } }));
  // Otherwise it would grant the API's roles everything on all tables. The database has grants of its own.
  connection.rlsState = "active";
  const app = new App({
    connection,
    api: { schemas: ["public"], max_rows: MAX_ROWS },
    auth: { enabled: false, jwt_secret: secret },
    storage: { enabled: false },
    studio: { enabled: false },
  });
  await app.init();
  await reloadSchema(url, connection);
  return async (request) => {
    const headers = new Headers(request.headers);
    const authorization = await tokens.inward(headers.get("authorization"));
    if (authorization) headers.set("authorization", authorization);
    headers.delete("apikey");
    return app.fetch(new Request(request, { headers }));
  };
}

// PostgREST reads the schema again when it is told so: notify pgrst, 'reload schema'.
async function reloadSchema(url, connection) {
  const listener = postgres(url, { max: 1, onnotice() {} });
  await listener.listen("pgrst", () => connection.clearSchemaCache(), () => connection.clearSchemaCache());
}
