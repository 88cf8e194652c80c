/** Authenticates rings by the doorbell's token. Neither the response nor its time reveals how close a guess was. */
import { createHash, timingSafeEqual } from "node:crypto";

/** Return whether an Authorization header is `Bearer TOKEN` with the right token; without a token none is right. */
export function accepts(authorization: string | null, token: string | undefined): boolean {
  const given = /^bearer +(.*)$/i.exec(authorization ?? "")?.[1].trim() ?? "";
  // Digests have one length, so that comparing them does not reveal that of the token.
  const matches = timingSafeEqual(digestOf(given), digestOf(token ?? ""));
  return matches && given !== "" && Boolean(token);
}

function digestOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
