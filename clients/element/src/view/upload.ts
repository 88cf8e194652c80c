/** A file on its way. */

import { html, nothing, type TemplateResult } from "lit";
import type { StateOf } from "../model/state.js";
import { leaveUpload, setPaused, uploadAgain } from "../steps/index.js";
import type { Context } from "./context.js";
import { button, icon, notice, page, progressBar, troubleNotice, type Content } from "./parts.js";

// Smaller files are sent in one request, which has no pause.
const PAUSABLE_BYTES = 6 * 1024 * 1024;

export function uploadView(state: StateOf<"upload">, { flow, t }: Context): TemplateResult {
  const { file, sent, looking, paused, trouble } = state;
  const leave = button(t("upload.leave"), () => leaveUpload(flow));
  const pause = button(paused ? t("upload.resume") : t("upload.pause"), () => setPaused(flow, !paused));
  const isPausable = file.size > PAUSABLE_BYTES && !looking && !trouble;
  return page({
    title: looking ? t("upload.looking") : t("upload.title"),
    lede: html`${icon("file")} <strong class="break">${file.name}</strong> · ${t.bytes(file.size)}`,
    body: html`${progressBar(t, looking ? undefined : sent / file.size, wordsOf(state, t))}
      <p class="hint figure">${t("upload.sent", { sent: t.bytes(sent), total: t.bytes(file.size) })}</p>
      ${messages(state, t)}
      ${troubleNotice(
        t,
        trouble,
        button(t("upload.again"), () => uploadAgain(flow), { kind: "primary" }),
      )}`,
    actions: html`${leave}${isPausable ? pause : nothing}`,
  });
}

function wordsOf({ looking, paused, offline, trouble }: StateOf<"upload">, t: Context["t"]): string {
  if (trouble) {
    return t("upload.stopped");
  }
  return looking
    ? t("upload.lookingWords")
    : paused
      ? t("upload.paused")
      : offline
        ? t("upload.offline")
        : t("upload.sending");
}

function messages({ resumedAt, offline, looking }: StateOf<"upload">, t: Context["t"]): Content {
  if (offline) {
    return notice("warn", t("upload.offline"), t("upload.offlineAdvice"));
  }
  return resumedAt && !looking ? notice("check", t("upload.resumed", { size: t.bytes(resumedAt) })) : nothing;
}
