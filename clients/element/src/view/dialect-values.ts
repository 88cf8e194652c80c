/** How people call what the options of a file may be. */

import type { Key, Texts } from "../i18n/texts.js";

export const DELIMITERS: Readonly<Record<string, Key>> = {
  ",": "delimiter.comma",
  ";": "delimiter.semicolon",
  "\t": "delimiter.tab",
  "|": "delimiter.pipe",
};

// The encodings that spreadsheets of the last twenty years write.
export const ENCODINGS = ["utf-8", "cp1252", "utf-16", "iso8859-15", "cp850", "mac_roman", "cp1250", "cp1251"];

const ENCODING_NAMES: Readonly<Record<string, string>> = {
  "utf-8": "UTF-8 (Unicode)",
  "utf-16": "UTF-16 (Unicode)",
  cp1252: "Windows-1252 (Western)",
  cp1250: "Windows-1250 (Central European)",
  cp1251: "Windows-1251 (Cyrillic)",
  cp850: "DOS 850 (Western)",
  "iso8859-15": "ISO 8859-15 (Western)",
  mac_roman: "Mac Roman",
};

export const LOCALES = [
  "pt-BR",
  "pt-PT",
  "en-US",
  "en-GB",
  "en-AU",
  "en-CA",
  "en-IE",
  "en-IN",
  "es-ES",
  "es-AR",
  "es-CL",
  "es-CO",
  "es-MX",
  "de-DE",
  "de-AT",
  "de-CH",
  "fr-FR",
  "fr-BE",
  "fr-CA",
  "it-IT",
  "nl-NL",
];

export const DATE_FORMATS = ["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m/%d/%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y"];

// The last day of a year: no month is so large.
const DIRECTIVES: Readonly<Record<string, string>> = {
  d: "31",
  m: "12",
  Y: "2026",
  y: "26",
  H: "23",
  M: "59",
  S: "00",
};

/** Return the value of an option as people say it. */
export function nameOfValue(name: string, value: unknown, t: Texts): string {
  if (Array.isArray(value)) {
    return value.map((format) => dateExample(String(format), t)).join(", ");
  }
  if (name === "delimiter") {
    return DELIMITERS[String(value)] ? t(DELIMITERS[String(value)]!) : String(value);
  }
  return name === "encoding" ? nameOfEncoding(String(value)) : String(value);
}

export function nameOfEncoding(encoding: string): string {
  return ENCODING_NAMES[encoding] ?? encoding;
}

/** Return how a locale writes a number and a day, such as "1.234,56 · 31/12/2026". */
export function localeExample(locale: string): string {
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeZone: "UTC" }).format(Date.UTC(2026, 11, 31));
  return `${new Intl.NumberFormat(locale, { useGrouping: true }).format(1234567.89)} · ${day}`;
}

function dateExample(format: string, t: Texts): string {
  const example = format.replace(/%(\w)/g, (whole, directive: string) => DIRECTIVES[directive] ?? whole);
  if (!format.includes("%d") || format.startsWith("%Y")) {
    return example;
  }
  const isDayFirst = format.indexOf("%d") < format.indexOf("%m");
  return t(isDayFirst ? "choice.dayFirst" : "choice.monthFirst", { example });
}
