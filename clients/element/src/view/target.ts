/** Which table: a list of the targets, each with the columns that a file may have. */

import { html, nothing, type TemplateResult } from "lit";
import type { StateOf } from "../model/state.js";
import { exampleOf, kindOf, neededColumns, templateOf, type Target } from "../model/target.js";
import { begin, chooseTarget, saveBlob } from "../steps/index.js";
import type { Context } from "./context.js";
import { button, notice, page, progressBar, troubleNotice } from "./parts.js";

export function targetView({ targets, trouble }: StateOf<"target">, context: Context): TemplateResult {
  const { flow, t } = context;
  // A link to a job that is gone, or somebody else's, is no reason to ask again.
  const isAboutJob = trouble?.code === "IJ108";
  const again = button(t(isAboutJob ? "target.start" : "again"), () => void begin(flow));
  const list = targets?.length
    ? html`<ul class="targets">
        ${targets.map(
          (target) =>
            html`<li class="target">
              <div class="target-head">
                <h3>${target.name}</h3>
                ${button(t("target.choose"), () => chooseTarget(flow, target), { kind: "primary" })}
              </div>
              ${columnTable(target, context)}
            </li>`,
        )}
      </ul>`
    : targets && !trouble
      ? notice("info", t("target.none"), t("target.noneAdvice"), again)
      : nothing;
  const waiting = targets || trouble ? nothing : progressBar(t, undefined, t("target.loading"));
  return page({
    title: t(isAboutJob ? "target.noJob" : targets || trouble ? "target.title" : "target.opening"),
    body: html`${waiting}${troubleNotice(t, trouble, again)}${list}`,
  });
}

/** Return the columns of a target: name, type, whether it is needed, other names, an example; and the template. */
export function columnTable(target: Target, { t }: Context): TemplateResult {
  const needed = neededColumns(target);
  return html`<details class="columns">
    <summary>${t("target.columns", { n: target.columns.length })}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("target.columns", { n: target.columns.length })}>
      <table>
        <thead>
          <tr>
            <th scope="col">${t("column.name")}</th>
            <th scope="col">${t("column.kind")}</th>
            <th scope="col">${t("column.aliases")}</th>
            <th scope="col">${t("column.example")}</th>
          </tr>
        </thead>
        <tbody>
          ${target.columns.map(
            (column) =>
              html`<tr>
                <th scope="row">
                  ${column.name}
                  ${needed.includes(column.name)
                    ? html`<span class="badge need">${t("column.needed")}</span>`
                    : nothing}
                </th>
                <td>
                  ${t(`kind.${kindOf(column)}`)}${column.labels.length ? html`: ${column.labels.join(", ")}` : nothing}
                </td>
                <td>${column.aliases.join(", ") || "—"}</td>
                <td class="figure">${exampleOf(column) || "—"}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

/** Let the browser save a file with the names of the columns. */
export function saveTemplate(target: Target): void {
  saveBlob(templateOf(target), `${target.name}.csv`);
}
