/**
 * `<import-jobs-importer>`: people upload a file, say what goes where, see what would happen, import it, and correct the
 * rows that were rejected. `<import-jobs-history>`: their imports so far.
 *
 *     import "import-jobs-importer";
 *     const importer = document.querySelector("import-jobs-importer");
 *     importer.client = supabase; // of a signed-in user
 *     importer.target = "people"; // empty: the person chooses
 *
 * | property | value |
 * |---|---|
 * | `client` | a client of supabase-js |
 * | `target` | name of a target; empty: all that the person may use |
 * | `job` | id of a job to show instead of an upload |
 * | `lang` | `en` or `pt`; empty: that of the document, then of the browser |
 *
 * | event | `detail` |
 * |---|---|
 * | `started` | `{ job }`, when the job of an import, of corrections or of a retry is there |
 * | `progress` | `{ phase: "upload" | "import", percent, job? }` |
 * | `completed`, `failed`, `cancelled` | `{ job }` |
 * | `open` (history) | `{ id }`: give it to `job` of the importer |
 *
 * What a person sees is a function of one value: `model/state.ts` has its types and the order of the steps.
 */

import { ImportJobsHistory } from "./history.js";
import { ImportJobsImporter } from "./importer.js";

export { ImportJobsHistory, ImportJobsImporter };

if (!customElements.get("import-jobs-importer")) {
  customElements.define("import-jobs-importer", ImportJobsImporter);
  customElements.define("import-jobs-history", ImportJobsHistory);
}

declare global {
  interface HTMLElementTagNameMap {
    "import-jobs-importer": ImportJobsImporter;
    "import-jobs-history": ImportJobsHistory;
  }
}
