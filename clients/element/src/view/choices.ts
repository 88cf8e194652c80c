/** What the file leaves open: a question with its answers, not an error. */

import { html, nothing, type TemplateResult } from "lit";
import type { Key } from "../i18n/texts.js";
import { askedChoices, openChoices } from "../model/look.js";
import type { Look } from "../model/state.js";
import { setOption } from "../steps/index.js";
import type { Context } from "./context.js";
import { nameOfValue } from "./dialect-values.js";
import { notice, type Content } from "./parts.js";

const QUESTIONS: Record<string, Key> = {
  date_formats: "choice.dates",
  timestamp_formats: "choice.dates",
  delimiter: "choice.delimiter",
  encoding: "choice.encoding",
  member: "choice.member",
};

export function choiceList(look: Look, context: Context): Content {
  const names = askedChoices(look);
  if (!names.length) {
    return nothing;
  }
  const { t } = context;
  const isOpen = openChoices(look).length > 0;
  const questions = html`${names.map((name) => question(look, name, context))}`;
  return notice(isOpen ? "warn" : "check", t(isOpen ? "choice.title" : "choice.done"), questions);
}

function question(look: Look, name: string, { flow, t }: Context): TemplateResult {
  const chosen = JSON.stringify((look.options as Record<string, unknown>)[name]);
  return html`<fieldset class="choice">
    <legend>${t(QUESTIONS[name] ?? "choice.other", { name })}</legend>
    ${look.choices[name]!.map(
      (value) =>
        html`<label class="radio">
          <input
            type="radio"
            name=${name}
            .checked=${JSON.stringify(value) === chosen}
            @change=${() => setOption(flow, name, value)}
          />
          ${nameOfValue(name, value, t)}
        </label>`,
    )}
  </fieldset>`;
}
