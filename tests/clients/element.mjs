// The element in jsdom, as a person uses it: choose a file, say what goes where, check, import, correct what was rejected.
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createClient } from "@supabase/supabase-js";
import { JSDOM } from "jsdom";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, EMAIL, FOLDER } = process.env;
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const { build } = createRequire(path("../../clients/element/"))("esbuild");
const SCRIPT = `<img src=x onerror="hostile = true">`;

const dom = new JSDOM(`<!doctype html><html lang="pt-BR"><body></body></html>`, { url: "http://localhost:3000", pretendToBeVisual: true });
const { window } = dom;
const names = ["window", "document", "customElements", "HTMLElement", "Element", "Node", "ShadowRoot", "CustomEvent", "Document", "CSSStyleSheet", "MutationObserver"];
for (const name of names) {
  Object.defineProperty(globalThis, name, { value: window[name] ?? window, configurable: true });
}
window.HTMLElement.prototype.scrollIntoView = () => {};
const outfile = `${FOLDER}/element.mjs`;
await build({
  entryPoints: [path("../../clients/element/src/index.ts")],
  outfile,
  bundle: true,
  format: "esm",
  external: ["tus-js-client"],
  logLevel: "error",
});
await import(pathToFileURL(outfile));

async function signUp(email) {
  const supabase = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, { auth: { persistSession: false } });
  const { error } = await supabase.auth.signUp({ email, password: "a long password" });
  if (error) throw error;
  return supabase;
}

const ada = await signUp(`ada-${EMAIL}`);
const bob = await signUp(`bob-${EMAIL}`);

/** Return an element in the page, what it has said, and how a person finds things in it. */
function show(tag, properties) {
  const events = [];
  const element = Object.assign(document.createElement(tag), properties);
  for (const name of ["started", "progress", "completed", "failed", "cancelled", "open"]) {
    element.addEventListener(name, ({ detail }) => events.push([name, detail]));
  }
  document.body.replaceChildren(element);
  const all = (selector) => [...element.renderRoot.querySelectorAll(selector)];
  const one = (selector) => all(selector)[0];
  const until = async (what, isDone) => {
    for (const end = Date.now() + 30_000; !isDone(); ) {
      if (Date.now() > end) throw new Error(`no ${what}\n${element.renderRoot.textContent.replace(/\s+/g, " ")}`);
      await new Promise((wake) => setTimeout(wake, 20));
    }
  };
  const change = (control, value, type = "change") => {
    control.value = value;
    control.dispatchEvent(new window.Event(type, { bubbles: true }));
  };
  const choose = (...files) => {
    const input = one("input[type=file]");
    Object.defineProperty(input, "files", { value: files, configurable: true });
    input.dispatchEvent(new window.Event("change", { bubbles: true }));
  };
  const step = (name) => until(`step ${name}`, () => element.flow.state.step === name && one("h2"));
  const text = (selector) => one(selector)?.textContent.replace(/\s+/g, " ").trim() ?? "";
  const stats = () => Object.fromEntries(all(".stat").map((stat) => [stat.querySelector("dt").textContent, stat.querySelector("dd").textContent]));
  return { element, events, all, one, until, change, choose, step, text, stats };
}

const file = (content, name) => new File([content], name, { lastModified: 1 });
const results = {};

// A file of another kind is refused before its upload; another one is imported although no header is known.
const person = show("import-jobs-importer", { client: ada, target: "people" });
await person.step("file");
person.choose(file("%PDF-1.7 …", "report.pdf"));
await person.until("refusal", () => person.one(".notice.error"));
results.refused = { code: person.text(".notice .code"), title: person.text(".notice strong") };

