/** What the element asks the Data API and Storage beyond the calls of the TypeScript client. */

import { ImportJobsError, type AnyClient, type Job, type Rejection } from "./client.js";
import type { RejectedRecord, RejectionFilter } from "./model/state.js";
import type { Target } from "./model/target.js";
import type { Trouble } from "./model/trouble.js";

interface Answer<Data> {
  data: Data | null;
  error: { code?: string; message: string; hint?: string | null; statusCode?: string } | null;
}

/** Return the answer, or throw its error. */
async function answered<Data>(query: PromiseLike<Answer<Data>>): Promise<Data> {
  const { data, error } = await query;
  if (error) {
    const code = error.code || (error.statusCode ? `storage/${error.statusCode}` : "network");
    throw new ImportJobsError(code, error.message, error.hint ?? "", { cause: error });
  }
  return data as Data;
}

/** Return the targets into which the person may import. */
export function listTargets(client: AnyClient): Promise<Target[]> {
  return answered<Target[]>(client.rpc("list_import_targets"));
}

/** Throw what an upload or a job of this size would be refused for. */
export async function checkPlanned(client: AnyClient, target: string, bytes: number): Promise<void> {
  await answered(client.rpc("check_planned_import", { target, bytes }));
}

export interface HistoryFilter {
  target?: string | undefined;
  name?: string | undefined;
  status?: Job["status"] | undefined;
  after?: string | undefined;
  page_size: number;
}

/** Return a page of the person's jobs, the newest first. */
export function listJobs(client: AnyClient, filter: HistoryFilter): Promise<Job[]> {
  return answered<Job[]>(client.rpc("list_import_jobs", filter));
}

/** Return the place of a pending job in the queue, from 1; null where it has none. */
export async function placeInQueue(client: AnyClient, job_id: string): Promise<number | null> {
  const [queue] = await answered<{ place: number | null }[]>(client.rpc("import_queue", { job_id }));
  return queue?.place ?? null;
}

/** Return whether a processor is alive, or sleeps until it is rung. */
export async function isServed(client: AnyClient): Promise<boolean> {
  const [health] = await answered<{ processor_alive: boolean }[]>(client.rpc("import_queue_health"));
  return health?.processor_alive ?? false;
}

/** Return why a job waits longer: the end of its last attempt, or an import of the same file; undefined for neither. */
export async function lastDelay(client: AnyClient, jobId: string): Promise<Trouble | "same file" | undefined> {
  const events = client.from("import_job_events").select("event,detail").eq("job_id", jobId);
  const delays = events.in("event", ["retry_scheduled", "postponed"]).order("id", { ascending: false }).limit(1);
  const [last] = await answered<{ event: string; detail: { error_code?: string; message?: string } }[]>(delays);
  if (!last) {
    return undefined;
  }
  const { error_code: code = "unknown", message = "" } = last.detail;
  return last.event === "postponed" ? "same file" : { code, message, hint: "", params: {} };
}

/** Return a page of rejected records in file order, each with all of its invalid columns. */
export async function rejectionPage(
  client: AnyClient,
  jobId: string,
  { after, limit, filter }: { after: number; limit: number; filter: RejectionFilter | undefined },
): Promise<RejectedRecord[]> {
  const table = () => client.from("import_job_errors").select().eq("job_id", jobId);
  let query = table().gt("record_number", after);
  if (filter) {
    query = query.eq("code", filter.code);
    query = filter.column === null ? query.is("column_name", null) : query.eq("column_name", filter.column);
  } else {
    query = query.eq("position", 1);
  }
  const firsts = await answered<Rejection[]>(query.order("record_number").limit(limit));
  if (!firsts.length) {
    return [];
  }
  const these = table().in("record_number", firsts.map((row) => row.record_number));
  const cells = await answered<Rejection[]>(these.order("record_number").order("position"));
  return firsts.map((row) => {
    const own = cells.filter((cell) => cell.record_number === row.record_number);
    return { ...row, raw: own[0]?.raw ?? null, cells: own };
  });
}

// A page of the longest answer that PostgREST gives by default.
const GROUPED_ROWS = 1000;

/** Yield the invalid columns of a job's rejected records without their texts, in pages. */
export async function* rejectionReasons(client: AnyClient, jobId: string): AsyncGenerator<Rejection[]> {
  for (let record = 0, position = 0; ; ) {
    const columns = "record_number,position,line_number,code,column_name,message,error_params";
    const behind = `record_number.gt.${record},and(record_number.eq.${record},position.gt.${position})`;
    const table = client.from("import_job_errors").select(columns).eq("job_id", jobId).or(behind);
    const page = await answered<Rejection[]>(
      table.order("record_number").order("position").limit(GROUPED_ROWS) as unknown as PromiseLike<Answer<Rejection[]>>,
    );
    if (!page.length) {
      return;
    }
    yield page;
    ({ record_number: record, position } = page.at(-1)!);
  }
}

// Of the file, for the time that a click takes.
const LINK_SECONDS = 60;

/** Return a link to an artifact; with a name the browser saves it. */
export async function signedLink(client: AnyClient, bucket: string, path: string, name?: string): Promise<string> {
  const options = name ? { download: name } : {};
  const { signedUrl } = await answered<{ signedUrl: string }>(
    client.storage.from(bucket).createSignedUrl(path, LINK_SECONDS, options) as PromiseLike<
      Answer<{ signedUrl: string }>
    >,
  );
  return signedUrl;
}
