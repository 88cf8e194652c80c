// The TypeScript client as a signed-up user: small and large files, a reload in the middle, corrections, refusals.
import { openAsBlob } from "node:fs";
import { createClient } from "@supabase/supabase-js";
import { cancel, fix, getJob, importFile, ImportJobsError, inspect, rejections, retry, undo, watch } from "../../clients/typescript/dist/index.js";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SUPABASE_SECRET_KEY, EMAIL, LARGE_FILE } = process.env;

async function signUp(email) {
  const supabase = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, { auth: { persistSession: false } });
  const { error } = await supabase.auth.signUp({ email, password: "a long password" });
  if (error) throw error;
  return supabase;
}

// What `localStorage` is in a browser: it outlives the page.
function memory() {
  const uploads = new Map();
  return {
    uploads,
    findAllUploads: async () => [...uploads.values()],
    findUploadsByFingerprint: async (mark) => [...uploads.values()].filter((upload) => upload.mark === mark),
    removeUpload: async (key) => void uploads.delete(key),
    addUpload: async (mark, upload) => {
      const urlStorageKey = `upload-${uploads.size}`;
      uploads.set(urlStorageKey, { ...upload, mark, urlStorageKey });
      return urlStorageKey;
    },
  };
}

const refused = async (promise) => {
  try {
    return { unexpected: await promise };
  } catch (error) {
    const { code, message, hint, status } = error;
    return { known: error instanceof ImportJobsError, code, message, hint, status };
  }
};
const all = async (iterator) => {
  const items = [];
  for await (const item of iterator) items.push(item);
  return items;
};
const file = (text, name) => new File([text], name, { lastModified: 1 });
const settings = { target: "people", interval: 50, realtime: false };

const ada = await signUp(`ada-${EMAIL}`);
const bob = await signUp(`bob-${EMAIL}`);
const results = {};

// A small file, with its progress.
const percents = [];
const small = await importFile(ada, file("email,name\na@example.com,Ada\n,Nobody\n,None\nb@example.com,Bob\n", "Kunden März.csv"), {
  ...settings,
  realtime: true,
  onProgress: (percent) => percents.push(percent),
});
results.small = { job: small, percents };

// Its rejected rows, in pages of one, and their corrections, from two tabs at once.
results.rejections = await all(rejections(ada, small.id, { pageSize: 1 }));
const cells = "email,name,born,age\nc@example.com,C,2020-01-01,5\nd@example.com,D,x,y\ne@example.com,E,x,5\n,F,x,y\n";
const several = await importFile(ada, file(cells, "cells.csv"), { ...settings, options: { dry_run: true } });
results.cells = { job: several, all: await all(rejections(ada, several.id, { pageSize: 2 })) };
results.cells.after = await all(rejections(ada, several.id, { pageSize: 1, after: 2 }));
const rows = [{ email: "nobody@example.com", name: 'No "body"' }, { email: "none@example.com", name: null }];
const [mended, same] = await Promise.all([fix(ada, small.id, rows, settings), fix(ada, small.id, rows, settings)]);
results.mended = { job: mended, same: same.id === mended.id };
results.people = (await ada.from("people").select("email,name").order("email")).data;

// A large file: it breaks off in the middle, the page is loaded again, and the person picks the file again.
const urlStorage = memory();
const large = async () => Object.assign(await openAsBlob(LARGE_FILE), { name: "large.csv", lastModified: 1 });
const stop = new AbortController();
const parts = [];
const first = await refused(
  importFile(ada, await large(), {
    ...settings,
    urlStorage,
    signal: stop.signal,
    onProgress: (percent, { bytesSent }) => {
      parts.push(bytesSent);
      if (percent > 20) stop.abort(new Error("the page was closed"));
    },
  }),
);
const remembered = urlStorage.uploads.size;
const resumed = [];
const run = importFile(ada, await large(), {
  ...settings,
  urlStorage,
  options: { on_error: "skip" },
  onProgress: (percent, progress) => {
    resumed.push({ percent, sent: progress.bytesSent, phase: progress.phase });
    if (progress.phase === "upload" && resumed.length === 1) {
      run.pause();
      setTimeout(() => run.resume(), 100);
    }
  },
});
const job = await run;
const { data: object } = await ada.storage.from("imports").info(job.object_path);
results.large = { first, remembered, left: urlStorage.uploads.size, resumed, job, size: object.size, bytes: (await large()).size };

// A job that waits: cancelled, retried, watched to its end.
const stored = { bucket: "imports", path: small.object_path, name: "again.csv" };
const waiting = importFile(ada, stored, { ...settings, runAfter: new Date(Date.now() + 3_600_000), options: { force: true } });
const ended = refused(waiting);
let pending;
while (!(pending = (await ada.from("import_jobs").select("id").eq("file_name", "again.csv").maybeSingle()).data))
  await new Promise((wake) => setTimeout(wake, 50));
results.cancelled = (await cancel(ada, pending.id)).status;
results.ended = await ended;
results.retried = (await retry(ada, pending.id, { max_errors: 5 })).options;
results.watched = (await all(watch(ada, small.id, { realtime: true }))).map((seen) => seen.status);

// An inspection, the import of the file that it has uploaded, and its undo.
const look = await inspect(ada, file("email;name\nlook@example.com;Luke\n;Nobody\n", "look.csv"), settings);
const looked = await importFile(ada, look.file, settings);
results.inspected = { ...look, same: looked.object_path === look.file.path };
results.loaded = (await ada.from("people").select("name").eq("email", "look@example.com")).data;
await undo(ada, looked.id);
results.undone = (await all(watch(ada, looked.id, settings))).at(-1);
results.gone = (await ada.from("people").select("name").eq("email", "look@example.com")).data;
results.undoneAgain = await refused(undo(ada, looked.id));

// What is refused.
const service = createClient(SUPABASE_URL, SUPABASE_SECRET_KEY, { auth: { persistSession: false } });
const nobody = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, { auth: { persistSession: false } });
results.refused = {
  option: await refused(importFile(ada, stored, { ...settings, options: { colour: "red" } })),
  foreignPath: await refused(importFile(bob, stored, settings)),
  foreignJob: await refused(cancel(bob, small.id)),
  foreignFolder: await refused(importFile(bob, file("a\n", "x.csv"), { ...settings, folder: small.created_by })),
  foreignLarge: await refused(
    importFile(bob, await large(), { ...settings, folder: small.created_by, urlStorage: memory() }),
  ),
  unknownJob: await refused(getJob(ada, crypto.randomUUID())),
  failed: await refused(importFile(ada, file("x\n1\n", "wrong.csv"), { ...settings, options: { unknown_columns: "error" } })),
  signedOut: await refused(importFile(nobody, file("a\n", "x.csv"), settings)),
  offline: await refused(cancel(createClient("http://127.0.0.1:9", "key"), small.id)),
};
results.seenByBob = await all(rejections(bob, small.id));
results.service = (await importFile(service, file("email,owner\ns@example.com,\n", "s.csv"), { ...settings, folder: "service" }).catch((error) => error.job ?? String(error)));

console.log(JSON.stringify(results));
process.exit(0);
