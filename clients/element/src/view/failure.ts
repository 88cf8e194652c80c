/** Why a job failed, and the button that mends it where there is one. */

import type { JobOptions } from "../client.js";
import type { Key } from "../i18n/texts.js";
import { ANY_REJECTIONS, isPassing } from "../model/remedy.js";
import type { StateOf } from "../model/state.js";
import { troubleOfJob } from "../model/trouble.js";
import { changeSettings, retryJob } from "../steps/index.js";
import type { Context } from "./context.js";
import { button, troubleNotice, type Content } from "./parts.js";

interface Remedy {
  label: Key;
  options?: (state: StateOf<"result">) => JobOptions;
}

/** What a person can do by one press, by code. */
const REMEDIES: Readonly<Record<string, Remedy>> = {
  IJ111: { label: "mend.force", options: () => ({ force: true }) },
  IJ420: { label: "mend.allowMore", options: () => ANY_REJECTIONS },
};

// Causes that another way to read the file, or another mapping, mends. Nothing of the file is in the table then.
const READ_OTHERWISE = /^IJ(102|304|305|306|307|308|309|310|421)$/;

export function failure(state: StateOf<"result">, { flow, t }: Context): Content {
  const trouble = troubleOfJob(state.job);
  const code = trouble?.code ?? "";
  const remedy = REMEDIES[code] ?? (isPassing(code) ? { label: "mend.retry" as const } : undefined);
  const busy = state.busy === "retry";
  const isFresh = !state.job.rows_loaded && state.target !== undefined && !state.job.parent_job_id;
  if (READ_OTHERWISE.test(code) && isFresh) {
    return troubleNotice(
      t,
      trouble,
      button(t("mend.settings"), () => void changeSettings(flow), { kind: "primary", busy }),
    );
  }
  const press =
    remedy && button(t(remedy.label), () => void retryJob(flow, remedy.options?.(state)), { kind: "primary", busy });
  return troubleNotice(t, trouble, press ?? t("mend.other"));
}
