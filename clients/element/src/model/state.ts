/**
 * What a person sees is a function of one value of the type `State`. Data goes one way:
 *
 *     what a person does → an action of a step (steps/*.ts) → Flow.set(state) → the view of the step (view/*.ts)
 *
 * An action may ask Supabase (`queries.ts`, `client.ts`); its answer becomes a state as well, unless the person has gone
 * to another step meanwhile. A view reads nothing but its state, and holds nothing.
 *
 *     target ─▶ file ─▶ upload ─▶ map ─▶ check ─▶ run ─▶ result
 *       ▲         ▲        │      │ ▲      │        │      │ │
 *       │         └────────┴──────┘ └──────┘        │      │ └─▶ run: corrected rows, a retry
 *       │         └────────────────────────────────◀┴──────┘
 *       └── skipped where there is one target, or the element names it
 *
 * A job that is opened by its id starts at `run`, or at `result` when it has ended.
 */

import type { Inspection, Job, JobOptions, Rejection, StoredFile } from "../client.js";
import type { Queue } from "./queue.js";
import type { Field } from "./record.js";
import type { Target } from "./target.js";
import type { Trouble } from "./trouble.js";

export type State = TargetState | FileState | UploadState | MapState | CheckState | RunState | ResultState;
export type Step = State["step"];
export type StateOf<S extends Step> = Extract<State, { step: S }>;

/** Which table. `targets` is undefined while they are being asked for. */
export interface TargetState {
  step: "target";
  targets?: Target[];
  trouble?: Trouble;
}

/** Which file. */
export interface FileState {
  step: "file";
  target: Target;
  queue: Queue;
  /** Why the last file was refused. */
  refused?: { name: string; trouble: Trouble };
  /** A completed import of a file of this name and size; the person decides whether to go on. */
  seen?: { file: File; job: Job };
  checking: boolean;
}

/** A file on its way. */
export interface UploadState {
  step: "upload";
  target: Target;
  file: File;
  queue: Queue;
  sent: number;
  /** Bytes that an earlier attempt had sent. */
  resumedAt: number;
  paused: boolean;
  /** The browser has no network; the upload goes on when it is back. */
  offline: boolean;
  /** The file is there, and is being looked at. */
  looking: boolean;
  trouble?: Trouble;
}

/** A file in Storage, what an inspection found in it, and what the person chose. */
export interface Look {
  target: Target;
  queue: Queue;
  file: StoredFile;
  size: number;
  inspection: Inspection;
  /** What the person decided; becomes the job's options. */
  options: JobOptions;
  /** By header (or number of the field): a column, or null for none. Only what the person has changed. */
  mapping: Mapping;
  /** Ambiguous parts of the dialect, with their alternatives as the first inspection found them. */
  choices: Record<string, unknown[]>;
  /** The remembered mapping was used or put aside. */
  rememberedIsDone: boolean;
  /** The person does not want the locale that was proposed. */
  localeIsDone?: boolean;
}

export type Mapping = Readonly<Record<string, string | null>>;

/** How the file is read, and what goes where. */
export interface MapState {
  step: "map";
  look: Look;
  busy: boolean;
  trouble?: Trouble;
}

/** What an import would do. Nothing is written before a second press. */
export interface CheckState {
  step: "check";
  look: Look;
  /** The dry run: undefined before it is asked for. */
  dry?: Job;
  dryTrouble?: Trouble;
  confirming: boolean;
  /** It was pressed a second time. */
  importing?: boolean;
  wishes: Wishes;
  trouble?: Trouble;
}

export interface Wishes {
  /** All rows or none. */
  atomic: boolean;
  /** Keep the normalised file. */
  output: boolean;
  /** Import the files of the queue in the same way, without asking, where their headers agree. */
  others: boolean;
}

/** A job at work. */
export interface RunState {
  step: "run";
  job: Job;
  target: Target | undefined;
  queue: Queue;
  place?: number | null;
  /** Nobody has taken the job for a minute, and no processor is alive. */
  silent: boolean;
  /** Another job imports the same file; this one comes after it. */
  isSameFile?: boolean;
  /** Why the last attempt ended, and when the next one begins. */
  retry?: { reason: Trouble; at: string };
  rowsPerSecond: number;
  secondsLeft: number | undefined;
  cancelling: boolean;
  trouble?: Trouble;
}

/** A job that has ended. */
export interface ResultState {
  step: "result";
  job: Job;
  target: Target | undefined;
  queue: Queue;
  groups?: RejectionGroup[];
  filter?: RejectionFilter;
  page?: RejectionPage;
  /** The names of the file's fields; null where they cannot be known. */
  headers?: string[] | null;
  /** By number of the record, then by header. */
  edits: Readonly<Record<number, Readonly<Record<string, string>>>>;
  /** Records whose corrections were imported. */
  sent: ReadonlySet<number>;
  opened: ReadonlySet<number>;
  busy: "fix" | "undo" | "retry" | undefined;
  askingUndo: boolean;
  trouble?: Trouble;
}

export interface RejectionFilter {
  code: string;
  column: string | null;
}

export interface RejectionGroup extends RejectionFilter {
  count: number;
  firstLine: number;
  sample: Rejection;
}

export interface RejectionPage {
  rows: RejectedRow[];
  /** Record numbers after which the earlier pages began; the last one is this page's. */
  starts: number[];
  hasMore: boolean;
}

/** A rejected record: the invalid column for which it is listed, its text, and all of its invalid columns. */
export interface RejectedRecord extends Rejection {
  cells: Rejection[];
}

export interface RejectedRow extends RejectedRecord {
  /** Undefined where the record is not whole, or has other fields than the header. */
  fields: Field[] | undefined;
}
