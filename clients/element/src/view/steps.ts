/** Where the person is: the steps, of which the names on narrow screens are left out except the present one. */

import { html, nothing, type TemplateResult } from "lit";
import type { Key, Texts } from "../i18n/texts.js";
import type { Step } from "../model/state.js";
import { icon } from "./parts.js";

// The upload is a part of the step of the file, and the result the end of the run.
const SHOWN: readonly (readonly [Key, readonly Step[]])[] = [
  ["steps.file", ["target", "file", "upload"]],
  ["steps.map", ["map"]],
  ["steps.check", ["check"]],
  ["steps.import", ["run", "result"]],
];

export function stepList(t: Texts, step: Step): TemplateResult {
  const place = SHOWN.findIndex(([, steps]) => steps.includes(step));
  return html`<nav aria-label=${t("steps.label")}>
    <ol class="steps">
      ${SHOWN.map(([key], number) => {
        const isDone = number < place || step === "result";
        return html`<li
          class=${isDone ? "done" : number === place ? "current" : ""}
          aria-current=${number === place ? "step" : nothing}
        >
          <span class="dot">${isDone ? icon("check") : number + 1}</span>
          <span class="name"
            >${t(key)}${isDone ? html`<span class="hidden">, ${t("steps.done")}</span>` : nothing}</span
          >
        </li>`;
      })}
    </ol>
  </nav>`;
}
