/** Pieces that several steps are made of. */

import { html, nothing, svg, type TemplateResult } from "lit";
import type { Job } from "../client.js";
import { adviceOf, sentenceOf } from "../i18n/errors.js";
import type { Texts } from "../i18n/texts.js";
import type { Trouble } from "../model/trouble.js";

export type Content = TemplateResult | typeof nothing | string;

const ICONS = {
  check: svg`<path d="M4 10.5l4 4 8-9" />`,
  warn: svg`<path d="M10 3l8 14H2z M10 8.5v4 M10 14.8v.2" />`,
  error: svg`<path d="M10 2.5a7.5 7.5 0 100 15 7.5 7.5 0 000-15z M7.3 7.3l5.4 5.4 M12.7 7.3l-5.4 5.4" />`,
  info: svg`<path d="M10 2.5a7.5 7.5 0 100 15 7.5 7.5 0 000-15z M10 9v5 M10 6v.2" />`,
  upload: svg`<path d="M10 13.5V3 M5.8 7.2L10 3l4.2 4.2 M3 13v3.5h14V13" />`,
  file: svg`<path d="M5 2.5h6.5L15.5 7v10.5h-10.5z M11.5 2.5V7h4" />`,
};

export const STATUS_ICONS = {
  pending: "info",
  running: "info",
  completed: "check",
  failed: "error",
  cancelled: "warn",
} as const;

/** Return an icon, which says nothing that the text beside it does not. */
export function icon(name: keyof typeof ICONS): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${ICONS[name]}</svg>`;
}

/** Return a step: heading, a sentence below it, content, and what can be done next. */
export function page(parts: { title: string; lede?: Content; body: Content; actions?: Content }): TemplateResult {
  return html`
    <header class="head">
      <h2 id="heading" tabindex="-1">${parts.title}</h2>
      ${parts.lede ? html`<p class="lede">${parts.lede}</p>` : nothing}
    </header>
    <div class="body">${parts.body}</div>
    ${parts.actions ? html`<footer class="actions">${parts.actions}</footer>` : nothing}
  `;
}

export interface ButtonSettings {
  kind?: "primary" | "danger" | "plain";
  disabled?: boolean;
  busy?: boolean;
}

/** Return a button. One that cannot be pressed now keeps its focus, so that a keyboard stays where it is. */
export function button(label: string, press: () => void, settings: ButtonSettings = {}): TemplateResult {
  const { kind = "plain", disabled = false, busy = false } = settings;
  return html`<button
    type="button"
    class="button ${kind}"
    aria-disabled=${disabled ? "true" : nothing}
    aria-busy=${busy ? "true" : nothing}
    @click=${() => busy || disabled || press()}
  >
    ${label}
  </button>`;
}

/** Return a message that stays in its place; errors are spoken at once. */
export function notice(
  kind: "info" | "warn" | "error" | "check",
  title: string,
  body: Content = nothing,
  action: Content = nothing,
): TemplateResult {
  return html`<div class="notice ${kind}" role=${kind === "error" ? "alert" : "note"}>
    ${icon(kind)}
    <div class="notice-text">
      <strong>${title}</strong>
      ${body === nothing ? nothing : html`<div class="notice-body">${body}</div>`}
      ${action === nothing ? nothing : html`<div class="notice-action">${action}</div>`}
    </div>
  </div>`;
}

/** Return a trouble with what to do about it and its code, by which it is found in the documentation. */
export function troubleNotice(t: Texts, trouble: Trouble | undefined, action: Content = nothing): Content {
  if (!trouble) {
    return nothing;
  }
  const body = html`${adviceOf(t.language, trouble)} <span class="code">${trouble.code}</span>`;
  return notice("error", sentenceOf(t.language, trouble), body, action);
}

/** Return a bar with its words; without a share it only says that something is happening. */
export function progressBar(t: Texts, share: number | undefined, label: string): TemplateResult {
  return html`<div class="progress">
    <div class="progress-words">
      <span>${label}</span>${share === undefined
        ? nothing
        : html`<span class="figure">${t.percent(Math.floor(share * 100) / 100)}</span>`}
    </div>
    ${share === undefined
      ? html`<progress aria-label=${label}></progress>`
      : html`<progress aria-label=${label} max="1" .value=${share}></progress>`}
  </div>`;
}

/** Return a figure with its name. */
export function stat(
  t: Texts,
  name: string,
  value: number | null,
  kind: "good" | "bad" | "plain" = "plain",
): TemplateResult {
  return html`<div class="stat ${value ? kind : "plain"}">
    <dt>${name}</dt>
    <dd>${value === null ? "—" : t.number(value)}</dd>
  </div>`;
}

/** Return the name that people know a job's file by. */
export function fileName(job: Job): string {
  return job.file_name ?? job.object_path.split("/").at(-1)!;
}
