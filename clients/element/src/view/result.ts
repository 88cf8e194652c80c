/** What became of the file. */

import { html, nothing, type TemplateResult } from "lit";
import { isDryRun } from "../model/job.js";
import type { StateOf } from "../model/state.js";
import { troubleOfUndo } from "../model/trouble.js";
import { askUndo, download, importNext, saveReport, toOther, undoJob } from "../steps/index.js";
import type { Context } from "./context.js";
import { failure } from "./failure.js";
import { button, fileName, icon, notice, page, stat, STATUS_ICONS, troubleNotice, type Content } from "./parts.js";
import { profile } from "./profile.js";
import { rejectionSection } from "./rejections.js";

export function resultView(state: StateOf<"result">, context: Context): TemplateResult {
  const { job, trouble, queue, target } = state;
  const { flow, t } = context;
  const waiting = queue.files.length;
  const next = waiting ? t("result.nextFile", { n: waiting }) : t("result.another");
  return page({
    title: titleOf(state, t),
    lede: html`${icon("file")} <strong class="break">${fileName(job)}</strong> → <strong>${job.target}</strong>`,
    body: html`${files(state, context)} ${chain(state, context)} ${verdict(state, context)} ${figures(state, context)}
    ${troubleNotice(t, trouble)} ${downloads(state, context)} ${rejectionSection(state, context)}
    ${profile(job, target, context)} ${undoPart(state, context)}`,
    actions: button(next, () => importNext(flow), { kind: job.rows_rejected ? "plain" : "primary" }),
  });
}

function titleOf({ job }: StateOf<"result">, t: Context["t"]): string {
  if (isDryRun(job)) {
    return t("result.check");
  }
  if (job.undone_at) {
    return t("result.undone");
  }
  if (job.status === "completed") {
    return t(job.rows_rejected ? "result.partly" : "result.completed");
  }
  return t(job.status === "failed" ? "result.failed" : "result.cancelled");
}

function chain({ job }: StateOf<"result">, { flow, t }: Context): Content {
  return job.parent_job_id
    ? html`<p class="hint">${t("result.corrects")} ${button(t("result.parent"), () => void toOther(flow, job.parent_job_id!))}</p>`
    : nothing;
}

/** Return what became of the files that were chosen together, each to be looked at. */
function files({ job, queue }: StateOf<"result">, { flow, t }: Context): Content {
  if (queue.done.length + queue.files.length < 2) {
    return nothing;
  }
  return html`<ol class="jobs" aria-label=${t("result.files")}>
    ${queue.done.map(
      (one) =>
        html`<li class="job ${one.status}">
          <span class="status">${icon(STATUS_ICONS[one.status])} ${t(`status.${one.status}`)}</span>
          <button
            type="button"
            class="link break"
            aria-current=${one.id === job.id ? "true" : nothing}
            @click=${() => void toOther(flow, one.id)}
          >
            ${fileName(one)}
          </button>
          <span class="hint figure"
            >${t("history.rows", { loaded: one.rows_loaded, rejected: one.rows_rejected })}</span
          >
        </li>`,
    )}
    ${queue.files.map(
      (file) =>
        html`<li class="job">
          <span class="status">${icon("info")} ${t("status.pending")}</span><span class="break">${file.name}</span>
        </li>`,
    )}
  </ol>`;
}

function verdict(state: StateOf<"result">, context: Context): Content {
  const { job } = state;
  const { t } = context;
  if (isDryRun(job) && job.status === "completed") {
    return notice("info", t("result.checkWords"));
  }
  if (job.undone_at) {
    return notice("check", t("result.undoneWords", { time: t.moment(job.undone_at) }));
  }
  if (job.duplicate_of) {
    return notice("info", t("result.duplicate"));
  }
  if (job.status === "failed") {
    return failure(state, context);
  }
  if (job.status === "cancelled") {
    return notice("warn", t("result.cancelledWords", { n: job.rows_loaded }));
  }
  return job.rows_rejected
    ? notice("warn", t("result.partlyWords", { n: job.rows_rejected }), t("result.partlyAdvice"))
    : notice("check", t("result.completedWords", { n: job.rows_loaded }));
}

function figures({ job }: StateOf<"result">, { t }: Context): TemplateResult {
  return html`<dl class="stats">
    ${stat(t, t("stat.read"), job.rows_read)} ${stat(t, t("stat.loaded"), job.rows_loaded, "good")}
    ${stat(t, t("stat.rejected"), job.rows_rejected, "bad")} ${stat(t, t("stat.skipped"), job.rows_skipped)}
  </dl>`;
}

function downloads({ job }: StateOf<"result">, { flow, t }: Context): Content {
  if (!job.errors_path && !job.output_path && !job.report) {
    return nothing;
  }
  return html`<p class="files">
    ${job.errors_path ? button(t("result.errors"), () => void download(flow, job, "errors")) : nothing}
    ${job.output_path ? button(t("result.output"), () => void download(flow, job, "output")) : nothing}
    ${job.report ? button(t("result.report"), () => saveReport(job)) : nothing}
  </p>`;
}

const DAY_MS = 86_400_000;

/** Offer the undo while it is possible. */
function undoPart({ job, target, busy, askingUndo }: StateOf<"result">, { flow, t }: Context): Content {
  const refused = troubleNotice(t, troubleOfUndo(job));
  const days = target?.undo_days;
  const until = days && job.finished_at ? Date.parse(job.finished_at) + days * DAY_MS : 0;
  const isPossible =
    job.status === "completed" && !isDryRun(job) && job.rows_loaded > 0 && !job.undone_at && until > Date.now();
  if (!isPossible) {
    return refused;
  }
  if (!askingUndo) {
    const label = busy === "undo" ? t("undo.doing") : t("undo.ask");
    const press = button(label, () => askUndo(flow, true), { busy: busy === "undo", kind: "danger" });
    return html`${refused}
      <section class="undo">
        <p class="hint">${t("undo.until", { time: t.moment(new Date(until).toISOString()) })}</p>
        ${press}
      </section>`;
  }
  const go = button(t("undo.go"), () => void undoJob(flow), { kind: "danger" });
  return notice(
    "warn",
    t("undo.sure", { n: job.rows_loaded }),
    t("undo.what"),
    html`${button(t("undo.no"), () => askUndo(flow, false))}${go}`,
  );
}
