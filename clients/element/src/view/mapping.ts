/** Which column each field of the file goes into. */

import { html, nothing, type TemplateResult } from "lit";
import type { InspectedHeader } from "../client.js";
import type { Key } from "../i18n/texts.js";
import { columnOf, keyOf } from "../model/look.js";
import type { Look } from "../model/state.js";
import { kindOf, neededColumns } from "../model/target.js";
import { setColumn } from "../steps/index.js";
import type { Context } from "./context.js";
import { icon } from "./parts.js";

const HOW: Readonly<Record<string, Key>> = {
  name: "how.name",
  alias: "how.alias",
  mapping: "how.mapping",
  position: "how.position",
};

export function mappingTable(look: Look, busy: boolean, context: Context): TemplateResult {
  const { t } = context;
  return html`<table class="mapping stacked" aria-busy=${busy ? "true" : "false"}>
    <caption class="hidden">
      ${t("map.title")}
    </caption>
    <thead>
      <tr>
        <th scope="col">${t("map.header")}</th>
        <th scope="col">${t("map.samples")}</th>
        <th scope="col" class="number">${t("map.filled")}</th>
        <th scope="col">${t("map.column")}</th>
      </tr>
    </thead>
    <tbody>
      ${look.inspection.headers.map((header) => row(look, header, context))}
    </tbody>
  </table>`;
}

function row(look: Look, header: InspectedHeader, context: Context): TemplateResult {
  const { t } = context;
  const column = columnOf(look, header);
  const name = header.header ?? t("map.field", { number: header.field });
  return html`<tr class=${column === null ? "left-out" : ""}>
    <th scope="row" class="break">${name}</th>
    <td data-label=${t("map.samples")}>
      ${header.samples.length
        ? html`<ul class="samples">
            ${header.samples.map((sample) => html`<li title=${sample}>${sample}</li>`)}
          </ul>`
        : html`<span class="hint">${t("map.noSamples")}</span>`}
    </td>
    <td class="number figure" data-label=${t("map.filled")}>
      ${header.filled === null ? "—" : t.percent(header.filled)}
    </td>
    <td data-label=${t("map.column")}>
      <div class="goes">
        ${chooser(look, header, { column, name }, context)}
        <span class="hint">${column === null ? nothing : icon("check")} ${howOf(look, header, column, t)}</span>
      </div>
    </td>
  </tr>`;
}

function howOf(look: Look, header: InspectedHeader, column: string | null, t: Context["t"]): string {
  if (column === null) {
    return t("how.none");
  }
  const isChosen = look.mapping[keyOf(header)] !== undefined;
  return t(isChosen ? "how.mapping" : (HOW[header.how ?? ""] ?? "how.none"));
}

function chooser(
  look: Look,
  header: InspectedHeader,
  { column, name }: { column: string | null; name: string },
  { flow, t }: Context,
): TemplateResult {
  const needed = neededColumns(look.target);
  const change = (event: Event): void => setColumn(flow, header, (event.target as HTMLSelectElement).value || null);
  const takenBy = new Map(
    look.inspection.headers.map((other) => [columnOf(look, other), other.header ?? String(other.field)]),
  );
  return html`<select aria-label=${t("map.columnOf", { header: name })} @change=${change}>
    <option value="" .selected=${column === null}>${t("map.none")}</option>
    ${look.target.columns.map((one) => {
      const other = one.name === column ? undefined : takenBy.get(one.name);
      const notes = [
        t(`kind.${kindOf(one)}`),
        needed.includes(one.name) && t("column.needed"),
        other && t("map.taken", { header: other }),
      ];
      return html`<option value=${one.name} .selected=${one.name === column}>
        ${one.name} (${notes.filter(Boolean).join(", ")})
      </option>`;
    })}
  </select>`;
}
