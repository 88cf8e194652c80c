/** The element `<import-jobs-history>`: the person's own imports, by the names of their files. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { AnyClient, Job } from "./client.js";
import { createTexts, languageOf, type Key, type Texts } from "./i18n/texts.js";
import { isDryRun } from "./model/job.js";
import { troubleOf, type Trouble } from "./model/trouble.js";
import { listJobs } from "./queries.js";
import { styles } from "./style/index.js";
import { button, fileName, icon, notice, progressBar, troubleNotice, type Content } from "./view/parts.js";

const PAGE_ROWS = 20;
// After the last letter; a question for each of them would be many.
const TYPING_MS = 300;

const STATUS_ICONS = {
  pending: "info",
  running: "info",
  completed: "check",
  failed: "error",
  cancelled: "warn",
} as const;

export class ImportJobsHistory extends LitElement {
  static override readonly styles = styles;
  static override readonly properties = { client: { attribute: false }, target: {}, lang: {} };

  declare client: AnyClient | undefined;
  declare target: string;
  declare lang: string;
  #jobs: Job[] | undefined;
  #hasMore = false;
  #last: string | undefined;
  #name = "";
  #trouble: Trouble | undefined;
  #asked = 0;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.client = undefined;
    this.target = "";
    this.lang = "";
  }

  /** Ask again, for example after an import. */
  async refresh(): Promise<void> {
    await this.#load(undefined);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("client") || changed.has("target")) {
      void this.#load(undefined);
    }
  }

  protected override render(): TemplateResult {
    const own = this.lang || this.parentElement?.closest("[lang]")?.getAttribute("lang") || navigator.language || "en";
    const t = createTexts(languageOf(own));
    return html`<section class="card history" part="card" aria-labelledby="heading">
      <header class="head history-head">
        <h2 id="heading">${t("history.title")}</h2>
        <label class="search"
          ><span>${t("history.search")}</span><input type="search" .value=${this.#name} @input=${this.#search}
        /></label>
      </header>
      <div class="body">
        ${troubleNotice(
          t,
          this.#trouble,
          button(t("again"), () => void this.refresh()),
        )}
        ${this.#list(t)}
      </div>
    </section>`;
  }

  #list(t: Texts): Content {
    const jobs = this.#jobs;
    if (!jobs) {
      return this.#trouble ? nothing : progressBar(t, undefined, t("history.loading"));
    }
    if (!jobs.length && !this.#hasMore) {
      return notice("info", t(this.#name ? "history.noMatch" : "history.empty"));
    }
    const more = this.#hasMore ? button(t("history.more"), () => void this.#load(this.#last)) : nothing;
    return html`<ul class="jobs">
        ${jobs.map((job) => this.#entry(job, t))}
      </ul>
      ${more}`;
  }

  #entry(job: Job, t: Texts): TemplateResult {
    const open = (): boolean =>
      this.dispatchEvent(new CustomEvent("open", { detail: { id: job.id }, bubbles: true, composed: true }));
    const state: Key = job.undone_at ? "status.undone" : `status.${job.status}`;
    return html`<li class="job ${job.status}">
      <span class="status">${icon(STATUS_ICONS[job.status])} ${t(state)}</span>
      <button type="button" class="link break" @click=${open}>${fileName(job)}</button>
      <span class="hint">${job.target} · ${t.moment(job.created_at)}</span>
      <span class="hint figure">
        ${t("history.rows", { loaded: job.rows_loaded, rejected: job.rows_rejected })}${job.parent_job_id
          ? html` · ${t("history.corrections")}`
          : nothing}
      </span>
    </li>`;
  }

  readonly #search = (event: Event): void => {
    this.#name = (event.target as HTMLInputElement).value;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.#load(undefined), TYPING_MS);
  };

  /** Read the first page, or the one behind a job. The answer to an earlier question is dropped. */
  async #load(after: string | undefined): Promise<void> {
    const asked = ++this.#asked;
    if (!this.client) {
      return;
    }
    try {
      const filter = {
        name: this.#name || undefined,
        target: this.target || undefined,
        after,
        page_size: PAGE_ROWS + 1,
      };
      const jobs = await listJobs(this.client, filter);
      if (asked === this.#asked) {
        this.#hasMore = jobs.length > PAGE_ROWS;
        const page = jobs.slice(0, PAGE_ROWS);
        this.#last = page.at(-1)?.id;
        // The check before an import is a part of it.
        this.#jobs = [...((after && this.#jobs) || []), ...page.filter((job) => !isDryRun(job))];
        this.#trouble = undefined;
      }
    } catch (error) {
      this.#trouble = asked === this.#asked ? troubleOf(error) : this.#trouble;
    }
    this.requestUpdate();
  }
}
