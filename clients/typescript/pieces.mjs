// Writes dist/pieces.json, what `npx import-jobs install` installs: the Python package of the checkout knows it.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const pythons = [process.env.PYTHON, join(root, ".venv", "bin", "python"), "python3", "python"].filter(Boolean);

let failure = "";
for (const python of pythons) {
  const done = spawnSync(python, ["-m", "processor.install.pieces"], { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
  if (done.status === 0) {
    writeFileSync(join(import.meta.dirname, "dist", "pieces.json"), done.stdout);
    process.exit(0);
  }
  failure += `${python}: ${done.error?.message ?? done.stderr.trim().split("\n").at(-1)}\n`;
}
console.error(`error: no Python has import-jobs — Run scripts/setup, or name one in PYTHON.\n${failure}`);
process.exit(1);