const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
const csv = `kontakt;${quoted(SCRIPT)};fax\nada-${EMAIL};Ada;1\n;${quoted(`Nobody; ${SCRIPT}`)};2\nbob-${EMAIL};Bob;3\n`;
person.choose(file(csv, `${SCRIPT}.csv`));
await person.step("map");
results.unmapped = { missing: person.text(".notice.warn strong"), canGoOn: !person.one(".actions .primary").hasAttribute("aria-disabled") };
for (const [place, column] of [[0, "email"], [1, "name"]]) {
  person.change(person.all(".mapping select")[place], column);
  await person.element.updateComplete;
}
person.one(".actions .primary").click();
await person.step("check");
await person.until("dry run", () => person.one(".stats"));
results.dry = { stats: person.stats(), written: (await ada.from("people").select("email")).data };
person.one(".actions .primary").click();
await person.until("confirmation", () => person.one(".sentences"));
person.one(".actions .primary").click();
await person.step("result");
await person.until("rejected row", () => person.one(".rejected-row input") && person.one(".groups tbody tr"));
results.imported = { stats: person.stats(), people: (await ada.from("people").select("email,name").order("email")).data };
results.rejected = { why: person.text(".rejected-row .why"), causes: person.all(".groups tbody tr").length };
const parent = person.element.flow.state.job;

// The value is corrected in place, and the row imported by a job that names the first one.
person.change(person.one(".rejected-row input"), `new-${EMAIL}`, "input");
await person.until("correction", () => !person.one(".corrections .primary").hasAttribute("aria-disabled"));
person.one(".corrections .primary").click();
await person.until("corrected rows", () => person.element.flow.state.job?.parent_job_id && person.element.flow.state.step === "result");
const { data: corrected } = await ada.from("people").select("name").eq("email", `new-${EMAIL}`);
results.corrected = { names: corrected, parent: person.element.flow.state.job.parent_job_id === parent.id, stats: person.stats() };
results.hostile = { images: person.all("img").length, ran: globalThis.hostile === true || window.hostile === true };
results.events = person.events.filter(([name]) => name !== "progress").map(([name]) => name);

// Back at the first job, the corrected row cannot be corrected again.
person.one(".hint .button").click();
await person.until("parent", () => person.element.flow.state.job.id === parent.id && person.one(".rejected-row"));
results.sent = { rows: person.all(".rejected-row.sent").length, inputs: person.all(".rejected-row input").length };

// A row with two wrong values says both, and both are corrected at once; what was sound is sent with them.
const twice = show("import-jobs-importer", { client: ada, target: "pairs", lang: "en" });
await twice.step("file");
twice.choose(file("a,b,note\n1,2,x\none,two,kept\n", "pairs.csv"));
await twice.step("map");
twice.one(".actions .primary").click();
await twice.step("check");
await twice.until("dry run", () => twice.one(".stats"));
twice.one(".actions .primary").click();
await twice.until("confirmation", () => twice.one(".sentences"));
twice.one(".actions .primary").click();
await twice.step("result");
await twice.until("causes", () => twice.all(".groups tbody tr").length === 2 && twice.all(".rejected-row input").length === 2);
results.twice = { rows: twice.all(".rejected-row").length, codes: twice.all(".rejected-row .code").map((code) => code.textContent) };
twice.all(".rejected-row input").forEach((input, place) => twice.change(input, `${place + 3}`, "input"));
await twice.until("correction", () => !twice.one(".corrections .primary").hasAttribute("aria-disabled"));
twice.one(".corrections .primary").click();
await twice.until("corrected rows", () => twice.element.flow.state.job?.parent_job_id && twice.element.flow.state.step === "result");
results.twice.pairs = (await ada.from("pairs").select("a,b,note").order("a")).data;

// A link to somebody else's job shows nothing of it; an own one shows its result.
const stranger = show("import-jobs-importer", { client: bob, job: parent.id });
await stranger.until("refusal", () => stranger.one(".notice.error"));
results.stranger = { code: stranger.text(".notice .code"), text: stranger.element.renderRoot.textContent.includes("Ada") };
const opened = show("import-jobs-importer", { client: ada, job: parent.id, lang: "en" });
await opened.step("result");
results.opened = { title: opened.text("h2"), events: opened.events.length };

// The history has the imports by the names of their files, and no inspections.
const history = show("import-jobs-history", { client: ada, lang: "en" });
await history.until("jobs", () => history.one(".job"));
history.one(".job .link").click();
results.history = { names: history.all(".job > .link").map((link) => link.textContent.trim()), checks: history.all(".checks summary").map((one) => one.textContent.trim()), opened: history.events };

// A target that is not there is said so.
const nobody = show("import-jobs-importer", { client: ada, target: "no such target" });
await nobody.until("answer", () => nobody.one(".notice"));
results.nothing = nobody.text(".notice strong");

console.log(JSON.stringify(results));
process.exit(0);
