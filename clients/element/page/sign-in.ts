/** Signing in with a password or by a link, and creating an account where the project allows that. */

import type { SupabaseClient } from "@supabase/supabase-js";
import { html, nothing, type TemplateResult } from "lit";
import { authText, text, type Key, type Language } from "./texts.js";

export interface Settings {
  signUp: boolean;
  mail: boolean;
}

interface AuthFailure {
  code?: string | undefined;
  status?: number | undefined;
  name?: string;
}

/** Return what the project's Auth offers; where it does not say, a password and an account. */
export async function authSettings(url: string, key: string): Promise<Settings> {
  try {
    const answer = await fetch(`${url}/auth/v1/settings`, { headers: { apikey: key } });
    const said = (await answer.json()) as { disable_signup?: boolean; mailer_autoconfirm?: boolean };
    return { signUp: said.disable_signup !== true, mail: said.mailer_autoconfirm === false };
  } catch {
    return { signUp: true, mail: false };
  }
}

/** The form: what was typed stays when a try fails. */
export class SignIn {
  #creates = false;
  #busy = false;
  #error: string | undefined;
  #notice: Key | undefined;

  constructor(
    readonly client: SupabaseClient,
    readonly settings: Settings,
    readonly changed: () => void,
  ) {}

  /** Begin anew, for a person who has an account. */
  reset(): void {
    this.#creates = this.#busy = false;
    this.#error = this.#notice = undefined;
  }

  /** Return the form; `expired`: the person was signed in before. */
  view(language: Language, expired: boolean): TemplateResult {
    const t = (key: Key): string => text(language, key);
    const heading = this.#creates ? t("signUp") : t("signIn");
    return html`<main class="sign-in">
      <form class="panel" @submit=${this.#submit} aria-labelledby="sign-in-heading">
        <h1 id="sign-in-heading">${heading}</h1>
        <p class="lead">${expired ? t("expired") : t("signInLead")}</p>
        <label>${t("email")}<input name="email" type="email" autocomplete="username" required /></label>
        <label
          >${this.#creates ? t("newPassword") : t("password")}
          <input
            name="password"
            type="password"
            minlength=${this.#creates ? 6 : nothing}
            autocomplete=${this.#creates ? "new-password" : "current-password"}
            required
          />
        </label>
        <p class="message bad" role="alert" ?hidden=${!this.#error}>${this.#error ? authText(language, this.#error) : nothing}</p>
        <p class="message" role="status" ?hidden=${!this.#notice}>${this.#notice ? t(this.#notice) : nothing}</p>
        <button class="primary" ?disabled=${this.#busy}>${this.#busy ? t("working") : heading}</button>
        ${this.settings.mail && !this.#creates
          ? html`<button type="button" class="plain" ?disabled=${this.#busy} @click=${this.#sendLink}>${t("link")}</button>`
          : nothing}
        ${this.settings.signUp
          ? html`<button type="button" class="plain" @click=${this.#turn}>${this.#creates ? t("toSignIn") : t("toSignUp")}</button>`
          : nothing}
      </form>
    </main>`;
  }

  readonly #turn = (): void => {
    this.#creates = !this.#creates;
    this.#error = this.#notice = undefined;
    this.changed();
  };

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const given = fieldsOf(event.currentTarget as HTMLFormElement);
    void this.#try(async () => {
      if (!this.#creates) {
        return (await this.client.auth.signInWithPassword(given)).error;
      }
      const { data, error } = await this.client.auth.signUp({ ...given, options: { emailRedirectTo: location.href } });
      this.#notice = error || data.session ? undefined : "confirm";
      return error;
    });
  };

  readonly #sendLink = (event: Event): void => {
    const form = (event.currentTarget as HTMLElement).closest("form");
    const email = form?.querySelector<HTMLInputElement>("[name=email]");
    if (!email?.reportValidity()) {
      return;
    }
    void this.#try(async () => {
      const options = { emailRedirectTo: location.href, shouldCreateUser: false };
      const { error } = await this.client.auth.signInWithOtp({ email: email.value, options });
      // Whether there is an account for an address is nobody's business.
      const silent = error?.code === "otp_disabled" || error?.code === "user_not_found";
      this.#notice = !error || silent ? "linkSent" : undefined;
      return silent ? null : error;
    });
  };

  async #try(work: () => Promise<AuthFailure | null>): Promise<void> {
    this.#busy = true;
    this.#error = this.#notice = undefined;
    this.changed();
    const failure = await work().catch((): AuthFailure => ({ code: "unreachable" }));
    this.#busy = false;
    this.#error = failure ? codeOf(failure) : undefined;
    this.changed();
  }
}

function fieldsOf(form: HTMLFormElement): { email: string; password: string } {
  const fields = new FormData(form);
  return { email: String(fields.get("email")), password: String(fields.get("password")) };
}

function codeOf(failure: AuthFailure): string {
  if (failure.name === "AuthRetryableFetchError") return "unreachable";
  if (failure.code) return failure.code;
  return failure.status === 400 ? "invalid_credentials" : String(failure.status ?? "unknown");
}
