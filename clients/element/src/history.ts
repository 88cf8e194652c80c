/** The element `<import-jobs-history>`: the person's own imports, by the names of their files. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { retry, type AnyClient, type Job } from "./client.js";
import { createTexts, languageOf, type Key, type Texts } from "./i18n/texts.js";
import { entriesOf, type Entry } from "./model/entries.js";
import { isDryRun } from "./model/job.js";
import { canRetry } from "./model/remedy.js";
import { troubleOf, type Trouble } from "./model/trouble.js";
import { listJobs } from "./queries.js";
import { styles } from "./style/index.js";
import { button, fileName, icon, notice, progressBar, STATUS_ICONS, troubleNotice, type Content } from "./view/parts.js";

const PAGE_ROWS = 20;
// After the last letter; a question for each of them would be many.
const TYPING_MS = 300;

const STATUSES = ["pending", "running", "completed", "failed", "cancelled"] as const;

export class ImportJobsHistory extends LitElement {
  static override readonly styles = styles;
  static override readonly properties = {
    client: { attribute: false },
    target: {},
    lang: {},
    address: { attribute: false },
  };

  declare client: AnyClient | undefined;
  declare target: string;
  declare lang: string;
  /** Returns the link to a job; without it a job is opened by the event alone. */
  declare address: ((id: string) => string) | undefined;
  #jobs: Job[] | undefined;
  #hasMore = false;
  #last: string | undefined;
  #name = "";
  #status = "";
  #busy: string | undefined;
  #trouble: Trouble | undefined;
  #asked = 0;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.client = undefined;
    this.target = "";
    this.lang = "";
    this.address = undefined;
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
        <div class="filters">
          <label class="search"
            ><span>${t("history.search")}</span><input type="search" .value=${this.#name} @input=${this.#search}
          /></label>
          <label class="search"
            ><span>${t("history.status")}</span>
            <select @change=${this.#choose}>
              <option value="">${t("history.all")}</option>
              ${STATUSES.map(
                (one) => html`<option value=${one} .selected=${one === this.#status}>${t(`status.${one}`)}</option>`,
              )}
            </select></label
          >
        </div>
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
      return notice("info", t(this.#name || this.#status ? "history.noMatch" : "history.empty"));
    }
    const more = this.#hasMore ? button(t("history.more"), () => void this.#load(this.#last)) : nothing;
    return html`<ul class="jobs">
        ${entriesOf(jobs).map((entry) => this.#entry(entry, t))}
      </ul>
      ${more}`;
  }

  #entry({ job, checks }: Entry, t: Texts): TemplateResult {
    const state: Key = isDryRun(job) ? "status.check" : job.undone_at ? "status.undone" : `status.${job.status}`;
    return html`<li class="job ${job.status}">
      <span class="status">${icon(STATUS_ICONS[job.status])} ${t(state)}</span>
      ${this.#link(job, fileName(job))}
      <span class="hint">${job.target} · ${t.moment(job.created_at)}</span>
      <span class="hint figure">
        ${isDryRun(job)
          ? t("history.check")
          : t("history.rows", { loaded: job.rows_loaded, rejected: job.rows_rejected })}${job.parent_job_id
          ? html` · ${t("history.corrections")}`
          : nothing}
      </span>
      ${canRetry(job)
        ? button(t("mend.retry"), () => void this.#retry(job), { busy: this.#busy === job.id })
        : nothing}
      ${checks.length ? this.#checks(checks, t) : nothing}
    </li>`;
  }

  #checks(checks: readonly Job[], t: Texts): TemplateResult {
    return html`<details class="checks">
      <summary>${t("history.checks", { n: checks.length })}</summary>
      <ul>
        ${checks.map((job) => html`<li>${this.#link(job, t.moment(job.created_at))}</li>`)}
      </ul>
    </details>`;
  }

  #link(job: Job, words: string): TemplateResult {
    const address = this.address?.(job.id);
    const open = (event: MouseEvent): void => {
      // A link may be opened in another tab.
      if (!address || !(event.ctrlKey || event.metaKey || event.shiftKey)) {
        event.preventDefault();
        this.#open(job.id);
      }
    };
    return address
      ? html`<a class="link break" href=${address} @click=${open}>${words}</a>`
      : html`<button type="button" class="link break" @click=${open}>${words}</button>`;
  }

  #open(id: string): void {
    this.dispatchEvent(new CustomEvent("open", { detail: { id }, bubbles: true, composed: true }));
  }

  async #retry(job: Job): Promise<void> {
    this.#busy = job.id;
    this.requestUpdate();
    try {
      await retry(this.client!, job.id);
      this.#open(job.id);
    } catch (error) {
      this.#trouble = troubleOf(error);
    }
    this.#busy = undefined;
    this.requestUpdate();
  }

  readonly #choose = (event: Event): void => {
    this.#status = (event.target as HTMLSelectElement).value;
    void this.#load(undefined);
  };

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
        status: (this.#status || undefined) as Job["status"] | undefined,
        after,
        page_size: PAGE_ROWS + 1,
      };
      const jobs = await listJobs(this.client, filter);
      if (asked === this.#asked) {
        this.#hasMore = jobs.length > PAGE_ROWS;
        const page = jobs.slice(0, PAGE_ROWS);
        this.#last = page.at(-1)?.id;
        this.#jobs = [...((after && this.#jobs) || []), ...page];
        this.#trouble = undefined;
      }
    } catch (error) {
      this.#trouble = asked === this.#asked ? troubleOf(error) : this.#trouble;
    }
    this.requestUpdate();
  }
}
