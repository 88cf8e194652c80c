/** Troubles and rejections in the language of the person: by their code, and by `error_params`. */

import { errorsEn } from "./errors-en.js";
import { errorsPt } from "./errors-pt.js";
import { fragmentsPt } from "./fragments-pt.js";
import { createTexts, fill, type Language } from "./texts.js";

/** Whatever has a code: a trouble, a problem of an inspection, an error of a row. */
export interface Coded {
  code: string;
  message: string;
  column?: string | null;
  params?: Readonly<Record<string, unknown>>;
}

/** Return what a code means, without names and numbers. */
export function codeTitle(language: Language, code: string): string {
  const [title] = (language === "pt" ? errorsPt : errorsEn)[code] ?? [];
  return title ?? code;
}

/** Return what happened. English comes from the server where it has said anything. */
export function sentenceOf(language: Language, coded: Coded): string {
  const sentence = language === "pt" ? inPortuguese(coded) : inEnglish(coded);
  const column = coded.column ?? coded.params?.["column"];
  // The name of a column stays as it is.
  return column && sentence.startsWith(`${String(column)}:`) ? sentence : capital(sentence);
}

/** Return what to do; empty where nobody knows. */
export function adviceOf(language: Language, { code, hint }: Coded & { hint?: string }): string {
  const [, advice] = (language === "pt" ? errorsPt : errorsEn)[code] ?? [];
  return advice ?? (language === "en" ? (hint ?? "") : "");
}

// Of jobs, rows and files that the processor reads; Storage and the Data API write for programmers.
const OURS = /^IJ/;

function inEnglish(coded: Coded): string {
  const { code, message } = coded;
  // The server adds the most frequent cause, which is listed below.
  const named = withParams(errorsEn[code]?.[2], coded, "en");
  return named ?? (OURS.test(code) && message ? message : (errorsEn[code]?.[0] ?? message ?? code));
}

function inPortuguese(coded: Coded): string {
  const { code, message } = coded;
  const params = paramsOf(coded);
  const [title, , sentence] = errorsPt[code] ?? [];
  const fragment = fragmentsPt.find(([english]) => message.includes(english))?.[1];
  const named = withParams(sentence, coded, "pt");
  const column = String(params["column"] ?? "");
  const words = (isOfRow(code) && fragment) || named || (title ?? message);
  // What is wrong with a row is said of its column.
  return column && isOfRow(code) && !words.includes(column) ? `${column}: ${uncapital(words)}` : words;
}

/** Return a sentence with all that it names; undefined where the parameters do not have it. */
function withParams(sentence: string | undefined, coded: Coded, language: Language): string | undefined {
  const named = sentence && fill(sentence, paramsOf(coded), createTexts(language).number);
  return named && !/\{\w+\}/.test(named) ? named : undefined;
}

function isOfRow(code: string): boolean {
  return /^IJ(40\d|41\d|604)$/.test(code);
}

/** Return the parameters, with words among them in Portuguese. */
function paramsOf({ column, params }: Coded): Record<string, string | number> {
  const known = Object.entries({ ...(column ? { column } : {}), ...params });
  const texts = known.filter(([, value]) => typeof value === "string" || typeof value === "number");
  const words = new Map(fragmentsPt);
  return Object.fromEntries(
    texts.map(([name, value]) => [name, words.get(value as string) ?? (value as string | number)]),
  );
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

function uncapital(text: string): string {
  return text.charAt(0).toLocaleLowerCase() + text.slice(1);
}
