/** A job at work. */

import { html, nothing, type TemplateResult } from "lit";
import { sentenceOf } from "../i18n/errors.js";
import type { Key } from "../i18n/texts.js";
import type { StateOf } from "../model/state.js";
import { cancelRun } from "../steps/index.js";
import type { Context } from "./context.js";
import { button, fileName, icon, notice, page, progressBar, stat, troubleNotice, type Content } from "./parts.js";

const PHASES: Readonly<Record<string, Key>> = {
  opening: "run.opening",
  loading: "run.loading",
  finishing: "run.finishing",
};

export function runView(state: StateOf<"run">, { flow, t }: Context): TemplateResult {
  const { job, cancelling, trouble } = state;
  const isRunning = job.status === "running";
  const share = isRunning ? Number(job.progress ?? 0) / 100 : undefined;
  return page({
    title: t(isRunning ? "run.title" : "run.waiting"),
    lede: html`${icon("file")} <strong class="break">${fileName(job)}</strong> → <strong>${job.target}</strong>`,
    body: html`${progressBar(t, share, wordsOf(state, t))}
      <p class="hint figure pace">${paceOf(state, t)}</p>
      <dl class="stats">
        ${stat(t, t("stat.loaded"), job.rows_loaded, "good")} ${stat(t, t("stat.rejected"), job.rows_rejected, "bad")}
        ${stat(t, t("stat.skipped"), job.rows_skipped)}
      </dl>
      ${waiting(state, t)} ${troubleNotice(t, trouble)} ${notice("info", t("run.harmless"), t("run.harmlessWhy"))}`,
    actions: button(t(cancelling ? "run.cancelling" : "run.cancel"), () => void cancelRun(flow), {
      busy: cancelling,
      kind: "danger",
    }),
  });
}

function wordsOf({ job, place, retry, isSameFile, cancelling }: StateOf<"run">, t: Context["t"]): string {
  if (cancelling) {
    return t("run.cancelling");
  }
  if (job.status === "running") {
    return t(PHASES[job.phase ?? ""] ?? "run.opening");
  }
  if (retry) {
    return t("run.retrying", { time: t.time(retry.at) });
  }
  if (isSameFile) {
    return t("run.sameFile");
  }
  return place ? t("run.place", { place }) : t("run.queued");
}

function paceOf({ job, rowsPerSecond, secondsLeft }: StateOf<"run">, t: Context["t"]): string {
  const isLoading = job.status === "running" && rowsPerSecond > 0;
  const parts = [
    isLoading && t("run.speed", { n: rowsPerSecond }),
    isLoading && secondsLeft !== undefined && t("run.left", { time: t.seconds(secondsLeft) }),
    job.attempts > 1 && t("run.attempt", { attempt: job.attempts, of: job.max_attempts }),
  ];
  // The line keeps its height when there is nothing to say.
  return parts.filter(Boolean).join(" · ") || "\u00A0";
}

function waiting({ silent, retry }: StateOf<"run">, t: Context["t"]): Content {
  if (silent) {
    return notice("warn", t("run.silent"), t("run.silentAdvice"));
  }
  return retry ? notice("warn", sentenceOf(t.language, retry.reason), t("run.retryAdvice")) : nothing;
}
