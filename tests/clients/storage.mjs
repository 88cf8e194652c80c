// What browsers do with Storage: tus-js-client as Supabase documents it, and storage-js.
import { createClient } from "@supabase/supabase-js";
import { Upload } from "tus-js-client";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SUPABASE_SECRET_KEY, EMAIL } = process.env;
const supabase = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, { auth: { persistSession: false } });
const { data } = await supabase.auth.signUp({ email: EMAIL, password: "a long password" });
const user = data.user.id;
const token = data.session.access_token;
const files = supabase.storage.from("imports");
const content = Buffer.alloc(13 * 1024 * 1024, "0123456789\n");

function upload(path, headers, name, { interrupt = false, contentType = "text/csv", body = content } = {}) {
  const requests = [];
  return new Promise((resolve) => {
    const run = new Upload(body, {
      endpoint: `${SUPABASE_URL}/storage/v1/upload/resumable${path}`,
      chunkSize: 6 * 1024 * 1024,
      retryDelays: [0, 100],
      uploadDataDuringCreation: true,
      headers,
      metadata: { bucketName: "imports", objectName: name, contentType, cacheControl: "3600" },
      onAfterResponse: (request, response) => requests.push(`${request.getMethod()} ${response.getStatus()}`),
      onChunkComplete: (_, accepted) => {
        if (interrupt && accepted < content.length) {
          interrupt = false;
          run.abort().then(() => run.start());
        }
      },
      onError: (error) =>
        resolve({ requests, status: error.originalResponse?.getStatus(), text: error.originalResponse?.getBody() }),
      onSuccess: () => resolve({ requests, url: run.url }),
    });
    run.start();
  });
}

const results = { user };
const mine = { authorization: `Bearer ${token}`, apikey: SUPABASE_PUBLISHABLE_KEY };
results.plain = await upload("", mine, `${user}/plain.csv`);
results.size = (await files.info(`${user}/plain.csv`)).data.size;
results.interrupted = await upload("", mine, `${user}/interrupted.csv`, { interrupt: true });
results.same = Buffer.compare(
  Buffer.from(await (await files.download(`${user}/interrupted.csv`)).data.arrayBuffer()),
  content,
);
results.foreign = await upload("", mine, "22222222-2222-4222-8222-222222222222/x.csv");
results.image = await upload("", mine, `${user}/x.png`, { contentType: "image/png" });
results.again = await upload("", mine, `${user}/plain.csv`, { body: Buffer.from("x") });
const signed = (await files.createSignedUploadUrl(`${user}/signed.csv`)).data;
results.signed = await upload("/sign", { "x-signature": signed.token }, `${user}/signed.csv`, { interrupt: true });
results.unsigned = await upload("/sign", {}, `${user}/unsigned.csv`);

const urls = (await files.createSignedUrls([`${user}/signed.csv`, `${user}/absent.csv`], 60)).data;
results.urls = urls.map(({ error, path }) => ({ error, path: path.split("/").at(-1) }));
results.read = (await (await fetch(urls[0].signedUrl)).arrayBuffer()).byteLength;

const admin = createClient(SUPABASE_URL, SUPABASE_SECRET_KEY, { auth: { persistSession: false } });
results.created = (await admin.storage.createBucket("scratch")).data;
results.copied = (await admin.storage.from("imports").copy(`${user}/plain.csv`, "a.csv", { destinationBucket: "scratch" })).data;
results.moved = (await admin.storage.from("scratch").move("a.csv", "b.csv")).data.message;
results.listed = (await admin.storage.from("scratch").list()).data.map(({ name }) => name);
results.emptied = (await admin.storage.emptyBucket("scratch")).data;
results.left = (await admin.storage.from("scratch").list()).data.length;
results.deleted = (await admin.storage.deleteBucket("scratch")).data;
console.log(JSON.stringify(results));
process.exit(0);
