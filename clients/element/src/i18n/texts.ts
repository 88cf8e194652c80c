/** Sentences, numbers and times in the language of the person. */

import { en } from "./en.js";
import { pt } from "./pt.js";

/** A sentence, or its forms by the plural of the parameter `n`; `{name}` is replaced by a parameter. */
export type Sentence = string | { readonly one: string; readonly other: string };
export type Key = keyof typeof en;
export type Language = "en" | "pt";
export type Params = Readonly<Record<string, string | number>>;

const SENTENCES: Readonly<Record<Language, Readonly<Record<Key, Sentence>>>> = { en, pt };
const LOCALES: Readonly<Record<Language, string>> = { en: "en", pt: "pt-BR" };

/** Says things in one language. */
export interface Texts {
  readonly language: Language;
  /** Return a sentence; numbers among the parameters are written as the language writes them. */
  (key: Key, params?: Params): string;
  number(value: number): string;
  /** Return a share of 0 to 1 as a percentage. */
  percent(share: number): string;
  bytes(count: number): string;
  seconds(count: number): string;
  time(when: string): string;
  moment(when: string): string;
  /** Return the name of a locale such as `pt-BR`. */
  locale(code: string): string;
}

/** Return the language for a tag such as `pt-PT`: Portuguese, else English. */
export function languageOf(tag: string): Language {
  return /^pt\b/i.test(tag) ? "pt" : "en";
}

const made = new Map<Language, Texts>();

/** Return what says things in a language; it is made once, since formats take milliseconds to make. */
export function createTexts(language: Language): Texts {
  const texts = made.get(language) ?? makeTexts(language);
  made.set(language, texts);
  return texts;
}

function makeTexts(language: Language): Texts {
  const locale = LOCALES[language];
  const plural = new Intl.PluralRules(locale);
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const names = new Intl.DisplayNames(locale, { type: "language" });
  const say = (key: Key, params: Params = {}): string => {
    const sentence = SENTENCES[language][key];
    const isOne = plural.select(Number(params["n"])) === "one";
    const form = typeof sentence === "string" ? sentence : sentence[isOne ? "one" : "other"];
    return fill(form, params, (value) => number.format(value));
  };
  return Object.assign(say, {
    language,
    number: (value: number) => number.format(value),
    percent: (share: number) => percent.format(share),
    bytes: (count: number) => bytes(count, number),
    seconds: (count: number) => seconds(count, say),
    time: (when: string) => time.format(new Date(when)),
    moment: (when: string) => moment.format(new Date(when)),
    locale: (code: string) => names.of(code) ?? code,
  });
}

/** Return a sentence with its parameters; what has no parameter stays. */
export function fill(sentence: string, params: Params, written: (value: number) => string = String): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : typeof value === "number" ? written(value) : value;
  });
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

function bytes(count: number, number: Intl.NumberFormat): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
  return `${number.format(count / 1000 ** power)} ${UNITS[power]}`;
}

const MINUTE = 60;
const HOUR = 3600;

function seconds(count: number, say: (key: Key, params: Params) => string): string {
  const whole = Math.max(1, Math.round(count));
  if (whole < MINUTE) {
    return say("time.seconds", { n: whole });
  }
  return whole < HOUR
    ? say("time.minutes", { n: Math.round(whole / MINUTE) })
    : say("time.hours", { n: Math.round((10 * whole) / HOUR) / 10 });
}
