/** The columns as they were loaded: how many values, how many different ones, from where to where. */

import { html, nothing } from "lit";
import type { Job } from "../client.js";
import type { Target } from "../model/target.js";
import type { Context } from "./context.js";
import type { Content } from "./parts.js";

interface ColumnFigures {
  filled: number;
  distinct: number;
  min: string | null;
  max: string | null;
  top?: { value: string; count: number }[];
}

export function profile(job: Job, target: Target | undefined, { t }: Context): Content {
  const { columns = {} } = (job.report ?? {}) as unknown as { columns?: Record<string, ColumnFigures> };
  // JSON in the database has an order of its own; the table's is the one that people know.
  const inTable = target?.columns.map(({ name }) => name).filter((name) => name in columns) ?? [];
  const names = [...new Set([...inTable, ...Object.keys(columns)])];
  if (job.status !== "completed" || !job.rows_loaded || !names.length) {
    return nothing;
  }
  return html`<details class="profile">
    <summary>${t("profile.title")}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("profile.title")}>
      <table>
        <thead>
          <tr>
            <th scope="col">${t("column.name")}</th>
            <th scope="col" class="number">${t("map.filled")}</th>
            <th scope="col" class="number">${t("profile.distinct")}</th>
            <th scope="col">${t("profile.least")}</th>
            <th scope="col">${t("profile.greatest")}</th>
            <th scope="col">${t("profile.top")}</th>
          </tr>
        </thead>
        <tbody>
          ${names.map((name) => {
            const { filled, distinct, min, max, top } = columns[name]!;
            return html`<tr>
              <th scope="row">${name}</th>
              <td class="number figure">${t.percent(filled)}</td>
              <td class="number figure">${t.number(distinct)}</td>
              <td>${min ?? "—"}</td>
              <td>${max ?? "—"}</td>
              <td>
                ${top?.[0] ? html`${top[0].value} <span class="hint figure">×${t.number(top[0].count)}</span>` : "—"}
              </td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
  </details>`;
}
