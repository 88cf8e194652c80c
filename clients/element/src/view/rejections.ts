/** The rejected rows: by cause, then row by row, to be corrected in place. */

import { html, nothing } from "lit";
import { adviceOf, sentenceOf } from "../i18n/errors.js";
import { troubleOfRejection } from "../model/trouble.js";
import type { RejectionGroup, StateOf } from "../model/state.js";
import { importCorrections, nextPage, previousPage, setFilter } from "../steps/index.js";
import type { Context } from "./context.js";
import { button, notice, progressBar, type Content } from "./parts.js";
import { rejectedRow } from "./rejected-row.js";

// The database keeps so many rejections of a job; errors.csv has all of them.
const KEPT_REJECTIONS = 10_000;

export function rejectionSection(state: StateOf<"result">, context: Context): Content {
  const { job, page, headers } = state;
  const { t } = context;
  if (!job.rows_rejected || job.undone_at) {
    return nothing;
  }
  const beyond =
    job.rows_rejected > KEPT_REJECTIONS
      ? notice(
          "info",
          t("rejected.beyond", { kept: KEPT_REJECTIONS, n: job.rows_rejected }),
          t("rejected.beyondAdvice"),
        )
      : nothing;
  return html`<section class="rejections" aria-labelledby="rejections-title">
    <h3 id="rejections-title">${t("rejected.title")}</h3>
    ${beyond} ${groups(state, context)}
    ${page
      ? html`${headers === null ? notice("info", t("rejected.readOnly"), t("rejected.beyondAdvice")) : nothing}
          <ul class="rejected">
            ${page.rows.map((row) => rejectedRow(row, state, context))}
          </ul>
          ${pager(state, context)} ${corrections(state, context)}`
      : progressBar(t, undefined, t("rejected.loading"))}
  </section>`;
}

function groups(state: StateOf<"result">, { flow, t }: Context): Content {
  const { groups: known, filter } = state;
  if (!known?.length) {
    return nothing;
  }
  const isAt = (group: RejectionGroup): boolean => filter?.code === group.code && filter.column === group.column;
  return html`<table class="groups stacked">
    <caption class="hidden">
      ${t("rejected.causes")}
    </caption>
    <thead>
      <tr>
        <th scope="col">${t("rejected.cause")}</th>
        <th scope="col" class="number">${t("rejected.count")}</th>
        <th scope="col" class="number">${t("rejected.firstLine")}</th>
        <th scope="col"><span class="hidden">${t("rejected.filter")}</span></th>
      </tr>
    </thead>
    <tbody>
      ${known.map(
        (group) =>
          html`<tr class=${isAt(group) ? "chosen" : ""}>
            <th scope="row">
              ${sentenceOf(t.language, troubleOfRejection(group.sample))} <span class="code">${group.code}</span>
              <p class="hint">${adviceOf(t.language, troubleOfRejection(group.sample))}</p>
            </th>
            <td class="number figure" data-label=${t("rejected.count")}>${t.number(group.count)}</td>
            <td class="number figure" data-label=${t("rejected.firstLine")}>${t.number(group.firstLine)}</td>
            <td>
              <button
                type="button"
                class="button small"
                aria-pressed=${isAt(group) ? "true" : "false"}
                @click=${() => setFilter(flow, isAt(group) ? undefined : group)}
              >
                ${t(isAt(group) ? "rejected.showAll" : "rejected.showOnly")}
              </button>
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function pager({ page }: StateOf<"result">, { flow, t }: Context): Content {
  const number = page!.starts.length;
  if (number === 1 && !page!.hasMore) {
    return nothing;
  }
  return html`<nav class="pager" aria-label=${t("pager.label")}>
    ${button(t("pager.previous"), () => previousPage(flow), { disabled: number === 1 })}
    <span class="figure" role="status">${t("pager.page", { number })}</span>
    ${button(t("pager.next"), () => nextPage(flow), { disabled: !page!.hasMore })}
  </nav>`;
}

/** Return the bar that imports what was corrected; it is there before anything is, so that nothing jumps. */
function corrections({ edits, busy, headers }: StateOf<"result">, { flow, t }: Context): Content {
  if (!headers) {
    return nothing;
  }
  const count = Object.keys(edits).length;
  const label = count ? t("fix.import", { n: count }) : t("fix.importNone");
  const press = button(label, () => void importCorrections(flow), {
    kind: "primary",
    disabled: !count,
    busy: busy === "fix",
  });
  return html`<div class="corrections">
    <span role="status">${count ? t("fix.count", { n: count }) : t("fix.none")}</span>${press}
  </div>`;
}
