// Errors of Postgres as PostgREST answers them. @supabase/lite answers most SQLSTATEs of class P0, and all that are not
// Postgres's own, with 500 and without their code. An error with the code PGRST it answers as the error says.
const BY_CODE = {
  "23503": 409, "23505": 409, "25006": 405, "42883": 404, "42P01": 404, "42P17": 500, "53400": 500, "57P01": 503,
  P0001: 400,
};
const BY_CLASS = {
  "08": 503, "09": 500, "0L": 403, "0P": 403, "25": 500, "28": 403, "2D": 500, "38": 500, "39": 500, "3B": 500,
  "40": 500, "53": 503, "54": 500, "55": 500, "57": 500, "58": 500, F0: 500, HV: 500, P0: 500, XX: 500,
};
// Those that @supabase/lite itself answers as PostgREST does, with its own knowledge of the request.
const KEPT = /^(42|22|21|PT|PGRST)/;

export function statusOf(code) {
  return BY_CODE[code] ?? BY_CLASS[code.slice(0, 2)] ?? 400;
}

// Makes a connection report errors so that their codes, details and hints reach the client.
export function keepCodes(connection) {
  const normalize = connection.normalizeDbError.bind(connection);
  connection.normalizeDbError = (error) => {
    const known = normalize(error);
    const code = known?.code;
    if (typeof code !== "string" || code.length !== 5 || KEPT.test(code)) return known;
    const body = { code, message: known.message, details: known.detail ?? null, hint: known.hint ?? null };
    return { code: "PGRST", message: JSON.stringify(body), detail: JSON.stringify({ status: statusOf(code), headers: {} }) };
  };
  return connection;
}
