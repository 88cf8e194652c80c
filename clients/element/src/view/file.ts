/** The file: drop, browse or paste; what is accepted is said before. */

import { html, nothing, type TemplateResult } from "lit";
import type { StateOf } from "../model/state.js";
import { neededColumns } from "../model/target.js";
import { putAside, takeFiles, takeNext, takePasted, takeSeen } from "../steps/index.js";
import type { Context } from "./context.js";
import { button, icon, notice, page, troubleNotice, type Content } from "./parts.js";
import { columnTable, saveTemplate } from "./target.js";

const ACCEPTED = ".csv,.tsv,.txt,.gz,.zst,.zip,.xlsx,.ods";

export function fileView(state: StateOf<"file">, context: Context): TemplateResult {
  const { target } = state;
  const { t } = context;
  const needed = neededColumns(target);
  return page({
    title: t("file.title", { target: target.name }),
    lede: needed.length ? t("file.needed", { n: needed.length, columns: needed.join(", ") }) : t("file.noneNeeded"),
    body: html`${messages(state, context)} ${dropZone(state, context)} ${paste(context)} ${columnTable(target, context)}
      <p class="template">${t("file.templateWhy")} ${button(t("file.template"), () => saveTemplate(target))}</p>`,
  });
}

function messages({ refused, seen, queue, checking }: StateOf<"file">, { flow, t }: Context): Content {
  const aside = button(t("file.other"), () => putAside(flow));
  const waiting = queue.files.length;
  const skip = button(t("file.next", { name: queue.files[0]?.name ?? "" }), () => takeNext(flow), { busy: checking });
  const next = waiting ? notice("info", t("file.waiting", { n: waiting }), nothing, skip) : nothing;
  if (refused) {
    return html`<p class="file-name">${icon("file")} ${refused.name}</p>
      ${troubleNotice(t, refused.trouble)}${next}`;
  }
  if (!seen) {
    return next;
  }
  const when = t.moment(seen.job.finished_at ?? seen.job.created_at);
  const go = button(t("file.seenGo"), () => takeSeen(flow), { kind: "primary" });
  return html`${notice(
    "warn",
    t("file.seen", { name: seen.file.name, when }),
    t("file.seenAdvice"),
    html`${go}${aside}`,
  )}${next}`;
}

function dropZone({ target, checking, queue }: StateOf<"file">, { flow, t }: Context): TemplateResult {
  const take = (files: FileList | null | undefined): void => {
    if (files?.length) {
      void takeFiles(flow, [...files, ...queue.files]);
    }
  };
  const mark = (event: DragEvent, isOver: boolean): void => {
    event.preventDefault();
    (event.currentTarget as HTMLElement).classList.toggle("over", isOver);
  };
  const drop = (event: DragEvent): void => {
    mark(event, false);
    take(event.dataTransfer?.files);
  };
  const choose = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    take(input.files);
    // The same file can be chosen again.
    input.value = "";
  };
  const limit = target.max_bytes === null ? t("file.noLimit") : t("file.limit", { size: t.bytes(target.max_bytes) });
  return html`<label
    class="drop"
    @dragover=${(event: DragEvent) => mark(event, true)}
    @dragleave=${(event: DragEvent) => mark(event, false)}
    @drop=${drop}
  >
    ${icon("upload")}
    <span class="drop-title">${checking ? t("file.checking") : t("file.drop")}</span>
    <span class="button primary" aria-hidden="true">${t("file.browse")}</span>
    <span class="hint">${t("file.kinds")} ${limit}</span>
    <input
      class="hidden"
      type="file"
      multiple
      accept=${ACCEPTED}
      aria-label=${t("file.browseLabel")}
      @change=${choose}
    />
  </label>`;
}

function paste({ flow, t }: Context): TemplateResult {
  const use = (event: Event): void => {
    event.preventDefault();
    const area = (event.target as HTMLFormElement).querySelector("textarea")!;
    takePasted(flow, area.value);
  };
  return html`<details class="paste">
    <summary>${t("file.paste")}</summary>
    <form @submit=${use}>
      <label for="cells">${t("file.pasteLabel")}</label>
      <textarea id="cells" rows="5" spellcheck="false" autocomplete="off" required></textarea>
      <button class="button" type="submit">${t("file.pasteUse")}</button>
    </form>
  </details>`;
}
