// Connections of @supabase/lite to the stack's Postgres.
import { createPostgresConnection } from "@supabase/lite/postgres";

// Times as PostgREST and GoTrue give them: 2026-11-28T11:12:40.80777+00:00.
const isoTime = (oid) => ({
  to: oid, from: [oid], serialize: (value) => value,
  parse: (text) => text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"),
});
const times = { timestamp: isoTime(1114), timestamptz: isoTime(1184) };

export function connect(url, max, types = {}) {
  const options = { max, types: { ...times, ...types }, onnotice() {} };
  const connection = createPostgresConnection({ url, postgresOptions: options });
  // Otherwise it would grant the API's roles everything on all tables. The database has grants of its own.
  connection.rlsState = "active";
  return connection;
}
