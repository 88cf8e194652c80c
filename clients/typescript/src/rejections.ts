/** Rejected rows, page by page. */

import { answered } from "./errors.js";
import type { AnyClient, Client, Rejection } from "./types.js";

/** Yield the rejected rows of a job in the order of the file; only one page is in memory. */
export async function* rejections(
  supabase: AnyClient,
  jobId: string,
  { pageSize = 500, after = 0, signal }: { pageSize?: number; after?: number; signal?: AbortSignal } = {},
): AsyncGenerator<Rejection> {
  for (;;) {
    signal?.throwIfAborted();
    const table = (supabase as Client).from("import_job_errors").select().eq("job_id", jobId);
    const page = await answered(table.gt("record_number", after).order("record_number").limit(pageSize));
    // The API may allow fewer rows than a page has, so only an empty page is the end.
    if (!page.length) {
      return;
    }
    yield* page;
    after = page.at(-1)!.record_number;
  }
}
