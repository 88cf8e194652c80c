/** Kinds of files that are no tables, told by their first bytes, before anything is uploaded. */

export type WrongKind = "pdf" | "image" | "xls";

const BEGINNINGS: readonly (readonly [string, WrongKind])[] = [
  ["%PDF-", "pdf"],
  ["\x89PNG", "image"],
  ["\xFF\xD8\xFF", "image"],
  ["GIF8", "image"],
  // The container of the binary formats of Office up to 2003.
  ["\xD0\xCF\x11\xE0", "xls"],
];
const BYTES = 8;

/** Return what a file is that cannot be a table; undefined for everything else. */
export async function kindOfFile(file: Blob): Promise<WrongKind | undefined> {
  const bytes = new Uint8Array(await file.slice(0, BYTES).arrayBuffer());
  const beginning = String.fromCharCode(...bytes);
  return BEGINNINGS.find(([mark]) => beginning.startsWith(mark))?.[1];
}
