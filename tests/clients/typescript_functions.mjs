// The client of the first system, on the Edge Function: upload a document, track its progress.
import { openAsBlob } from "node:fs";
import { createClient } from "@supabase/supabase-js";
import { ImportJobsError, uploadDocument } from "../../clients/typescript/dist/functions.js";

const { FUNCTIONS_URL, SUPABASE_PUBLISHABLE_KEY, EMAIL, LARGE_FILE } = process.env;
const supabase = createClient(FUNCTIONS_URL, SUPABASE_PUBLISHABLE_KEY, { auth: { persistSession: false } });
const { error } = await supabase.auth.signUp({ email: EMAIL, password: "a long password" });
if (error) throw error;

async function run(file, settings = {}) {
  const percents = [];
  const onProgress = (percent) => percents.push(percent);
  const document = await uploadDocument(supabase, file, { target: "people", onProgress, ...settings });
  const job = await document.trackProgress(onProgress, { interval: 50 });
  return { id: document.id, job, percents, estimated: document.estimatedSeconds };
}
const refused = async (promise) => {
  try {
    return { unexpected: await promise };
  } catch (error) {
    const { code, message, hint, status } = error;
    return { known: error instanceof ImportJobsError, code, message, hint, status };
  }
};
const people = (email) => new File([`email,name\n${email},Fay\n,Nobody\n`], "Menschen.csv");
const file = people("f@example.com");
const later = await uploadDocument(supabase, people("g@example.com"), { target: "people", options: { max_errors: 0 } });
const results = {
  small: await run(file),
  large: await run(Object.assign(await openAsBlob(LARGE_FILE), { name: "large.csv" })),
  failed: await refused(later.trackProgress(() => {}, { interval: 50 })),
  target: await refused(uploadDocument(supabase, file, { target: "nothing" })),
};
results.retried = (await later.retry({ max_errors: 5 })).status;
console.log(JSON.stringify(results));
process.exit(0);
