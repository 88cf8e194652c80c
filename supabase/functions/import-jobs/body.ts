/** Reads the body of a request within limits of size and time. */

/** A body that is too large (413) or too slow (408). */
export class BadBody extends Error {
  constructor(readonly status: 408 | 413, message: string) {
    super(message);
  }
}

/** Return the body. Throws BadBody as soon as it, or its announced length, exceeds the limit, or when it is late. */
export async function limitedBody(request: Request, bytes: number, seconds: number): Promise<Uint8Array> {
  const tooLarge = new BadBody(413, `the body is larger than ${bytes / 1024} kB`);
  if (Number(request.headers.get("content-length") ?? "0") > bytes) {
    throw tooLarge;
  }
  const reader = (request.body ?? new Blob().stream()).getReader();
  const blocks: Uint8Array[] = [];
  let size = 0;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => {});
  }, seconds * 1000);
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      blocks.push(read.value);
      size += read.value.length;
      if (size > bytes) {
        throw tooLarge;
      }
    }
  } finally {
    clearTimeout(timer);
  }
  if (late) {
    throw new BadBody(408, `the body did not arrive within ${seconds} s`);
  }
  return new Uint8Array(await new Blob(blocks as BlobPart[]).arrayBuffer());
}
