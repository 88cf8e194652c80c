/** The dry run: every row tried on the server, with what would become of it. */

import { html, nothing, type TemplateResult } from "lit";
import type { Job } from "../client.js";
import { codeTitle } from "../i18n/errors.js";
import type { StateOf } from "../model/state.js";
import { troubleOfJob } from "../model/trouble.js";
import { allowRejections, backToMap, download, startDryRun } from "../steps/index.js";
import type { Context } from "./context.js";
import { button, notice, progressBar, stat, troubleNotice, type Content } from "./parts.js";

interface Figures {
  created: number;
  changed: number;
  left: number | null;
  skipped: number;
  rejected: number;
  removed: number;
}

export function dryRun(state: StateOf<"check">, context: Context): TemplateResult {
  const { dry, dryTrouble, look } = state;
  const { flow, t } = context;
  const again = button(t("again"), () => void startDryRun(flow));
  const ask = html`${button(t("dry.start", { size: t.bytes(look.size) }), () => void startDryRun(flow))}`;
  const content = dryTrouble
    ? troubleNotice(t, dryTrouble, again)
    : dry
      ? stateOf(dry, context)
      : notice("info", t("dry.large"), t("dry.largeAdvice"), ask);
  return html`<section class="dry" aria-labelledby="dry-title">
    <h3 id="dry-title">${t("dry.title")}</h3>
    ${content}
  </section>`;
}

function stateOf(dry: Job, context: Context): Content {
  const { flow, t } = context;
  if (dry.status === "failed" || dry.status === "cancelled") {
    const allow = button(t("mend.allowMore"), () => allowRejections(flow));
    const action = dry.error_code === "IJ420" ? allow : button(t("check.back"), () => backToMap(flow));
    return html`${troubleNotice(t, troubleOfJob(dry), action)} ${reasons(dry, context)}`;
  }
  if (dry.status !== "completed") {
    const share = dry.status === "running" ? Number(dry.progress ?? 0) / 100 : undefined;
    return progressBar(t, share, t(dry.status === "running" ? "dry.running" : "dry.waiting"));
  }
  const verdict = dry.rows_rejected
    ? notice("warn", t("dry.rejections", { n: dry.rows_rejected }), t("dry.rejectionsAdvice"))
    : notice("check", t("dry.clean", { n: dry.rows_read }));
  return html`${verdict} ${figures(dry, context)} ${reasons(dry, context)}`;
}

function figures(dry: Job, { t }: Context): TemplateResult {
  const report = (dry.report ?? {}) as { dry_run?: Figures };
  const known = report.dry_run;
  if (!known) {
    return html`<dl class="stats">
      ${stat(t, t("stat.loaded"), dry.rows_loaded, "good")}${stat(t, t("stat.rejected"), dry.rows_rejected, "bad")}
    </dl>`;
  }
  return html`<dl class="stats">
    ${stat(t, t("stat.created"), known.created, "good")} ${stat(t, t("stat.changed"), known.changed, "good")}
    ${stat(t, t("stat.left"), known.left)} ${stat(t, t("stat.skipped"), known.skipped)}
    ${known.removed ? stat(t, t("stat.removed"), known.removed, "bad") : nothing}
    ${stat(t, t("stat.rejected"), known.rejected, "bad")}
  </dl>`;
}

function reasons(dry: Job, { flow, t }: Context): Content {
  const { rejected_by_code: byCode = {} } = (dry.report ?? {}) as { rejected_by_code?: Record<string, number> };
  const entries = Object.entries(byCode).sort(([, a], [, b]) => b - a);
  if (!entries.length) {
    return nothing;
  }
  return html`<ul class="reasons">
      ${entries.map(
        ([code, count]) =>
          html`<li>
            <span class="figure">${t.number(count)}</span> ${codeTitle(t.language, code)}
            <span class="code">${code}</span>
          </li>`,
      )}
    </ul>
    ${dry.errors_path ? button(t("result.errors"), () => void download(flow, dry, "errors")) : nothing}`;
}
