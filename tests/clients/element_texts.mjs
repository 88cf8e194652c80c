// Prints the sentences of the element in both languages.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../../clients/element/src/i18n/", import.meta.url));
const { build } = createRequire(source)("esbuild");
const contents = `
  export { en } from "./en.js"; export { pt } from "./pt.js"; export { fragmentsPt } from "./fragments-pt.js";
  export { errorsEn } from "./errors-en.js"; export { errorsPt } from "./errors-pt.js";
  export { sentenceOf, adviceOf } from "./errors.js"; export { createTexts } from "./texts.js";
`;
const { outputFiles } = await build({ stdin: { contents, resolveDir: source }, bundle: true, format: "esm", write: false });
const texts = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
const { en, pt, errorsEn, errorsPt, fragmentsPt } = texts;
const said = JSON.parse(process.argv[2] ?? "[]").map(([language, coded]) => texts.sentenceOf(language, coded));
const t = texts.createTexts("pt");
const written = [t("map.rows", { n: 1 }), t("map.rows", { n: 1234567 }), t.bytes(1500000), t.seconds(90), t.percent(0.5)];
console.log(JSON.stringify({ en, pt, errorsEn, errorsPt, fragmentsPt, said, written }));
