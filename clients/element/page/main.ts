/** The page: sign-in, the importer, and the person's imports. It talks to the project, and to nobody else. */

import { createClient, type Session, type SupabaseClient } from "@supabase/supabase-js";
import { html, nothing, render, type TemplateResult } from "lit";
import "../src/index.js";
import { addressOf, readPlace, type Place } from "./place.js";
import { authSettings, SignIn } from "./sign-in.js";
import { firstLanguage, rememberLanguage, text, type Key, type Language } from "./texts.js";

interface Config {
  url: string;
  key: string;
}

const addressOfJob = (job: string): string => addressOf({ target: "", job, list: false });

class Page {
  #language: Language = firstLanguage();
  #place: Place = readPlace();
  #client: SupabaseClient | undefined;
  #signIn: SignIn | undefined;
  #session: Session | null | undefined;
  /** The person whose work is on the page; it stays there while a session has to be renewed. */
  #person: string | undefined;
  #trouble: Key | undefined;

  constructor(readonly root: HTMLElement) {
    globalThis.addEventListener("popstate", () => {
      this.#place = readPlace();
      this.show();
    });
  }

  /** Read the settings, and show the page. */
  async open(): Promise<void> {
    this.#trouble = undefined;
    this.show();
    try {
      const answer = await fetch("/config.json");
      const { url, key } = (await answer.json()) as Config;
      this.#client = createClient(url, key);
      this.#signIn = new SignIn(this.#client, { signUp: false, mail: false }, () => this.show());
      this.#client.auth.onAuthStateChange((_, session) => this.#changed(session));
      if (!(await this.#client.auth.getSession()).data.session) {
        this.#signIn = new SignIn(this.#client, await authSettings(url, key), () => this.show());
        this.#session ??= null;
      }
    } catch {
      this.#trouble = "noConfig";
    }
    this.show();
  }

  /** Render what there is. */
  show(): void {
    document.documentElement.lang = this.#language === "pt" ? "pt-BR" : "en";
    document.title = this.#t("title");
    render(html`${this.#header()}${this.#content()}`, this.root);
  }

  #changed(session: Session | null): void {
    if (this.#session && !session) {
      this.#signIn?.reset();
    }
    this.#session = session;
    this.#person = session?.user.id ?? this.#person;
    this.show();
  }

  #t(key: Key): string {
    return text(this.#language, key);
  }

  #content(): TemplateResult {
    if (this.#trouble) {
      return html`<main class="alone">
        <p role="alert">${this.#t(this.#trouble)}</p>
        <button class="primary" @click=${() => void this.open()}>${this.#t("again")}</button>
      </main>`;
    }
    if (this.#session === undefined || !this.#signIn) {
      return html`<main class="alone"><p role="status">${this.#t("loading")}</p></main>`;
    }
    const form = this.#session ? nothing : this.#signIn.view(this.#language, this.#person !== undefined);
    return html`${form}${this.#person ? this.#work(this.#session === null) : nothing}`;
  }

  #work(hidden: boolean): TemplateResult {
    const { target, job, list } = this.#place;
    return html`<main class="work" ?hidden=${hidden}>
      <import-jobs-importer
        ?hidden=${list}
        .client=${this.#client}
        .target=${target}
        .job=${job}
        .lang=${this.#language}
        @started=${this.#started}
      ></import-jobs-importer>
      ${list
        ? html`<import-jobs-history
            .client=${this.#client}
            .lang=${this.#language}
            .address=${addressOfJob}
            @open=${this.#opened}
          ></import-jobs-history>`
        : nothing}
    </main>`;
  }

  #header(): TemplateResult {
    const { list } = this.#place;
    return html`<header class="top">
      <a class="brand" href="/" @click=${this.#go({ target: "", job: "", list: false })}>${this.#t("product")}</a>
      ${this.#session
        ? html`<nav aria-label=${this.#t("nav")}>
            <a href="/" aria-current=${list ? nothing : "page"} @click=${this.#go({ ...this.#place, list: false })}>${this.#t("import")}</a>
            <a href="/?view=imports" aria-current=${list ? "page" : nothing} @click=${this.#go({ ...this.#place, list: true })}
              >${this.#t("history")}</a
            >
          </nav>`
        : nothing}
      <div class="account">
        <label class="language"
          ><span class="unseen">${this.#t("language")}</span>
          <select @change=${this.#speak}>
            <option value="en" ?selected=${this.#language === "en"}>English</option>
            <option value="pt" ?selected=${this.#language === "pt"}>Português</option>
          </select>
        </label>
        ${this.#session
          ? html`<span class="who" title=${this.#session.user.email ?? ""}>${this.#session.user.email}</span>
              <button class="plain" @click=${this.#leave}>${this.#t("signOut")}</button>`
          : nothing}
      </div>
    </header>`;
  }

  /** Return what a link does: the page stays, unless the person wants another tab. */
  #go(place: Place): (event: MouseEvent) => void {
    return (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#move(place);
    };
  }

  #move(place: Place): void {
    history.pushState(null, "", addressOf(place));
    this.#place = place;
    this.show();
  }

  /** The address names the job from now on, so that it is shown after a reload; the importer shows it already. */
  readonly #started = (event: CustomEvent<{ job: { id: string } }>): void => {
    history.replaceState(null, "", addressOf({ ...this.#place, job: event.detail.job.id }));
  };

  readonly #opened = (event: CustomEvent<{ id: string }>): void => {
    const { id } = event.detail;
    const isThere = this.#place.job === id;
    this.#move({ target: "", job: id, list: false });
    if (isThere) {
      // It may be at work again.
      this.root.querySelector("import-jobs-importer")?.refresh();
    }
  };

  readonly #speak = (event: Event): void => {
    this.#language = (event.currentTarget as HTMLSelectElement).value as Language;
    rememberLanguage(this.#language);
    this.show();
  };

  /** Whoever signs out leaves nothing on the page. */
  readonly #leave = async (): Promise<void> => {
    await this.#client?.auth.signOut({ scope: "local" });
    location.assign("/");
  };
}

const root = document.getElementById("page");
if (root) {
  void new Page(root).open();
}
