/** Problems of an inspection: those that end an import, and those that reject rows. */

import type { InspectedProblem, Inspection } from "../client.js";

/** Return the problems for which an import would fail; the others concern rows. */
export function blockers({ problems }: Inspection): InspectedProblem[] {
  return problems.filter(({ rows }) => rows === undefined);
}

/** Return the problems for which rows would be rejected. */
export function rowProblems({ problems }: Inspection): InspectedProblem[] {
  return problems.filter(({ rows }) => rows !== undefined);
}
