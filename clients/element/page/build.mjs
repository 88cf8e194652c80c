// Builds the page that the processor serves: node page/build.mjs [FOLDER]. The names of the script and the styles contain
// their digests, so that browsers may keep them for ever.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, "../../../processor/http/page"));
process.chdir(import.meta.dirname);
const { outputFiles } = await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ["./main.ts", "./page.css"],
  outdir: "out",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome123", "firefox120", "safari17.5"],
  nodePaths: ["../node_modules"],
  // What the page does not use of its libraries, and what browsers have themselves: 11 kB of the 120 kB.
  alias: {
    "@supabase/functions-js": "./lighter/functions-js.ts",
    "iceberg-js": "./lighter/iceberg-js.ts",
    "js-base64": "./lighter/js-base64.ts",
    "url-parse": "./lighter/url-parse.ts",
  },
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [
    {
      // Indentation is a tenth of the templates; between elements, a line end is as good a space.
      name: "no indentation",
      setup: ({ onLoad }) =>
        onLoad({ filter: /element[/\\](src|page)[/\\].*\.ts$/ }, ({ path }) => ({
          contents: readFileSync(path, "utf8").replace(/\n\s+/g, "\n"),
          loader: "ts",
        })),
    },
    {
      name: "lighter auth",
      setup: ({ onResolve }) =>
        onResolve({ filter: /GoTrueAdminApi$|lib\/webauthn$/ }, ({ path, importer }) => {
          if (importer.includes("auth-js")) {
            const name = path.endsWith("webauthn") ? "webauthn.ts" : "auth-admin.ts";
            return { path: join(import.meta.dirname, "lighter", name) };
          }
        }),
    },
  ],
  write: false,
});

const digested = (name, bytes) => name.replace(".", `-${createHash("sha256").update(bytes).digest("hex").slice(0, 10)}.`);
const files = new Map();
let page = readFileSync("index.html", "utf8");
const add = (mark, name, bytes) => {
  files.set(digested(name, bytes), bytes);
  page = page.replace(mark, digested(name, bytes));
};
for (const { path, contents } of outputFiles) {
  path.endsWith(".js") ? add("SCRIPT", "page.js", contents) : add("STYLES", "page.css", contents);
}
add("FAVICON", "favicon.svg", readFileSync("favicon.svg"));
files.set("index.html", page);

mkdirSync(folder, { recursive: true });
readdirSync(folder).forEach((name) => rmSync(join(folder, name)));
for (const [name, bytes] of files) {
  writeFileSync(join(folder, name), bytes);
}
