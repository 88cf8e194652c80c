/** What may be imported: a row of `list_import_targets`, and what a person needs to know of it. */

import type { JobOptions } from "../client.js";

export interface TargetColumn {
  name: string;
  /** As Postgres spells it, such as `numeric(12,2)`. */
  type: string;
  /** The labels of an enum. */
  labels: string[];
  aliases: string[];
  required: boolean;
}

export interface Target {
  name: string;
  mode: "insert" | "ignore" | "upsert" | "update" | "replace" | "none";
  key_columns: string[] | null;
  options: JobOptions;
  /** For how many days an import can be undone; null: not at all. */
  undo_days: number | null;
  /** The largest file that the bucket accepts; null: only the project limits it. */
  max_bytes: number | null;
  columns: TargetColumn[];
}

// In these modes a row is found by its key, so a file without it cannot be imported.
const KEYED = new Set(["ignore", "upsert", "update"]);

/** Return the names of the columns that a file must have. */
export function neededColumns({ columns, key_columns, mode }: Target): string[] {
  const key = KEYED.has(mode) ? (key_columns ?? []) : [];
  return columns.filter(({ name, required }) => required || key.includes(name)).map(({ name }) => name);
}

export type Kind = "text" | "number" | "date" | "timestamp" | "boolean" | "choice" | "other";

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^(text|citext|uuid|character|varchar|char)/, "text"],
  [/^(smallint|integer|bigint|numeric|real|double|money)/, "number"],
  [/^date$/, "date"],
  [/^timestamp/, "timestamp"],
  [/^boolean$/, "boolean"],
];

/** Return what a person calls the type of a column. */
export function kindOf({ type, labels }: TargetColumn): Kind {
  return labels.length ? "choice" : (KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? "other");
}

const EXAMPLES: Record<Kind, string> = {
  text: "abc",
  number: "1234.50",
  date: "2026-12-31",
  timestamp: "2026-12-31 23:59:00",
  boolean: "true",
  choice: "",
  other: "",
};

/** Return a value that the column accepts, written as Postgres writes it. */
export function exampleOf(column: TargetColumn): string {
  if (/int/.test(column.type)) {
    return "1234";
  }
  return column.type === "uuid"
    ? "00000000-0000-4000-8000-000000000000"
    : (column.labels[0] ?? EXAMPLES[kindOf(column)]);
}

/** Return a CSV file with the names of the columns, to be filled in with a spreadsheet. */
export function templateOf({ columns }: Target): Blob {
  const line = columns.map(({ name }) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(",");
  // Excel reads UTF-8 only with this mark.
  return new Blob([`\uFEFF${line}\r\n`], { type: "text/csv" });
}
