/** What is spoken: each step by its heading, and progress now and then. */

import type { Texts } from "../i18n/texts.js";
import type { State } from "../model/state.js";

// More often, a screen reader would say nothing else.
const SPEAK_MS = 5000;

/** Says the progress at most every five seconds, and everything else at once. */
export class Announcer {
  #at = -SPEAK_MS;
  #said = "";

  /** Return what the live region says at a moment in milliseconds. */
  say(state: State, t: Texts, now: number): string {
    const progress = progressOf(state, t);
    const words = progress ?? eventOf(state, t);
    if (words !== this.#said && (progress === undefined || now - this.#at >= SPEAK_MS)) {
      this.#said = words;
      this.#at = progress === undefined ? this.#at : now;
    }
    return this.#said;
  }
}

function progressOf(state: State, t: Texts): string | undefined {
  if (state.step === "upload" && !state.looking) {
    return t("say.upload", { share: t.percent(Math.floor((100 * state.sent) / state.file.size) / 100) });
  }
  if (state.step === "run" && state.job.status === "running") {
    const share = t.percent(Math.floor(Number(state.job.progress ?? 0)) / 100);
    return t("say.run", { share, n: state.job.rows_loaded });
  }
  return undefined;
}

/** Return what changes while the person stays at a step; the steps are spoken by their headings. */
function eventOf(state: State, t: Texts): string {
  if (state.step === "upload") {
    return t("upload.lookingWords");
  }
  if (state.step !== "check" || state.confirming || !state.dry) {
    return "";
  }
  const { status, rows_rejected: rejected, rows_read: read } = state.dry;
  if (status === "completed") {
    return rejected ? t("dry.rejections", { n: rejected }) : t("dry.clean", { n: read });
  }
  return status === "failed" ? "" : t("dry.running");
}
