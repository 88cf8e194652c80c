/** The TypeScript client, the only way from here to Supabase besides the queries in `queries.ts`. */

export {
  cancel,
  fix,
  getJob,
  importFile,
  ImportJobsError,
  retry,
  undo,
  watch,
  type CorrectedRow,
  type ImportRun,
  type Inspection,
  type InspectedHeader,
  type InspectedProblem,
  type InspectedRow,
  type Job,
  type JobOptions,
  type Json,
  type Progress,
  type Rejection,
  type StoredFile,
} from "../../typescript/src/index.js";
export type { AnyClient } from "../../typescript/src/types.js";
