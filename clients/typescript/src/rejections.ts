/** Rejected rows, page by page. */

import { answered } from "./errors.js";
import type { AnyClient, Client, Rejection } from "./types.js";

const NUMBER = "record_number";

/**
 * Yield the rejected rows of a job in the order of the file, once for each invalid column; only one page is in memory.
 *
 * Begin behind the row of the file whose `record_number` is `after`. A page may end within a row.
 */
export async function* rejections(
  supabase: AnyClient,
  jobId: string,
  { pageSize = 500, after = 0, signal }: { pageSize?: number; after?: number; signal?: AbortSignal } = {},
): AsyncGenerator<Rejection> {
  for (let position = 1e9; ; ) {
    signal?.throwIfAborted();
    const table = (supabase as Client).from("import_job_errors").select().eq("job_id", jobId);
    const behind = table.or(`${NUMBER}.gt.${after},and(${NUMBER}.eq.${after},position.gt.${position})`);
    const page = await answered(behind.order(`${NUMBER},position`).limit(pageSize));
    // The API may allow fewer rows than a page has, so only an empty page is the end.
    if (!page.length) {
      return;
    }
    yield* page;
    ({ [NUMBER]: after, position } = page.at(-1)!);
  }
}
