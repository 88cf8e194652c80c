/** How the file is read, and what goes where. */

import type { InspectedHeader, JobOptions } from "../client.js";
import type { Flow } from "../flow.js";
import { choicesOf, jobOptions, missingColumns, openChoices, withColumn, withOption } from "../model/look.js";
import { isClear, wayFor, type Way } from "../model/queue.js";
import type { Look } from "../model/state.js";
import { troubleOf } from "../model/trouble.js";
import { importAlike, toCheck } from "./check.js";
import { showFile } from "./file.js";
import { inspectStored } from "./inspect.js";

/** Change how the file is read, and look at it again. */
export function setOption(flow: Flow, name: string, value: unknown): void {
  const state = flow.at("map");
  if (state) {
    void lookAgain(flow, withOption(state.look, name, value));
  }
}

/** Let a field go into a column, or into none. */
export function setColumn(flow: Flow, header: InspectedHeader, column: string | null): void {
  const state = flow.at("map");
  if (!state) {
    return;
  }
  const look = withColumn(state.look, header, column);
  if (state.busy) {
    void lookAgain(flow, look);
  } else {
    flow.set("map", { look, trouble: undefined });
  }
}

/** Use what was used for such a file the last time. */
export function useRemembered(flow: Flow): void {
  const look = flow.at("map")?.look;
  const remembered = look?.inspection.remembered;
  if (look && remembered) {
    const options: JobOptions = { ...look.options, ...remembered.options };
    void lookAgain(flow, { ...look, options, mapping: {}, rememberedIsDone: true });
  }
}

export function dismissLocale(flow: Flow): void {
  const look = flow.at("map")?.look;
  if (look) {
    flow.set("map", { look: { ...look, localeIsDone: true } });
  }
}

export function dismissRemembered(flow: Flow): void {
  const look = flow.at("map")?.look;
  if (look) {
    flow.set("map", { look: { ...look, rememberedIsDone: true } });
  }
}

/** Look at the file once more with all that was chosen, and go on to the check if that works. */
export async function proceed(flow: Flow): Promise<void> {
  const look = flow.at("map")?.look;
  if (look && (await lookAgain(flow, look))) {
    const seen = flow.at("map")!.look;
    // What goes where may raise a question, such as the order of dates.
    if (!openChoices(seen).length && !missingColumns(seen).length) {
      toCheck(flow, seen);
    }
  }
}

/** Go on with a file that is like the one before: to its import if the person wanted that, else to its check. */
export async function goOnAlike(flow: Flow, look: Look, way: Way): Promise<void> {
  const isSeen = await lookAgain(flow, look);
  const seen = flow.at("map")?.look;
  if (!isSeen || !seen || !isClear(seen) || !wayFor(seen.inspection, [way])) {
    return;
  }
  if (way.wishes.others) {
    await importAlike(flow, seen, way.wishes);
  } else {
    toCheck(flow, seen);
  }
}

export function leaveMap(flow: Flow): void {
  const look = flow.at("map")?.look;
  if (look) {
    showFile(flow, look.target, look.queue);
  }
}

/**
 * Inspect with what was chosen; return whether the state is still about it. The answer to an earlier choice is dropped:
 * nothing is disabled meanwhile, so that the focus of a keyboard stays where it is.
 */
export async function lookAgain(flow: Flow, chosen: Look): Promise<boolean> {
  // The copy is what tells this question from an earlier one about the same choice.
  const look = { ...chosen };
  flow.set("map", { look, busy: true, trouble: undefined });
  const isLatest = (): boolean => flow.at("map")?.look === look;
  try {
    const inspection = await inspectStored(flow, look.file, look.target.name, jobOptions(look));
    if (!isLatest()) {
      return false;
    }
    const choices = { ...look.choices, ...choicesOf(inspection) };
    // What was remembered is offered once; an inspection with other options may no longer have it.
    const remembered = inspection.remembered ?? look.inspection.remembered;
    flow.set("map", { busy: false, look: { ...look, choices, inspection: { ...inspection, remembered } } });
    return true;
  } catch (error) {
    if (isLatest()) {
      flow.set("map", { busy: false, trouble: troubleOf(error) });
    }
    return false;
  }
}
