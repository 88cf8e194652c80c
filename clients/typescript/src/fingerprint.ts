/** Tells a file that is picked again from another of the same name and size. */

import type { StoredFile } from "./types.js";

const SAMPLE_BYTES = 64 * 1024;

/** Return a text for the file in its folder: name, size, time, and a digest of its beginning and its end. */
export async function fingerprint(file: Blob, { bucket, path, name }: StoredFile): Promise<string> {
  const folder = path.split("/")[0];
  const modified = (file as File).lastModified ?? 0;
  const ends = await new Blob([file.slice(0, SAMPLE_BYTES), file.slice(-SAMPLE_BYTES)]).arrayBuffer();
  return ["import-jobs", bucket, folder, name, file.size, modified, await digest(ends)].join("|");
}

/** Return the SHA-256 in hexadecimal digits; empty where the page has no secure context. */
export async function digest(bytes: ArrayBuffer): Promise<string> {
  const hash = await globalThis.crypto?.subtle?.digest("SHA-256", bytes);
  return hash ? Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("") : "";
}
