// The Data API of @supabase/lite, for machines without PostgREST.
import { App } from "@supabase/lite";
import postgres from "postgres";
import { connect } from "./connections.mjs";
import { keepCodes } from "./errors.mjs";

const MAX_ROWS = 1000;
// It turns the objects and arrays among the arguments of a function into texts, which the driver would quote again.
const jsonb = {
  to: 3802, from: [3802], parse: JSON.parse,
  serialize: (value) => (typeof value === "string" && /^[[{]/.test(value) ? value : JSON.stringify(value)),
};

// `url` is that of authenticator, who serves requests after `set role`, and `schemaUrl` that of a role that sees all
// tables in information_schema, which authenticator does not.
export async function createRest({ url, schemaUrl, secret, tokens }) {
  const connection = keepCodes(connect(url, 10, { jsonb }));
  const schema = connect(schemaUrl, 1);
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
  await postgres(url, { max: 1, onnotice() {} }).listen("pgrst", reload, reload);
}
