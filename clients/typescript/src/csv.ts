/** Writes corrected rows as CSV. Nothing here reads CSV: the processor does that. */

/** Values by header or column; null and undefined become an empty field. */
export type CorrectedRow = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Return rows as a CSV file with a header. */
export function toCsv(rows: readonly CorrectedRow[]): { csv: Blob; headers: string[] } {
  const headers = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => headers.map((header) => row[header]));
  const text = [headers, ...lines].map((values) => `${values.map(field).join(",")}\r\n`).join("");
  return { csv: new Blob([text]), headers };
}

// A text is quoted: unquoted, an empty field and the job's words for null would be null.
function field(value: string | number | boolean | null | undefined): string {
  return typeof value === "string" ? `"${value.replaceAll('"', '""')}"` : String(value ?? "");
}
