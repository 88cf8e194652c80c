/**
 * Rejected records as fields, so that a person can correct them.
 *
 * Only records that the processor has already cut out of the file are read here, a page at a time. Their quotes are
 * those of the file's dialect; a record that has other ones is shown as it is.
 */

import type { Job } from "../client.js";

export interface Dialect {
  delimiter: string;
  quote: string | null;
  escape: string | null;
}

export interface Field {
  text: string;
  /** In a quoted field nothing means null. */
  quoted: boolean;
}

// `raw` has at most the first 8,192 bytes of a record.
const MAX_RAW_BYTES = 8192;

/** Return whether `raw` is the whole record. */
export function isWhole(raw: string): boolean {
  return new TextEncoder().encode(raw).length < MAX_RAW_BYTES;
}

/** Return the dialect in which the file of a job is written. */
export function dialectOf({ dialect }: Pick<Job, "dialect">): Dialect {
  const { delimiter, quote, escape } = (dialect ?? {}) as Partial<Dialect>;
  return { delimiter: delimiter || ",", quote: quote || null, escape: escape || null };
}

/** Return the fields of the first record of a text. */
export function fieldsOf(text: string, dialect: Dialect): Field[] {
  const fields: Field[] = [];
  for (let at = 0; ; ) {
    const { field, end } = fieldAt(text, at, dialect);
    fields.push(field);
    if (!text.startsWith(dialect.delimiter, end)) {
      return fields;
    }
    at = end + dialect.delimiter.length;
  }
}

function fieldAt(text: string, start: number, dialect: Dialect): { field: Field; end: number } {
  const { quote, delimiter } = dialect;
  if (quote && text.startsWith(quote, start)) {
    const { value, end } = quotedAt(text, start + 1, dialect);
    return { field: { text: value, quoted: true }, end };
  }
  const next = text.indexOf(delimiter, start);
  const line = text.slice(start).search(/[\r\n]/);
  const end = Math.min(...[next, line < 0 ? -1 : start + line, text.length].filter((place) => place >= 0));
  return { field: { text: text.slice(start, end), quoted: false }, end };
}

function quotedAt(text: string, start: number, { quote, escape }: Dialect): { value: string; end: number } {
  let value = "";
  for (let at = start; at < text.length; at++) {
    const character = text[at]!;
    if (character === escape && at + 1 < text.length) {
      value += text[++at]!;
    } else if (character !== quote) {
      value += character;
    } else if (text[at + 1] === quote) {
      value += text[++at]!;
    } else {
      return { value, end: at + 1 };
    }
  }
  return { value, end: text.length };
}
