// Runs the examples in jsdom: a person chooses a file, and the page says what became of it.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { JSDOM } from "jsdom";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, FOLDER } = process.env;
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const { build } = createRequire(path("../../clients/typescript/"))("esbuild");
const CSV = "email,name\nexample-%@example.com,Ada\n,Nobody\n";

async function load(name, source, page) {
  const dom = new JSDOM(page, { url: "http://localhost:3000", pretendToBeVisual: true });
  for (const global of ["window", "document", "HTMLElement", "HTMLIFrameElement", "Node"]) {
    Object.defineProperty(globalThis, global, { value: dom.window[global] ?? dom.window, configurable: true });
  }
  const entry = `${FOLDER}/${name}.entry.jsx`;
  writeFileSync(entry, source);
  const outfile = `${FOLDER}/${name}.mjs`;
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    jsx: "automatic",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    nodePaths: [path("node_modules")],
    alias: { "import-jobs": path("../../clients/typescript/dist/index.js") },
    external: ["tus-js-client"],
    logLevel: "error",
  });
  await import(pathToFileURL(outfile));
  return dom.window;
}

async function until(isDone) {
  const end = Date.now() + 60_000;
  while (!isDone()) {
    if (Date.now() > end) throw new Error(`it did not happen: ${isDone}\n${document.body.innerHTML}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

async function choose(window, name) {
  const input = window.document.querySelector("input[type=file]");
  const file = new File([CSV.replace("%", name)], `${name}.csv`);
  Object.defineProperty(input, "files", { value: [file], configurable: true });
  input.dispatchEvent(new window.Event("change", { bubbles: true }));
  const text = () => window.document.querySelector("[role=status]")?.textContent ?? "";
  await until(() => text().includes("loaded") && window.document.querySelector("li"));
  return { status: text(), rejected: window.document.querySelector("li").textContent, page: window.document };
}

process.on("uncaughtException", (e) => { console.error(String(e.stack).slice(0, 3000)); process.exit(1); });
const results = {};
const html = readFileSync(path("../../examples/html/index.html"), "utf8");
const [, script] = /<script type="module">([^]*?)<\/script>/.exec(html);
const addressed = script
  .replace("https://YOUR-PROJECT.supabase.co", SUPABASE_URL)
  .replace("sb_publishable_YOUR-KEY", SUPABASE_PUBLISHABLE_KEY);
const plain = await load("html", addressed, html.replace(/<script[^]*?<\/script>/g, ""));
await until(() => plain.document.documentElement.dataset.ready);
const done = await choose(plain, "html");
results.html = { status: done.status, rejected: done.rejected, percent: done.page.getElementById("progress").value };

const app = `
  import { createRoot } from "react-dom/client";
  import { createClient } from "@supabase/supabase-js";
  import { Importer } from "${path("../../examples/react/Importer.tsx")}";
  const supabase = createClient("${SUPABASE_URL}", "${SUPABASE_PUBLISHABLE_KEY}", { auth: { persistSession: false } });
  await supabase.auth.signInAnonymously();
  createRoot(document.body).render(<Importer supabase={supabase} target="people" />);
`;
const react = await load("react", app, "<!doctype html><body></body>");
await until(() => react.document.querySelector("input"));
const { status, rejected } = await choose(react, "react");
results.react = { status, rejected };

console.log(JSON.stringify(results));
process.exit(0);
