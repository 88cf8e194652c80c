/** The element `<import-jobs-importer>`: gives the flow a client, and renders its state. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { AnyClient } from "./client.js";
import { Flow, type EventName, type Host } from "./flow.js";
import { createTexts, languageOf, type Texts } from "./i18n/texts.js";
import type { State, StateOf, Step } from "./model/state.js";
import { begin, importNext, networkChanged, openJob } from "./steps/index.js";
import { styles } from "./style/index.js";
import { Announcer } from "./view/announce.js";
import { checkView } from "./view/check.js";
import type { Context } from "./view/context.js";
import { fileView } from "./view/file.js";
import { mapView } from "./view/map.js";
import { notice } from "./view/parts.js";
import { resultView } from "./view/result.js";
import { runView } from "./view/run.js";
import { stepList } from "./view/steps.js";
import { targetView } from "./view/target.js";
import { uploadView } from "./view/upload.js";

const VIEWS: { [S in Step]: (state: StateOf<S>, context: Context) => TemplateResult } = {
  target: targetView,
  file: fileView,
  upload: uploadView,
  map: mapView,
  check: checkView,
  run: runView,
  result: resultView,
};

export class ImportJobsImporter extends LitElement {
  static override readonly styles = styles;
  static override readonly properties = {
    client: { attribute: false },
    target: {},
    job: {},
    lang: {},
  };

  declare client: AnyClient | undefined;
  declare target: string;
  declare job: string;
  declare lang: string;
  /** What is shown, and what changes it. */
  flow: Flow | undefined;
  #announcer = new Announcer();
  #shown: string | undefined;
  readonly #online = (): void => this.flow && networkChanged(this.flow, true);
  readonly #offline = (): void => this.flow && networkChanged(this.flow, false);

  constructor() {
    super();
    this.client = undefined;
    this.target = "";
    this.job = "";
    this.lang = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("online", this.#online);
    window.addEventListener("offline", this.#offline);
    this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("online", this.#online);
    window.removeEventListener("offline", this.#offline);
    this.flow?.end();
    this.flow = undefined;
  }

  /** Go back to the choice of a file, or of a target where the job has ended or never was. */
  again(): void {
    if (this.flow?.at("result")) {
      importNext(this.flow);
    } else {
      this.#start();
    }
  }

  /** Ask again for what is shown: the job, or what may be imported. */
  refresh(): void {
    this.#start();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (this.hasUpdated && (changed.has("client") || changed.has("target") || changed.has("job"))) {
      this.#start();
    }
  }

  protected override render(): TemplateResult {
    const t = this.#texts();
    const state: State | undefined = this.flow?.state;
    if (!this.flow || !state) {
      return html`<div class="importer">${notice("info", t("noClient"))}</div>`;
    }
    const view = VIEWS[state.step] as (state: State, context: Context) => TemplateResult;
    return html`<div class="importer" part="importer" lang=${t.language === "pt" ? "pt-BR" : "en"}>
      <slot name="title"></slot>
      ${stepList(t, state.step)}
      <section class="card" part="card" aria-labelledby="heading">${view(state, { flow: this.flow, t })}</section>
      <slot name="help"></slot>
      <p class="hidden" role="status">${this.#announcer.say(state, t, performance.now()) || nothing}</p>
    </div>`;
  }

  // Focus follows the step, so that a keyboard goes on where the person is; not at the first one, which nobody asked for.
  protected override updated(): void {
    const state = this.flow?.state;
    const shown = state && `${state.step}${state.step === "check" && state.confirming ? " confirm" : ""}`;
    if (shown !== this.#shown && this.#shown !== undefined && this.#shown !== "target") {
      this.renderRoot.querySelector<HTMLElement>("#heading")?.focus();
    }
    this.#shown = shown;
  }

  #start(): void {
    this.flow?.end();
    this.flow = undefined;
    if (!this.client || !this.isConnected) {
      return;
    }
    const host: Host = {
      changed: () => this.requestUpdate(),
      emit: (name: EventName, detail: object) => {
        this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
      },
    };
    this.flow = new Flow(this.client, host, this.target);
    void (this.job ? openJob(this.flow, this.job) : begin(this.flow));
  }

  #texts(): Texts {
    const own = this.lang || this.parentElement?.closest("[lang]")?.getAttribute("lang") || navigator.language || "en";
    return createTexts(languageOf(own));
  }
}
