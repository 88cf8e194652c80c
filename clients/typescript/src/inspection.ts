/** What an inspection finds: `report.inspection` of its job, as docs/reference/results.md describes it. */

import type { JobOptions, Json } from "./types.js";

export interface Inspection {
  /** By the name of the option: its value, how it was decided, and what else it may be. */
  dialect: Record<string, DialectPart>;
  headers: InspectedHeader[];
  /** Columns that the target requires and nothing fills. */
  missing_columns: string[];
  problems: InspectedProblem[];
  remembered: RememberedMapping | null;
  records: { read: number; rejected: number; whole_file: boolean; estimated: number | null };
  /** The first 20 records; deleted after a day. */
  rows: InspectedRow[];
}

export interface DialectPart {
  value: Json;
  how: "found" | "given" | "default";
  alternatives?: Json[];
  /** Of an encoding that was found: 0 to 1. */
  confidence?: number;
}

export interface InspectedHeader {
  /** Null without a header line. */
  header: string | null;
  /** Number of the field, from 1. */
  field: number;
  samples: string[];
  /** Share of the records that have a value, 0 to 1. */
  filled: number | null;
  /** The column that it goes into; null: into none. */
  column: string | null;
  how: "name" | "alias" | "mapping" | "position" | null;
}

export interface InspectedProblem {
  code: string;
  message: string;
  params: Record<string, Json>;
  hint: string;
  column?: string | null;
  rows?: number;
}

export interface RememberedMapping {
  mapping: Record<string, string> | null;
  dialect: Record<string, Json>;
  locale: string | null;
  used_at: string;
  /** Give them to `importFile` to use it again. */
  options: JobOptions;
}

export interface InspectedRow {
  line: number;
  /** By column, as the table would show them. */
  values: Record<string, string | null>;
  /** The columns whose value is another than the text of the file. */
  changed: string[];
  /** Why the row would be rejected. */
  errors: { column: string | null; code: string; message: string }[];
}
