/** Imports of CSV files into Supabase, from a browser or a server. */

export { ImportJobsError } from "./errors.js";
export { fix, type FixSettings } from "./fix.js";
export { importFile, type ImportRun, type ImportSettings } from "./import-file.js";
export { inspect, type Inspected } from "./inspect.js";
export type {
  DialectPart,
  InspectedHeader,
  InspectedProblem,
  InspectedRow,
  Inspection,
  RememberedMapping,
} from "./inspection.js";
export { cancel, getJob, retry, undo, type JobSettings } from "./jobs.js";
export { rejections } from "./rejections.js";
export type {
  Database,
  Job,
  JobOptions,
  Json,
  OnProgress,
  Progress,
  Rejection,
  StoredFile,
  UploadSettings,
} from "./types.js";
export type { CorrectedRow } from "./csv.js";
export { watch, type WatchSettings } from "./watch.js";
