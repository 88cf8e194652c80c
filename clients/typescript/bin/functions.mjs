// The Edge Functions: a folder each, with a list of what was written that tells ours from others and from changed ones.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { Refusal } from "./project.mjs";

const LIST = "import-jobs.json";

/** Return what has to be done to each folder: without `files` there is nothing to write. */
export function functionChanges(supabase, pieces) {
  return Object.entries(pieces.functions).map(([name, files]) => {
    const folder = join(supabase, "functions", name);
    const wanted = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, digest(text)]));
    const written = writtenFiles(folder);
    const changedByHand = Object.keys(written).sort().filter((path) => current(join(folder, path)) !== written[path]);
    if (changedByHand.length || isSame(written, wanted)) {
      return { name, folder, changedByHand };
    }
    const list = `${JSON.stringify({ release: pieces.release, files: wanted }, null, 2)}\n`;
    const gone = Object.keys(written).filter((path) => !(path in wanted));
    return { name, folder, files: { ...files, [LIST]: list }, gone, changedByHand };
  });
}

/** Write the files of a function, and delete those that it does not have any more. */
export function writeFunction({ folder, files, gone }) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  gone.forEach((name) => rmSync(join(folder, name), { force: true }));
}

function writtenFiles(folder) {
  if (!existsSync(folder)) {
    return {};
  }
  try {
    const { files } = JSON.parse(readFileSync(join(folder, LIST), "utf8"));
    // Files outside of the folder would be deleted.
    if (Object.keys(files).some((name) => isAbsolute(name) || name.split("/").includes(".."))) {
      throw new Error(LIST);
    }
    return files;
  } catch {
    const hint = "Rename that function, then run npx import-jobs install again.";
    throw new Refusal(`${folder} is not of import-jobs: it has no ${LIST}`, hint);
  }
}

function isSame(one, other) {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/** Return the digest of a file with the line ends that were written; git may have replaced them. */
function current(path) {
  return existsSync(path) ? digest(readFileSync(path, "latin1").replaceAll("\r\n", "\n"), "latin1") : undefined;
}

function digest(text, encoding = "utf8") {
  return createHash("sha256").update(Buffer.from(text, encoding)).digest("hex");
}
