/** Rejected rows, page by page. */

import { ofData } from "./errors.js";
import type { AnyClient, Client, Rejection } from "./types.js";

/** Yield the rejected rows of a job in the order of the file; only one page is in memory. */
export async function* rejections(
  supabase: AnyClient,
  jobId: string,
  { pageSize = 500, after = 0, signal }: { pageSize?: number; after?: number; signal?: AbortSignal } = {},
): AsyncGenerator<Rejection> {
  for (;;) {
    signal?.throwIfAborted();
    const { data, error, status } = await (supabase as Client)
      .from("import_job_errors")
      .select()
      .eq("job_id", jobId)
      .gt("record_number", after)
      .order("record_number")
      .limit(pageSize);
    if (error) {
      throw ofData(error, status);
    }
    // The API may allow fewer rows than a page has, so only an empty page is the end.
    if (!data.length) {
      return;
    }
    yield* data;
    after = data[data.length - 1]!.record_number;
  }
}
