/** What follows from an inspection and from what the person chose; pure. */

import type { Inspection, InspectedHeader, JobOptions } from "../client.js";
import type { Look } from "./state.js";
import { neededColumns } from "./target.js";

// With these another header line may be read, so what was chosen for the headers is void.
const CHANGES_HEADERS = new Set([
  "encoding",
  "delimiter",
  "quote",
  "has_header",
  "skip_lines",
  "compression",
  "member",
]);

/** Return the ambiguous parts of the dialect with all values that they may have. */
export function choicesOf(inspection: Inspection): Record<string, unknown[]> {
  const parts = Object.entries(inspection.dialect).filter(([, part]) => part.alternatives?.length);
  return Object.fromEntries(
    parts.map(([name, { value, alternatives }]) => {
      const values = [value, ...alternatives!].filter((one) => one !== null);
      return [name, [...new Map(values.map((one) => [JSON.stringify(one), one])).values()]];
    }),
  );
}

/** Return the names of the parts that are still ambiguous: nothing was chosen, and no other choice decides them. */
export function openChoices({ choices, options, inspection }: Look): string[] {
  return Object.keys(choices).filter((name) => !(name in options) && inspection.dialect[name]?.alternatives?.length);
}

/** Return the names of the parts to ask for: what is open, and what was answered. */
export function askedChoices(look: Look): string[] {
  const open = openChoices(look);
  return Object.keys(look.choices).filter((name) => name in look.options || open.includes(name));
}

/** Return what the option `mapping` calls a field. */
export function keyOf({ header, field }: InspectedHeader): string {
  return header ?? String(field);
}

/** Return the column that a field goes into, null for none. */
export function columnOf(look: Look, header: InspectedHeader): string | null {
  const chosen = look.mapping[keyOf(header)];
  return chosen === undefined ? header.column : chosen;
}

/** Return the look with another column for a field. A column gets one field, so another one loses it. */
export function withColumn(look: Look, header: InspectedHeader, column: string | null): Look {
  const others = look.inspection.headers.filter(
    (other) => other !== header && column !== null && columnOf(look, other) === column,
  );
  const lost = Object.fromEntries(others.map((other) => [keyOf(other), null]));
  return { ...look, mapping: { ...look.mapping, ...lost, [keyOf(header)]: column } };
}

/** Return the look with an option, or without it for undefined. */
export function withOption(look: Look, name: string, value: unknown): Look {
  const options = Object.fromEntries(
    Object.entries({ ...look.options, [name]: value }).filter(([, one]) => one !== undefined),
  );
  return { ...look, options, mapping: CHANGES_HEADERS.has(name) ? {} : look.mapping };
}

/** Return the needed columns that no field goes into. */
export function missingColumns(look: Look): string[] {
  const filled = new Set(look.inspection.headers.map((header) => columnOf(look, header)));
  const needed = new Set([...neededColumns(look.target), ...look.inspection.missing_columns]);
  return [...needed].filter((name) => !filled.has(name));
}

/** Return the options of a job for what was chosen. */
export function jobOptions(look: Look): JobOptions {
  const mapping = { ...(look.options.mapping ?? {}), ...look.mapping };
  const { mapping: _, ...others } = look.options;
  return Object.keys(mapping).length ? { ...others, mapping } : others;
}

/** Return whether anything of the file goes into the target. */
export function hasColumns(look: Look): boolean {
  return look.inspection.headers.some((header) => columnOf(look, header) !== null);
}
