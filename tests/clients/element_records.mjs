// Prints the fields of records as the element reads them, and what follows from choices of columns.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../../clients/element/src/model/", import.meta.url));
const { build } = createRequire(source)("esbuild");
const contents = `export { fieldsOf } from "./record.js"; export * from "./look.js"; export { Speed } from "./speed.js";`;
const { outputFiles } = await build({ stdin: { contents, resolveDir: source }, bundle: true, format: "esm", write: false });
const model = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);

const { records, looks, jobs } = JSON.parse(readFileSync(0, "utf8"));
const columns = (look) => look.inspection.headers.map((header) => model.columnOf(look, header));
const results = {
  records: records?.map(({ raw, dialect }) => model.fieldsOf(raw, dialect)),
  looks: looks?.map(({ look, field, column }) => {
    const changed = model.withColumn(look, look.inspection.headers[field - 1], column);
    const [open, asked] = [model.openChoices(changed), model.askedChoices(changed)];
    return { open, asked, columns: columns(changed), mapping: model.jobOptions(changed).mapping, missing: model.missingColumns(changed) };
  }),
  speeds: jobs && jobs.map(((speed) => ({ job, now }) => speed.at(job, now))(new model.Speed())),
};
console.log(JSON.stringify(results));
