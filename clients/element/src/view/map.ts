/** How the file is read, and which column each field goes into. */

import { html, nothing, type TemplateResult } from "lit";
import { adviceOf, sentenceOf } from "../i18n/errors.js";
import { blockers } from "../model/blockers.js";
import { hasColumns, missingColumns, openChoices } from "../model/look.js";
import type { Look, StateOf } from "../model/state.js";
import { localeFor } from "../model/written-as.js";
import { dismissLocale, dismissRemembered, leaveMap, proceed, setOption, useRemembered } from "../steps/index.js";
import { choiceList } from "./choices.js";
import type { Context } from "./context.js";
import { LOCALES, localeExample } from "./dialect-values.js";
import { dialectCard } from "./dialect.js";
import { mappingTable } from "./mapping.js";
import { button, icon, notice, page, troubleNotice, type Content } from "./parts.js";

// No encoding and no delimiter makes a table of these: nothing, another format, a damaged or protected file.
const HOPELESS = /^IJ(301|303|31[1-7])$/;
// What a mapping mends, here and now: no column, a missing one, two for one, an unknown one.
const MENDED_BY_MAPPING = new Set(["IJ306", "IJ307", "IJ308", "IJ309", "IJ310"]);

export function mapView(state: StateOf<"map">, context: Context): TemplateResult {
  const { look, busy, trouble } = state;
  const { flow, t } = context;
  const missing = missingColumns(look);
  const isReadable = look.inspection.headers.length > 0;
  const isBlocked = !isReadable || missing.length > 0 || openChoices(look).length > 0 || !hasColumns(look);
  const next = button(t("map.next"), () => void proceed(flow), { kind: "primary", disabled: isBlocked });
  return page({
    title: t(isReadable ? "map.title" : "map.unreadable"),
    lede: html`${icon("file")} <strong class="break">${look.file.name}</strong> · ${recordsOf(look, context)}`,
    body: html`${troubleNotice(t, trouble)} ${problems(look, context)} ${remembered(look, context)}
    ${choiceList(look, context)} ${localeQuestion(look, context)}
    ${isReadable ? html`${missingNotice(missing, context)} ${mappingTable(look, busy, context)}` : nothing}
    ${isHopeless(look) ? nothing : dialectCard(look, context)}`,
    actions: html`${button(t("file.other"), () => leaveMap(flow))}
      <span class="why" role="status"
        >${busy ? t("map.looking") : isReadable && isBlocked ? t("map.blocked") : nothing}</span
      >
      ${isReadable ? next : nothing}`,
  });
}

/** Return what the file has: its records are counted, estimated, or unknown. */
function recordsOf({ inspection, size }: Look, { t }: Context): string {
  const { whole_file: isWhole, read, estimated } = inspection.records;
  if (isWhole) {
    return t("map.rows", { n: read });
  }
  return estimated === null ? t.bytes(size) : t("map.rowsAbout", { n: estimated });
}

function isHopeless({ inspection }: Look): boolean {
  return blockers(inspection).some(({ code }) => HOPELESS.test(code));
}

function problems(look: Look, { t }: Context): Content {
  const shown = blockers(look.inspection).filter(
    ({ code }) => !look.inspection.headers.length || !MENDED_BY_MAPPING.has(code),
  );
  return html`${shown.map((problem) =>
    notice(
      "error",
      sentenceOf(t.language, problem),
      html`${adviceOf(t.language, problem)} <span class="code">${problem.code}</span>`,
    ),
  )}`;
}

function missingNotice(missing: readonly string[], { t }: Context): Content {
  return missing.length
    ? notice("warn", t("map.missing", { n: missing.length, columns: missing.join(", ") }), t("map.missingAdvice"))
    : nothing;
}

function localeQuestion(look: Look, { flow, t }: Context): Content {
  const locale = localeFor(look, navigator.languages, LOCALES);
  if (!locale) {
    return nothing;
  }
  const use = button(t("map.localeUse"), () => setOption(flow, "locale", locale), { kind: "primary" });
  const title = t("map.locale", { locale: t.locale(locale) });
  return notice(
    "warn",
    title,
    localeExample(locale),
    html`${use}${button(t("map.localeNo"), () => dismissLocale(flow))}`,
  );
}

function remembered(look: Look, { flow, t }: Context): Content {
  const known = look.inspection.remembered;
  if (!known || look.rememberedIsDone) {
    return nothing;
  }
  const use = button(t("map.rememberedUse"), () => useRemembered(flow), { kind: "primary" });
  const dismiss = button(t("map.rememberedNo"), () => dismissRemembered(flow));
  const pairs = Object.entries(known.mapping ?? {});
  const list = html`<ul class="pairs">
    ${pairs.map(([header, column]) => html`<li><span class="break">${header}</span> → <strong>${column}</strong></li>`)}
  </ul>`;
  return notice(
    "info",
    t("map.remembered", { when: t.moment(known.used_at) }),
    pairs.length ? list : nothing,
    html`${use}${dismiss}`,
  );
}
