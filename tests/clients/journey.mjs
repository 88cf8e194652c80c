// A user of supabase-js: signs up, uploads a file, imports it, and reads what has become of it.
import { createClient } from "@supabase/supabase-js";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, EMAIL } = process.env;
const password = "correct horse battery";
const client = () => createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, { auth: { persistSession: false } });
const must = ({ data, error }) => {
  if (error) throw error;
  return data;
};

const supabase = client();
const signedUp = must(await supabase.auth.signUp({ email: EMAIL, password, options: { data: { name: "Ada" } } }));
must(await supabase.auth.signOut());
const signedIn = must(await supabase.auth.signInWithPassword({ email: EMAIL, password }));
const refreshed = must(await supabase.auth.refreshSession());
const user = must(await supabase.auth.getUser()).user;
const claims = must(await supabase.auth.getClaims());

const path = `${user.id}/people.csv`;
must(await supabase.storage.from("imports").upload(path, new Blob([`email,name\na-${EMAIL},Ada\nb-${EMAIL},Bob\n`])));
const inserted = must(
  await supabase.from("import_jobs").insert({ object_path: path, target: "people" }).select("id,status").single(),
);
let job = inserted;
while (["pending", "running"].includes(job.status)) {
  await new Promise((wake) => setTimeout(wake, 50));
  job = must(await supabase.from("import_jobs").select().eq("id", inserted.id).single());
}
const rows = must(await supabase.from("people").select("email,name").order("email"));
const again = must(await supabase.rpc("create_import_job", { object_path: path, target: "people", options: { force: true } }));
const wrong = await client().auth.signInWithPassword({ email: EMAIL, password: "wrong password" });
must(await supabase.auth.signOut());
const refusedRefresh = await client().auth.refreshSession({ refresh_token: refreshed.session.refresh_token });

console.log(
  JSON.stringify({
    user,
    name: signedUp.user.user_metadata.name,
    same: signedIn.user.id === signedUp.user.id,
    rotated: signedIn.session.refresh_token !== refreshed.session.refresh_token,
    claims: claims.claims,
    header: claims.header,
    inserted,
    job,
    rows,
    again,
    wrong: { status: wrong.error?.status, code: wrong.error?.code },
    refused_refresh: { status: refusedRefresh.error?.status, code: refusedRefresh.error?.code },
  }),
);
