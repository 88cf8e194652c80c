/** In which country's way the numbers of a file are written, where nobody has said it. */

import { columnOf } from "./look.js";
import type { Look } from "./state.js";
import { kindOf } from "./target.js";

const WITH_COMMA = /^[-+]?(\d{1,3}(\.\d{3})+|\d+),\d+$/;

/** Return the locale to propose: the first of the person's that writes a decimal comma; undefined where none is needed. */
export function localeFor(look: Look, locales: readonly string[], known: readonly string[]): string | undefined {
  const { options, inspection, target, localeIsDone } = look;
  if (localeIsDone || options.locale || options.decimal || inspection.dialect["locale"]?.value) {
    return undefined;
  }
  const numbers = new Set(target.columns.filter((column) => kindOf(column) === "number").map(({ name }) => name));
  const hasComma = inspection.headers.some(
    (header) => numbers.has(columnOf(look, header) ?? "") && header.samples.some((sample) => WITH_COMMA.test(sample)),
  );
  return hasComma ? [...locales, "pt-BR"].find((one) => known.includes(one) && writesComma(one)) : undefined;
}

function writesComma(locale: string): boolean {
  return new Intl.NumberFormat(locale).format(1.5) === "1,5";
}
