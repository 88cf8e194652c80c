// What config.toml needs. There is no parser of TOML here: tables are found by their headers, and added at the end.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "./project.mjs";

/** Return the settings that config.toml does not have. */
export function missingSettings(supabase, settings) {
  const text = read(supabase);
  return settings.filter(({ table, key, value, fixed }) => {
    const found = new RegExp(`^\\s*${key}\\s*=\\s*(.*?)\\s*(?:#.*)?$`, "m").exec(section(text, table) ?? "");
    return !found || (fixed && found[1] !== toml(value));
  });
}

/** Return settings as TOML. */
export function snippet(settings) {
  const tables = grouped(settings);
  return [...tables]
    .map(([table, group]) => [`[${table}]`, ...group.map(({ key, value }) => `${key} = ${toml(value)}`), ""].join("\n"))
    .join("\n");
}

/** Add settings to config.toml, in tables of their own behind all others. */
export function addSettings(supabase, settings) {
  const text = read(supabase);
  const path = join(supabase, "config.toml");
  if (!existsSync(path)) {
    throw new Refusal(`there is no ${path}`, "Run supabase init first, or leave --write out.");
  }
  const present = settings.filter(({ table }) => section(text, table) !== undefined).map(name);
  if (present.length) {
    const hint = "Add by hand what npx import-jobs install prints.";
    throw new Refusal(`config.toml has the table [${present[0]}] already`, hint);
  }
  writeFileSync(path, `${text.trimEnd()}\n\n${snippet(settings)}`);
}

function read(supabase) {
  const path = join(supabase, "config.toml");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Return the text of a table, from its header to the next one; undefined if there is none. */
function section(text, table) {
  const parts = text.split(/^\s*\[([^[\]]+)\]\s*(?:#.*)?$/m);
  const wanted = table.join(".");
  for (let i = 1; i < parts.length; i += 2) {
    if (parts[i].replace(/["'\s]/g, "") === wanted) {
      return parts[i + 1];
    }
  }
  return undefined;
}

function toml(value) {
  const lines = Array.isArray(value) ? value.map((item) => `    ${JSON.stringify(item)},\n`) : [];
  return Array.isArray(value) ? `[\n${lines.join("")}]` : JSON.stringify(value);
}

function name({ table }) {
  return table.join(".");
}

function grouped(settings) {
  const tables = new Map();
  settings.forEach((setting) => tables.set(name(setting), [...(tables.get(name(setting)) ?? []), setting]));
  return tables;
}
