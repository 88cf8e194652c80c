/** The names of objects: ASCII slugs below the user's folder. `import_jobs.file_name` has the name that people know. */

const MAX_SLUG = 80;
const MAX_NAME = 255;
// Control characters, and those that turn the direction of a text or break its line.
const INVISIBLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

const TYPES: Record<string, string> = {
  csv: "text/csv",
  tsv: "text/tab-separated-values",
  txt: "text/plain",
  gz: "application/gzip",
  zst: "application/zstd",
  zip: "application/zip",
};

/** Return `<folder>/<id>/<slug>`. */
export function objectPath(folder: string, id: string, fileName: string): string {
  return `${folder}/${id}/${slug(fileName)}`;
}

/** Return an ASCII name with the same extensions: "Kunden März.csv.gz" becomes "kunden-marz.csv.gz". */
export function slug(fileName: string): string {
  const [, stem = "", extensions = ""] = /^(.*?)((?:\.[A-Za-z0-9]{1,5}){0,2})$/s.exec(fileName) ?? [];
  const ascii = stem
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_SLUG)
    .replace(/^-+|-+$/g, "");
  return (ascii || "file") + (extensions.toLowerCase() || ".csv");
}

/** Return a name as `file_name` may be: at most 255 characters, none of them invisible, and no path. */
export function shownName(fileName: string): string {
  const name = fileName.replace(/^.*[/\\]/s, "").replace(INVISIBLE, " ").trim() || "file.csv";
  const characters = [...name];
  return characters.length <= MAX_NAME ? name : characters.slice(-MAX_NAME).join("");
}

/**
 * Return the content type by the name: what browsers say of texts depends on which programs are installed. Of other files,
 * such as workbooks, they know the `type` themselves.
 */
export function contentType(fileName: string, type: string): string {
  return TYPES[/\.([^.]+)$/.exec(fileName.toLowerCase())?.[1] ?? ""] ?? (type || "application/octet-stream");
}
