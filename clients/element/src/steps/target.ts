/** The first step: which table. It is skipped where there is one target, or the element names it. */

import type { Flow } from "../flow.js";
import type { Target } from "../model/target.js";
import { troubleOf } from "../model/trouble.js";
import { listTargets } from "../queries.js";
import { toFile } from "./file.js";

/** Ask for the targets, then go to the named one, or the only one, or let the person choose. */
export async function begin(flow: Flow): Promise<void> {
  const { wanted } = flow;
  flow.go({ step: "target" }, true);
  const { signal } = flow;
  try {
    flow.targets = await listTargets(flow.client);
  } catch (error) {
    if (!signal.aborted) {
      flow.set("target", { trouble: troubleOf(error) });
    }
    return;
  }
  if (signal.aborted) {
    return;
  }
  const [only, ...others] = wanted ? flow.targets.filter(({ name }) => name === wanted) : flow.targets;
  if (only && !others.length) {
    toFile(flow, only);
  } else {
    flow.set("target", { targets: wanted ? [] : flow.targets });
  }
}

export function chooseTarget(flow: Flow, target: Target): void {
  toFile(flow, target);
}
