// The one migration that an installation writes: each of ours is a block that does nothing where the database has it.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { migrationTexts, nextVersion, Refusal } from "./project.mjs";

const TITLE = /^-- import-jobs \S+$/;
const CONTENT = /^-- import-jobs contains (\d{14})_\w+ sha256:([0-9a-f]{64})$/;
// A migration of the project that calls it starts anew: what earlier files contained is gone from the database.
const UNINSTALL = /^(?!\s*--).*\bimporter[.]uninstall\s*\(/m;

/** Return the path, the text and the number of migrations of the new file; undefined if the project has them all. */
export function newMigration(supabase, pieces, now) {
  const present = contents(migrationTexts(supabase));
  for (const { version, name, sha256 } of pieces.migrations) {
    if ((present.get(version) ?? sha256) !== sha256) {
      const folder = join(supabase, "migrations");
      const text = `a file in ${folder} has another text of ${version}_${name} than import-jobs ${pieces.release}`;
      throw new Refusal(text, "Install the release of import-jobs that wrote the file, or a later one.");
    }
  }
  const wanted = pieces.migrations.filter(({ version }) => !present.has(version));
  if (!wanted.length) {
    return undefined;
  }
  const head = [pieces.title, ...wanted.map(({ line }) => line)].join("\n");
  const blocks = wanted.map(({ block }) => block);
  const text = [`${head}\n${pieces.about}`, pieces.preparation, ...blocks, pieces.reload].join("\n");
  const name = `${nextVersion(supabase, now)}_import_jobs_${pieces.release}.sql`;
  return { path: join(supabase, "migrations", name), text, count: wanted.length };
}

/** Write the file. */
export function writeMigration({ path, text }) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function contents(texts) {
  const found = new Map();
  for (const text of texts) {
    const [title, ...lines] = text.split(/\r?\n/);
    if (TITLE.test(title)) {
      for (const line of lines) {
        const content = CONTENT.exec(line);
        if (!content) {
          break;
        }
        found.set(content[1], content[2]);
      }
    } else if (UNINSTALL.test(text)) {
      found.clear();
    }
  }
  return found;
}
