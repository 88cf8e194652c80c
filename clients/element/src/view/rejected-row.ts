/** One rejected row: why, the values in question, and the whole row when it is opened. */

import { html, nothing, type TemplateResult } from "lit";
import type { Rejection } from "../client.js";
import { sentenceOf } from "../i18n/errors.js";
import type { RejectedRow, StateOf } from "../model/state.js";
import { troubleOfRejection } from "../model/trouble.js";
import { edit, toggleRow } from "../steps/index.js";
import type { Context } from "./context.js";
import { icon, type Content } from "./parts.js";

export function rejectedRow(row: RejectedRow, state: StateOf<"result">, context: Context): TemplateResult {
  const { flow, t } = context;
  const isSent = state.sent.has(row.record_number);
  const isEdited = row.record_number in state.edits;
  const isOpen = state.opened.has(row.record_number);
  const places = row.cells.map((cell) => placeOf(cell, state)).filter((place) => place >= 0);
  const line = t("rejected.line", { line: row.line_number });
  // A row that was rejected as a whole is shown as a whole.
  const canOpen = row.fields !== undefined && places.length > 0 && !isSent;
  return html`<li class="rejected-row ${isEdited ? "edited" : ""} ${isSent ? "sent" : ""}">
    <div class="why-row">
      <span class="line figure">${line}</span>
      ${row.cells.map(
        (cell) => html`<span class="why"
            >${icon(isSent ? "check" : "warn")} ${sentenceOf(t.language, troubleOfRejection(cell))}</span
          >
          <span class="code">${cell.code}</span>`,
      )}
      ${isEdited ? html`<span class="badge">${t("fix.edited")}</span>` : nothing}
      ${isSent ? html`<span class="badge">${t("fix.sent")}</span>` : nothing}
      ${canOpen
        ? html`<button
            type="button"
            class="link small"
            aria-expanded=${isOpen ? "true" : "false"}
            @click=${() => toggleRow(flow, row.record_number)}
          >
            ${t(isOpen ? "rejected.less" : "rejected.wholeRow")}<span class="hidden">, ${line}</span>
          </button>`
        : nothing}
    </div>
    ${isSent ? nothing : values(row, state, { places, isOpen }, context)}
  </li>`;
}

/** Return the place of the field that was rejected; -1 where the row as a whole was, or its field is not known. */
function placeOf({ column_name: column }: Rejection, { job, headers }: StateOf<"result">): number {
  if (!headers || column === null) {
    return -1;
  }
  const { headers: matched = [] } = (job.report ?? {}) as { headers?: { header: string | null; column: string }[] };
  const header = matched.find((one) => one.column === column)?.header;
  const place = header ? headers.indexOf(header.trim()) : -1;
  return place < 0 ? headers.indexOf(column) : place;
}

function values(
  row: RejectedRow,
  state: StateOf<"result">,
  { places, isOpen }: { places: number[]; isOpen: boolean },
  context: Context,
): Content {
  if (!row.fields) {
    return row.raw === null ? nothing : html`<pre class="raw" tabindex="0">${row.raw}</pre>`;
  }
  const headers = state.headers!;
  const shown = isOpen || !places.length ? headers.map((_, number) => number) : [...places].sort((a, b) => a - b);
  return html`<div class="cells">
    ${shown.map((number) => cell(row, state, { number, isRejected: places.includes(number) }, context))}
  </div>`;
}

function cell(
  row: RejectedRow,
  { headers, edits, busy }: StateOf<"result">,
  { number, isRejected }: { number: number; isRejected: boolean },
  { flow, t }: Context,
): TemplateResult {
  const header = headers![number]!;
  const original = row.fields![number]?.text ?? "";
  const value = edits[row.record_number]?.[header] ?? original;
  const change = (event: Event): void => edit(flow, row, header, (event.target as HTMLInputElement).value);
  return html`<label class="cell ${isRejected ? "bad" : ""}">
    <span class="cell-name break"
      >${header}<span class="hidden">, ${t("rejected.line", { line: row.line_number })}</span></span
    >
    <input
      type="text"
      .value=${value}
      ?disabled=${busy !== undefined}
      spellcheck="false"
      autocomplete="off"
      aria-invalid=${isRejected && value === original ? "true" : nothing}
      @input=${change}
    />
  </label>`;
}
