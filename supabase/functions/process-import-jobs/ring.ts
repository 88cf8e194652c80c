/** Validates a ring as the processor does: its body is empty, or an object with `job_ids`, an array of UUIDs, at most. */

/** A ring that is not valid. The message repeats nothing of the body. */
export class BadRing extends Error {}

const MAX_IDS = 1000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Check the body of a ring. Throws BadRing. */
export function checkRing(body: Uint8Array): void {
  const text = decoded(body);
  if (/^[ \t\n\r\v\f]*$/.test(text)) {
    return;
  }
  const value = parsed(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadRing("the body is not a JSON object");
  }
  const names = Object.keys(value);
  if (names.some((name) => name !== "job_ids")) {
    throw new BadRing("the body has an unknown field");
  }
  const ids: unknown = names.length ? (value as { job_ids: unknown }).job_ids : [];
  if (!Array.isArray(ids)) {
    throw new BadRing("job_ids is not an array");
  }
  if (ids.length > MAX_IDS) {
    throw new BadRing("job_ids has more than 1,000 elements");
  }
  if (!ids.every((id) => typeof id === "string" && UUID.test(id))) {
    throw new BadRing("an element of job_ids is not a UUID");
  }
  // Neither the name of the field nor a UUID has a colon, so that a second one belongs to a second field.
  if (text.split(":").length - 1 > names.length) {
    throw new BadRing("the body has a duplicate field");
  }
}

/** Return the text of a body. Throws BadRing. */
function decoded(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new BadRing("the body is not JSON in UTF-8");
  }
}

/** Return the value of a JSON text. Throws BadRing. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadRing("the body is not JSON in UTF-8");
  }
}
