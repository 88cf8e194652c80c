// An anonymous user of supabase-js: signs in without anything, imports, refreshes, and keeps the same id.
import { createClient } from "@supabase/supabase-js";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, EMAIL } = process.env;
const must = ({ data, error }) => {
  if (error) throw error;
  return data;
};
const supabase = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, { auth: { persistSession: false } });
const first = must(await supabase.auth.signInAnonymously({ options: { data: { theme: "dark" } } }));
const { claims } = must(await supabase.auth.getClaims());
const path = `${first.user.id}/people.csv`;
must(await supabase.storage.from("imports").upload(path, new Blob(["email,name\nanonymous@example.com,Nobody\n"])));
let job = must(await supabase.from("import_jobs").insert({ object_path: path, target: "people" }).select().single());
while (["pending", "running"].includes(job.status)) {
  await new Promise((wake) => setTimeout(wake, 50));
  job = must(await supabase.from("import_jobs").select().eq("id", job.id).single());
}
const later = must(await supabase.auth.refreshSession());
const user = must(await supabase.auth.getUser()).user;

// The user becomes a permanent one, with the same id.
const password = "correct horse battery";
const permanent = must(await supabase.auth.updateUser({ email: EMAIL, password })).user;
const again = must(await supabase.auth.signInWithPassword({ email: EMAIL, password })).user;
console.log(JSON.stringify({ first: first.user, later: later.user, user, claims, job, permanent, again }));
