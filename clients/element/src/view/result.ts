/** What became of the file. */

import { html, nothing, type TemplateResult } from "lit";
import { isDryRun } from "../model/job.js";
import type { StateOf } from "../model/state.js";
import { troubleOfUndo } from "../model/trouble.js";
import { askUndo, download, importNext, toParent, undoJob } from "../steps/index.js";
import type { Context } from "./context.js";
import { failure } from "./failure.js";
import { button, fileName, icon, notice, page, stat, troubleNotice, type Content } from "./parts.js";
import { profile } from "./profile.js";
import { rejectionSection } from "./rejections.js";

export function resultView(state: StateOf<"result">, context: Context): TemplateResult {
  const { job, trouble, waiting, target } = state;
  const { flow, t } = context;
  const next = waiting.length ? t("result.nextFile", { n: waiting.length }) : t("result.another");
  return page({
    title: titleOf(state, t),
    lede: html`${icon("file")} <strong class="break">${fileName(job)}</strong> → <strong>${job.target}</strong>`,
    body: html`${chain(state, context)} ${verdict(state, context)} ${figures(state, context)}
    ${troubleNotice(t, trouble)} ${files(state, context)} ${rejectionSection(state, context)}
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
    ? html`<p class="hint">${t("result.corrects")} ${button(t("result.parent"), () => void toParent(flow))}</p>`
    : nothing;
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

function files({ job }: StateOf<"result">, { flow, t }: Context): Content {
  if (!job.errors_path && !job.output_path) {
    return nothing;
  }
  return html`<p class="files">
    ${job.errors_path ? button(t("result.errors"), () => void download(flow, job, "errors")) : nothing}
    ${job.output_path ? button(t("result.output"), () => void download(flow, job, "output")) : nothing}
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
