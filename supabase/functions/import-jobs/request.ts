/** The fields of a request, checked by their types. What they mean is checked in SQL. */
import type { SupabaseClient } from "@supabase/supabase-js";
import { Refusal } from "./errors.ts";
import type { User } from "./token.ts";

/** What a route gets. `supabase` asks with the user's token. */
export interface Call {
  user: User;
  fields: Fields;
  supabase: SupabaseClient;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The members of a JSON object, or the parameters of a URL. */
export class Fields {
  readonly #values: Record<string, unknown>;

  constructor(values: Record<string, unknown>) {
    this.#values = values;
  }

  /** Read a body. Throws Refusal. */
  static parsed(body: Uint8Array): Fields {
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    } catch {
      throw invalid("the body is not JSON in UTF-8");
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw invalid("the body is not a JSON object");
    }
    return new Fields(value as Record<string, unknown>);
  }

  /** Return a text that must be there. Throws Refusal. */
  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) {
      throw invalid(`the field ${name} is missing`);
    }
    return value;
  }

  /** Return a text, or undefined. Throws Refusal for anything else but null. */
  optionalText(name: string): string | undefined {
    return this.#optional(name, "a text", (value) => typeof value === "string" && value !== "") as string | undefined;
  }

  /** Return an id. Throws Refusal. */
  id(): string {
    const value = this.text("id");
    if (!UUID.test(value)) {
      throw invalid("the field id is not a UUID");
    }
    return value.toLowerCase();
  }

  /** Return a whole number from 0 on that must be there. Throws Refusal. */
  count(name: string): number {
    const value = this.#optional(name, "a whole number", (value) => Number.isSafeInteger(value) && Number(value) >= 0);
    if (value === undefined) {
      throw invalid(`the field ${name} is missing`);
    }
    return value as number;
  }

  /** Return a whole number that may be negative, or undefined. Throws Refusal. */
  optionalNumber(name: string): number | undefined {
    return this.#optional(name, "a whole number", Number.isSafeInteger) as number | undefined;
  }

  /** Return an object; an empty one if there is none. Throws Refusal. */
  object(name: string): Record<string, unknown> {
    const isObject = (value: unknown) => typeof value === "object" && !Array.isArray(value);
    return (this.#optional(name, "an object", isObject) ?? {}) as Record<string, unknown>;
  }

  #optional(name: string, kind: string, isValid: (value: unknown) => boolean): unknown {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] ?? undefined : undefined;
    if (value !== undefined && !isValid(value)) {
      throw invalid(`the field ${name} is not ${kind}`);
    }
    return value;
  }
}

function invalid(message: string): Refusal {
  const hint = "See docs/reference/edge-functions.md for the fields of each request.";
  return new Refusal(400, "IJ121", message, hint);
}
