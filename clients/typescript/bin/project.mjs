// The folder `supabase` of a project: where it is, its migrations, and the version of the next one.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** What an installation refuses, with a sentence that says what to do. */
export class Refusal extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** Return the folder that was named, or the one of this folder or of the nearest above it. */
export function findProject(start, given) {
  if (given !== undefined) {
    if (!isFolder(given)) {
      throw new Refusal(`${given} is not a folder`, "Name the folder supabase of the project, or run supabase init.");
    }
    return resolve(given);
  }
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "supabase", "config.toml"))) {
      return join(folder, "supabase");
    }
    if (folder === dirname(folder)) {
      break;
    }
  }
  if (isFolder(join(start, "supabase"))) {
    return join(start, "supabase");
  }
  throw new Refusal(`there is no folder supabase in ${start}`, "Run supabase init first, or name the folder: --supabase.");
}

/** Return the texts of the project's migrations, in the order in which the CLI applies them. */
export function migrationTexts(supabase) {
  return migrations(supabase).map((name) => readFileSync(join(supabase, "migrations", name), "utf8"));
}

/** Return this time in UTC as 14 digits, or a second after the newest migration if that is later. */
export function nextVersion(supabase, now) {
  const newest = migrations(supabase).map(version).reduce((a, b) => (b > a ? b : a), 0n);
  const stamp = digits(now);
  if (BigInt(stamp) > newest) {
    return stamp;
  }
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(String(newest)) ?? [];
  const [year, month, day, hour, minute, second] = parts.map(Number);
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // A version that is no time.
  if (!parts.length || digits(time) !== String(newest)) {
    return String(newest + 1n);
  }
  return digits(new Date(time.getTime() + 1000));
}

function migrations(supabase) {
  const folder = join(supabase, "migrations");
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".sql")) : [];
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  return names.sort((a, b) => compare(version(a), version(b)) || compare(a, b));
}

function version(name) {
  const [prefix] = name.split("_");
  return /^\d+$/.test(prefix) ? BigInt(prefix) : 0n;
}

function digits(time) {
  return Number.isNaN(time.getTime()) ? "" : time.toISOString().replace(/\D/g, "").slice(0, 14);
}

function isFolder(path) {
  return existsSync(path) && statSync(path).isDirectory();
}
