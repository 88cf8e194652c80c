/** How the file is read: what was found, given or assumed, to be changed in place. */

import { html, nothing, type TemplateResult } from "lit";
import type { Key } from "../i18n/texts.js";
import type { Look } from "../model/state.js";
import { setOption } from "../steps/index.js";
import type { Context } from "./context.js";
import {
  DATE_FORMATS,
  DELIMITERS,
  ENCODINGS,
  LOCALES,
  localeExample,
  nameOfEncoding,
  nameOfValue,
} from "./dialect-values.js";

interface Part {
  look: Look;
  name: string;
  label: Key;
}

export function dialectCard(look: Look, context: Context): TemplateResult {
  const { t } = context;
  const part = (name: string, label: Key): Part => ({ look, name, label });
  const encoding = String(look.inspection.dialect["encoding"]?.value ?? "");
  const delimiter = String(look.inspection.dialect["delimiter"]?.value ?? "");
  return html`<details class="dialect" ?open=${!look.inspection.headers.length}>
    <summary>${t("dialect.title")} <span class="hint">${summaryOf(look, context)}</span></summary>
    <div class="fields">
      ${select(part("encoding", "dialect.encoding"), withValue(ENCODINGS, encoding), nameOfEncoding, context)}
      ${select(
        part("delimiter", "dialect.delimiter"),
        withValue(Object.keys(DELIMITERS), delimiter),
        (value) => nameOfValue("delimiter", value, t),
        context,
      )}
      ${header(part("has_header", "dialect.header"), context)}
      ${skippedLines(part("skip_lines", "dialect.skip"), context)} ${locale(part("locale", "dialect.locale"), context)}
      ${dates(part("date_formats", "dialect.dates"), context)} ${decimal(part("decimal", "dialect.decimal"), context)}
    </div>
  </details>`;
}

function summaryOf({ inspection: { dialect } }: Look, { t }: Context): string {
  const { encoding, delimiter, locale } = dialect;
  const parts = [
    encoding && nameOfEncoding(String(encoding.value)),
    delimiter && nameOfValue("delimiter", delimiter.value, t),
    locale?.value ? t.locale(String(locale.value)) : undefined,
  ];
  return parts.filter(Boolean).join(" · ");
}

function withValue(values: readonly string[], value: string): string[] {
  return !value || values.includes(value) ? [...values] : [value, ...values];
}

function select(
  part: Part,
  values: readonly string[],
  nameOf: (value: string) => string,
  context: Context,
): TemplateResult {
  const { look, name } = part;
  const value = look.inspection.dialect[name]?.value;
  const change = (event: Event): void => setOption(context.flow, name, (event.target as HTMLSelectElement).value);
  return field(
    part,
    html`<select id=${name} @change=${change}>
      ${value === undefined || value === null ? html`<option value="" selected disabled>—</option>` : nothing}
      ${values.map((one) => html`<option value=${one} .selected=${one === value}>${nameOf(one)}</option>`)}
    </select>`,
    context,
  );
}

function header(part: Part, context: Context): TemplateResult {
  const { flow, t } = context;
  const hasHeader = part.look.inspection.dialect["has_header"]?.value !== false;
  const change = (event: Event): void =>
    setOption(flow, "has_header", (event.target as HTMLSelectElement).value === "yes");
  return field(
    part,
    html`<select id=${part.name} @change=${change}>
      <option value="yes" .selected=${hasHeader}>${t("dialect.headerYes")}</option>
      <option value="no" .selected=${!hasHeader}>${t("dialect.headerNo")}</option>
    </select>`,
    context,
  );
}

function skippedLines(part: Part, context: Context): TemplateResult {
  const value = Number(part.look.inspection.dialect["skip_lines"]?.value ?? 0);
  const change = (event: Event): void => {
    const lines = Math.max(0, Math.trunc(Number((event.target as HTMLInputElement).value) || 0));
    setOption(context.flow, "skip_lines", lines);
  };
  const input = html`<input
    id=${part.name}
    type="number"
    min="0"
    max="1000"
    .value=${String(value)}
    @change=${change}
  />`;
  return field(part, input, context);
}

function locale(part: Part, context: Context): TemplateResult {
  const { flow, t } = context;
  const value = part.look.inspection.dialect["locale"]?.value ?? "";
  const change = (event: Event): void =>
    setOption(flow, "locale", (event.target as HTMLSelectElement).value || undefined);
  return field(
    part,
    html`<select id=${part.name} @change=${change}>
      <option value="" .selected=${!value}>${t("dialect.localeNone")}</option>
      ${LOCALES.map(
        (one) => html`<option value=${one} .selected=${one === value}>${t.locale(one)}: ${localeExample(one)}</option>`,
      )}
    </select>`,
    context,
  );
}

function decimal(part: Part, context: Context): TemplateResult {
  const { flow, t } = context;
  const given = part.look.options.decimal ?? "";
  const change = (event: Event): void =>
    setOption(flow, "decimal", (event.target as HTMLSelectElement).value || undefined);
  return field(
    part,
    html`<select id=${part.name} @change=${change}>
      <option value="" .selected=${!given}>${t("dialect.asLocale")}</option>
      ${[".", ","].map((mark) => html`<option value=${mark} .selected=${mark === given}>1234${mark}56</option>`)}
    </select>`,
    context,
  );
}

/** Return the order of the dates; without one they are read as Postgres writes them, or as the locale says. */
function dates(part: Part, context: Context): TemplateResult {
  const { flow, t } = context;
  const given = JSON.stringify(part.look.options.date_formats ?? null);
  const change = (event: Event): void => {
    setOption(flow, "date_formats", JSON.parse((event.target as HTMLSelectElement).value) ?? undefined);
  };
  const values = DATE_FORMATS.map((format) => JSON.stringify([format]));
  return field(
    part,
    html`<select id=${part.name} @change=${change}>
      <option value="null" .selected=${given === "null"}>${t("dialect.asLocale")}</option>
      ${withValue(values, given === "null" ? "" : given).map(
        (value) =>
          html`<option value=${value} .selected=${value === given}>
            ${nameOfValue("date_formats", JSON.parse(value), t)}
          </option>`,
      )}
    </select>`,
    context,
  );
}

/** Return a control with its label and how its value was decided. */
function field({ look, name, label }: Part, control: TemplateResult, { t }: Context): TemplateResult {
  const how = look.inspection.dialect[name]?.how ?? "default";
  return html`<div class="field">
    <label for=${name}>${t(label)}</label>
    ${control}
    <span class="hint">${t(`how.${how}`)}</span>
  </div>`;
}
