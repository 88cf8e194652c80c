/** What will happen, in words, and the wishes that a person may have. */

import { html, nothing, type TemplateResult } from "lit";
import { columnOf } from "../model/look.js";
import { ANY_REJECTIONS } from "../model/remedy.js";
import type { Look, StateOf, Wishes } from "../model/state.js";
import { setWish } from "../steps/index.js";
import type { Context } from "./context.js";
import { icon, type Content } from "./parts.js";

// Of the option max_errors, unless the target has another one.
const MAX_ERRORS = 1000;

export function confirmPanel(state: StateOf<"check">, context: Context): TemplateResult {
  const { look, wishes, dry } = state;
  const { t } = context;
  const { mode, key_columns, options, undo_days } = look.target;
  const others = look.queue.files.length;
  const isAtomic = wishes.atomic || options.atomic === true;
  const limit = look.options.max_errors ?? options.max_errors ?? MAX_ERRORS;
  const partial = limit === ANY_REJECTIONS.max_errors ? t("confirm.any") : t("confirm.partial", { limit });
  const key = (key_columns ?? []).join(", ");
  const sentences = [
    t(`mode.${mode}`, { target: look.target.name, key }),
    options.on_error === "abort" ? t("confirm.abort") : isAtomic ? t("confirm.atomic") : partial,
    dry?.rows_rejected ? t("confirm.rejected", { n: dry.rows_rejected }) : t("confirm.rejections"),
    t(options.delete_source ? "confirm.deleted" : "confirm.kept"),
    undo_days === null ? t("confirm.noUndo") : t("confirm.undo", { n: undo_days }),
  ];
  return html`<ul class="sentences">
      ${sentences.map((sentence) => html`<li>${icon("check")} <span>${sentence}</span></li>`)}
    </ul>
    ${leftOut(look, context)}
    <fieldset class="wishes">
      <legend>${t("confirm.wishes")}</legend>
      ${wish("atomic", t("confirm.wishAtomic"), isAtomic, options.atomic === true, context)}
      ${wish(
        "output",
        t("confirm.wishOutput"),
        wishes.output || options.output === true,
        options.output === true,
        context,
      )}
      ${others ? wish("others", t("confirm.wishOthers", { n: others }), wishes.others, false, context) : nothing}
    </fieldset>`;
}

/** Say which fields of the file are left out. */
function leftOut(look: Look, { t }: Context): Content {
  const left = look.inspection.headers.filter((header) => columnOf(look, header) === null);
  const names = left.map(({ header, field }) => header ?? t("map.field", { number: field }));
  return names.length
    ? html`<p class="hint break">${t("confirm.leftOut", { n: names.length, fields: names.join(", ") })}</p>`
    : nothing;
}

function wish(
  name: keyof Wishes,
  label: string,
  checked: boolean,
  isFixed: boolean,
  { flow }: Context,
): TemplateResult {
  const change = (event: Event): void => setWish(flow, name, (event.target as HTMLInputElement).checked);
  return html`<label class="tick"
    ><input type="checkbox" .checked=${checked} ?disabled=${isFixed} @change=${change} /> ${label}</label
  >`;
}
