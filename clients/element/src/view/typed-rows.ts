/** The first rows as the table would get them. */

import { html, nothing, type TemplateResult } from "lit";
import type { InspectedRow } from "../client.js";
import { sentenceOf } from "../i18n/errors.js";
import type { Look } from "../model/state.js";
import type { Context } from "./context.js";
import { icon, type Content } from "./parts.js";

export function typedRows({ inspection, target }: Look, context: Context): Content {
  const { t } = context;
  const { rows } = inspection;
  const present = new Set(rows.flatMap(({ values }) => Object.keys(values)));
  const columns = target.columns.map(({ name }) => name).filter((name) => present.has(name));
  if (!rows.length) {
    return nothing;
  }
  const title = t("rows.title", { n: rows.length });
  return html`<section>
    <h3>${title}</h3>
    <p class="hint legend">
      <span class="mark changed">${icon("info")} ${t("rows.changed")}</span>
      <span class="mark bad">${icon("warn")} ${t("rows.rejected")}</span>
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label=${title}>
      <table class="typed">
        <thead>
          <tr>
            <th scope="col" class="number">${t("rows.line")}</th>
            ${columns.map((name) => html`<th scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => line(row, columns, context))}
        </tbody>
      </table>
    </div>
  </section>`;
}

function line(row: InspectedRow, columns: readonly string[], context: Context): TemplateResult {
  const { t } = context;
  const general = row.errors.filter(({ column }) => column === null || !columns.includes(column));
  return html`<tr>
    <th scope="row" class="number figure">
      ${general.length
        ? html`<span class="bad" title=${general.map((error) => sentenceOf(t.language, error)).join("; ")}
            >${icon("warn")}</span
          >`
        : nothing}
      ${t.number(row.line)}
    </th>
    ${columns.map((name) => cell(row, name, context))}
  </tr>`;
}

function cell(row: InspectedRow, name: string, { t }: Context): TemplateResult {
  const value = row.values[name];
  const error = row.errors.find(({ column }) => column === name);
  const isChanged = row.changed.includes(name);
  const text = value === null || value === undefined ? html`<span class="null">${t("rows.null")}</span>` : value;
  if (error) {
    // The column is that of the cell.
    const why = sentenceOf(t.language, error).replace(`${name}: `, "");
    return html`<td class="bad" title=${why}>${icon("warn")} ${text}<span class="cell-why">${why}</span></td>`;
  }
  return isChanged
    ? html`<td class="changed" title=${t("rows.changed")}>
        ${icon("info")} ${text}<span class="hidden"> (${t("rows.changed")})</span>
      </td>`
    : html`<td>${text}</td>`;
}
