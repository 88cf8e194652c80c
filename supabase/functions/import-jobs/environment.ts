/** What the function knows of its project, from the environment that the platform, the CLI or an administrator sets. */
import { createClient, type SupabaseClient } from "@supabase/supabase-js";

/** The URL of the project, as this function reaches it. */
export const projectUrl = required("SUPABASE_URL");
// Locally the CLI gives functions a URL that only containers reach.
const publicUrl = Deno.env.get("IMPORT_JOBS_PUBLIC_URL") ?? projectUrl;
const publishableKey = keyOf("SUPABASE_PUBLISHABLE_KEYS") ?? Deno.env.get("SUPABASE_PUBLISHABLE_KEY") ??
  required("SUPABASE_ANON_KEY");
// Hosted projects have a host of their own for large uploads.
const PROJECT_HOST = /^([a-z0-9]{20})\.(supabase\.(?:co|in|red))$/;

/** Return a client that asks with the user's token and has no other rights. */
export function userClient(token: string): SupabaseClient {
  return createClient(projectUrl, publishableKey, { accessToken: () => Promise.resolve(token) });
}

/** Return a URL of the project as clients reach it. */
export function publicly(url: string): string {
  return publicUrl.replace(/\/$/, "") + url.slice(projectUrl.replace(/\/$/, "").length);
}

/** Return the endpoint of resumable uploads with a signed token. */
export function resumableEndpoint(): string {
  const url = new URL(`${publicUrl.replace(/\/$/, "")}/storage/v1/upload/resumable/sign`);
  url.hostname = url.hostname.replace(PROJECT_HOST, "$1.storage.$2");
  return url.href;
}

/** Return the key named `default`, or else the first, of a variable with a JSON object of keys by name. */
function keyOf(name: string): string | undefined {
  const keys: Record<string, string> = JSON.parse(Deno.env.get(name) || "{}");
  return keys.default ?? Object.values(keys)[0];
}

function required(name: string): string {
  const value = Deno.env.get(name);
  if (!value) {
    throw new Error(`${name} is not set`);
  }
  return value;
}
