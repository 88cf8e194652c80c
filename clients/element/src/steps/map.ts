/** How the file is read, and what goes where. */

import type { InspectedHeader, JobOptions } from "../client.js";
import type { Flow } from "../flow.js";
import { choicesOf, jobOptions, withColumn, withOption } from "../model/look.js";
import type { Look } from "../model/state.js";
import { troubleOf } from "../model/trouble.js";
import { toCheck } from "./check.js";
import { toFile } from "./file.js";
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
    toCheck(flow, flow.at("map")!.look);
  }
}

export function leaveMap(flow: Flow): void {
  const look = flow.at("map")?.look;
  if (look) {
    toFile(flow, look.target);
  }
}

/**
 * Inspect with what was chosen; return whether the state is still about it. The answer to an earlier choice is dropped:
 * nothing is disabled meanwhile, so that the focus of a keyboard stays where it is.
 */
async function lookAgain(flow: Flow, look: Look): Promise<boolean> {
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
