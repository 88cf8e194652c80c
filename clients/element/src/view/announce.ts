/** What is spoken: each step by its heading, and progress now and then. */

import type { Texts } from "../i18n/texts.js";
import type { State } from "../model/state.js";

// More often, a screen reader would say nothing else.
const SPEAK_MS = 5000;

/** Says the progress at most every five seconds. */
export class Announcer {
  #at = -SPEAK_MS;
  #said = "";

  /** Return what the live region says at a moment in milliseconds. */
  say(state: State, t: Texts, now: number): string {
    const words = wordsOf(state, t);
    if (words !== this.#said && now - this.#at >= SPEAK_MS) {
      [this.#said, this.#at] = [words, now];
    }
    return this.#said;
  }
}

function wordsOf(state: State, t: Texts): string {
  if (state.step === "upload") {
    const share = t.percent(Math.floor((100 * state.sent) / state.file.size) / 100);
    return state.looking ? t("upload.lookingWords") : t("say.upload", { share });
  }
  if (state.step === "run" && state.job.status === "running") {
    return t("say.run", {
      share: t.percent(Math.floor(Number(state.job.progress ?? 0)) / 100),
      n: state.job.rows_loaded,
    });
  }
  return "";
}
