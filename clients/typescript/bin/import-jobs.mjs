#!/usr/bin/env node
// `npx import-jobs install`: writes what `import-jobs install` of the Python package writes, byte for byte.
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { functionChanges, writeFunction } from "./functions.mjs";
import { newMigration, writeMigration } from "./migration.mjs";
import { findProject, Refusal } from "./project.mjs";
import { addSettings, missingSettings, snippet } from "./settings.mjs";

const USAGE = `Usage: npx import-jobs install [--supabase FOLDER] [--write] [--check]

Write import-jobs into your Supabase project: one migration with what is new, and Edge Functions.
After an upgrade of this package, run it again.

  --supabase FOLDER  the project's folder supabase; default: the nearest one, from this folder upwards
  --write            add what is missing to config.toml as well
  --check            write nothing; end with exit status 1 if there is something to do
`;

function main() {
  const options = { supabase: { type: "string" }, write: { type: "boolean" }, check: { type: "boolean" } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (positionals.join() !== "install") {
    process.stdout.write(USAGE);
    return positionals.length ? 2 : 0;
  }
  const pieces = JSON.parse(readFileSync(new URL("../dist/pieces.json", import.meta.url), "utf8"));
  const supabase = findProject(process.cwd(), values.supabase);
  const migration = newMigration(supabase, pieces, new Date());
  const functions = functionChanges(supabase, pieces);
  const settings = missingSettings(supabase, pieces.settings);
  const isEmpty = !migration && !functions.some(({ files }) => files) && !settings.length;
  if (!values.check) {
    write(supabase, migration, functions, values.write ? settings : []);
  }
  report({ supabase, migration, functions, settings, isEmpty, check: values.check, write: values.write });
  return values.check && !isEmpty ? 1 : 0;
}

function write(supabase, migration, functions, settings) {
  if (settings.length) {
    addSettings(supabase, settings);
  }
  if (migration) {
    writeMigration(migration);
  }
  functions.filter(({ files }) => files).forEach(writeFunction);
}

function report({ supabase, migration, functions, settings, isEmpty, check, write }) {
  const say = (line) => console.log(line);
  const shown = (path) => relative(process.cwd(), path) || ".";
  const verb = check ? "to write" : "wrote";
  if (migration) {
    say(`${verb} ${shown(migration.path)}: ${migration.count} migration${migration.count > 1 ? "s" : ""} of import-jobs`);
  }
  for (const { folder, files, changedByHand } of functions) {
    if (files) {
      say(`${verb} ${shown(folder)}`);
    } else if (changedByHand.length) {
      say(`${shown(folder)} was changed by hand (${changedByHand.join(", ")}) and stays as it is;`);
      say("  to get that of this release, delete it and run npx import-jobs install again");
    }
  }
  if (isEmpty) {
    say("nothing to do: the project has everything of this release");
    return;
  }
  if (settings.length && write && !check) {
    say(`wrote ${shown(join(supabase, "config.toml"))}`);
  } else if (settings.length) {
    say(`${shown(join(supabase, "config.toml"))} needs (to add it: npx import-jobs install --write):\n`);
    say(snippet(settings));
  }
  if (check) {
    say("next: npx import-jobs install");
    return;
  }
  if (migration) {
    say("next: supabase db push");
  }
  const deployed = functions.filter(({ files }) => files).map(({ name }) => name);
  if (deployed.length) {
    say(`next: supabase functions deploy ${deployed.join(" ")}`);
  }
}

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof Refusal) && !error.code?.startsWith("ERR_PARSE_ARGS")) {
    throw error;
  }
  console.error(`error: ${error.message}${error.hint ? ` — ${error.hint}` : ""}`);
  process.exitCode = 2;
}
