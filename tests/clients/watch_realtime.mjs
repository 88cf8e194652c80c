// watch() with Realtime: a message on the owner's private topic makes it ask at once, long before it would by itself.
import { createClient, RealtimeClient } from "@supabase/supabase-js";
import { cancel, importFile, watch } from "../../clients/typescript/dist/index.js";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, EMAIL, REALTIME_URL } = process.env;
const supabase = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, { auth: { persistSession: false } });
const { data } = await supabase.auth.signUp({ email: EMAIL, password: "a long password" });
supabase.realtime = new RealtimeClient(REALTIME_URL, {
  params: { apikey: SUPABASE_PUBLISHABLE_KEY },
  accessToken: async () => data.session.access_token,
});

const settings = { target: "people", realtime: false, signal: AbortSignal.timeout(300) };
const file = new File(["email,name\n"], "waits.csv");
const runAfter = new Date(Date.now() + 3_600_000);
await importFile(supabase, file, { ...settings, runAfter }).catch(() => {});
const { data: job } = await supabase.from("import_jobs").select("id,created_by").eq("file_name", "waits.csv").single();

const began = Date.now();
const seen = [];
const both = [watch(supabase, job.id, { interval: 60_000 }), watch(supabase, job.id, { interval: 60_000 })];
await Promise.all(
  both.map(async (jobs) => {
    for await (const { status } of jobs) {
      seen.push(status);
      if (seen.length === 2) setTimeout(() => void cancel(supabase, job.id), 300);
    }
  }),
);
console.log(
  JSON.stringify({ seen, seconds: (Date.now() - began) / 1000, owner: job.created_by, left: supabase.getChannels().length }),
);
process.exit(0);
