/** What an import would do, before anything is written. */

import { html, nothing, type TemplateResult } from "lit";
import type { StateOf } from "../model/state.js";
import { askToConfirm, backToMap, importIt } from "../steps/index.js";
import { confirmPanel } from "./confirm.js";
import type { Context } from "./context.js";
import { dryRun } from "./dry-run.js";
import { button, icon, page, troubleNotice } from "./parts.js";
import { typedRows } from "./typed-rows.js";

export function checkView(state: StateOf<"check">, context: Context): TemplateResult {
  const { look, confirming, importing = false, dry, trouble } = state;
  const { flow, t } = context;
  const isFailed = dry?.status === "failed";
  const rows = dry?.status === "completed" ? dry.rows_loaded : undefined;
  const label = rows === undefined ? t("check.next") : t("check.nextRows", { n: rows });
  const back = button(t("check.back"), () => backToMap(flow));
  const first = button(label, () => askToConfirm(flow, true), { kind: "primary", disabled: isFailed || rows === 0 });
  const second = html`${button(t("confirm.no"), () => askToConfirm(flow, false))}
  ${button(t("confirm.go"), () => void importIt(flow), { kind: "primary", busy: importing })}`;
  return page({
    title: confirming ? t("confirm.title") : t("check.title"),
    lede: html`${icon("file")} <strong class="break">${look.file.name}</strong> → <strong>${look.target.name}</strong>`,
    body: confirming
      ? html`${troubleNotice(t, trouble)}${confirmPanel(state, context)}`
      : html`${troubleNotice(t, trouble)} ${dryRun(state, context)} ${typedRows(look, context)}`,
    actions: confirming
      ? second
      : html`${back}<span class="why">${isFailed ? nothing : t("check.nothingYet")}</span>${first}`,
  });
}
