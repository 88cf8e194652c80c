/** Who uploads, with which token, and where Storage is: read from the client of supabase-js. */

import { ImportJobsError } from "./errors.js";
import type { AnyClient } from "./types.js";

interface Internals {
  supabaseKey: string;
  storageUrl: URL | string;
  accessToken?: () => Promise<string | null>;
}

const PROJECT_HOST = /^([a-z0-9]{20})\.(supabase\.(?:co|in|red))$/;

/** Return the id of the signed-in user; a key has none. */
async function userId(supabase: AnyClient): Promise<string | undefined> {
  return subject(await accessToken(supabase));
}

/** Return the folder of the user's files. Throws `signed_out` when there is neither a user nor a folder. */
export async function ownFolder(supabase: AnyClient, folder: string | undefined): Promise<string> {
  const own = folder ?? (await userId(supabase));
  if (!own) {
    throw new ImportJobsError("signed_out", "nobody is signed in", "Sign in; a server with a secret key names a folder.");
  }
  return own;
}

/** Return the user's token, fresh if it was about to expire; without a user the key of the client. */
export async function accessToken(supabase: AnyClient): Promise<string> {
  const { accessToken } = supabase as unknown as Internals;
  const token = accessToken ? await accessToken() : (await supabase.auth.getSession()).data.session?.access_token;
  return token ?? apiKey(supabase);
}

/** Return the key of the client. */
export function apiKey(supabase: AnyClient): string {
  return (supabase as unknown as Internals).supabaseKey;
}

/** Return the endpoint of resumable uploads; hosted projects have a host of their own for large files. */
export function resumableEndpoint(supabase: AnyClient): string {
  const url = new URL((supabase as unknown as Internals).storageUrl);
  url.hostname = url.hostname.replace(PROJECT_HOST, "$1.storage.$2");
  return `${url.href.replace(/\/$/, "")}/upload/resumable`;
}

function subject(token: string): string | undefined {
  try {
    // In base64 the letters of base64url would be "+" and "/".
    const payload = token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/");
    return (JSON.parse(atob(payload)) as { sub?: string }).sub;
  } catch {
    return undefined;
  }
}
