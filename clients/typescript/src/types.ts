/** The types that callers meet. */

import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database, Json } from "./database.types.js";

export type { Database, Json };

/** A row of `import_jobs`. */
export type Job = Database["public"]["Tables"]["import_jobs"]["Row"];
/**
 * A row of `import_job_errors`: an invalid column of a rejected row, with its line and the reason. A row of the file has
 * one for each of them, which `position` counts from 1; only the first has the `raw` text.
 */
export type Rejection = Database["public"]["Tables"]["import_job_errors"]["Row"];
/** Any client of supabase-js, with types of its own or none. */
export type AnyClient = SupabaseClient<any, any, any>;
export type Client = SupabaseClient<Database>;

/** How a job reads its file and what happens to its rows; docs/reference/options.md says more. */
export interface JobOptions {
  encoding?: string;
  delimiter?: string;
  quote?: string;
  escape?: string;
  comment?: string;
  compression?: string;
  has_header?: boolean;
  skip_lines?: number;
  skip_footer?: number;
  skip_empty_rows?: boolean;
  strict_quotes?: boolean;
  skip_initial_space?: boolean;
  member?: string;
  empty_as?: "null" | "default";
  formula_text?: boolean;
  /** Null: the field is left out. */
  mapping?: Record<string, string | null>;
  unknown_columns?: "ignore" | "error";
  locale?: string;
  decimal?: string;
  thousands?: string;
  date_formats?: string[];
  timestamp_formats?: string[];
  true_values?: string[];
  false_values?: string[];
  null_values?: string[];
  trim?: boolean;
  time_zone?: string;
  on_error?: "skip" | "abort";
  max_errors?: number | `${number}%`;
  max_seconds?: number;
  atomic?: boolean;
  dry_run?: boolean;
  inspect?: boolean;
  output?: boolean;
  force?: boolean;
  delete_source?: boolean;
}

/** A file that is in Storage already, for a job without another upload. */
export interface StoredFile {
  bucket: string;
  path: string;
  /** The name that people know. */
  name: string;
}

/** What is known beside the number of percent. */
export type Progress =
  | { phase: "upload"; bytesSent: number; bytesTotal: number }
  | { phase: "import"; job: Job };

/** Called with the progress of upload and import together, 0 to 100, which never goes back. */
export type OnProgress = (percent: number, progress: Progress) => void;

export interface UploadSettings {
  /** Default: `imports`. */
  bucket?: string;
  /** The name that people know; default: that of the file. */
  fileName?: string;
  /** First folder of the path; default: the id of the signed-in user. A server with a secret key names one. */
  folder?: string;
  /** Files above this many bytes are uploaded resumably; default: 6 MiB. */
  resumableAbove?: number;
  /** Where unfinished uploads are remembered; default: what tus-js-client has, `localStorage` in a browser. */
  urlStorage?: unknown;
}
