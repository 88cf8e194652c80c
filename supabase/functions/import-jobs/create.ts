/** `create`: check what a user wants to import, and hand out what its upload needs. Writes no row. */
import { decodeJwt } from "jose";
import { publicly, resumableEndpoint } from "./environment.ts";
import { answer, dataRefusal, storageRefusal } from "./errors.ts";
import { contentType, objectPath } from "./names.ts";
import type { Call } from "./request.ts";

const BUCKET = "imports";
// Storage accepts no other size, except for the last chunk.
const CHUNK_BYTES = 6 * 1024 * 1024;
// What a browser says of workbooks, for clients that do not say it.
const WORKBOOKS: Record<string, string> = {
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  xlsm: "application/vnd.ms-excel.sheet.macroEnabled.12",
  ods: "application/vnd.oasis.opendocument.spreadsheet",
};

/** Return the id that the job will have, and where its file goes. Throws Refusal. */
export async function create({ user, fields, supabase }: Call): Promise<Response> {
  const fileName = fields.text("file_name");
  const type = fields.optionalText("content_type") ?? contentType(fileName, workbookType(fileName));
  const planned = await supabase.rpc("check_planned_import", {
    target: fields.text("target"),
    bytes: fields.count("size"),
    content_type: type,
    options: fields.object("options"),
  }).single<{ target_name: string; estimated_seconds: number }>();
  if (planned.error) {
    throw dataRefusal(planned.error, planned.status);
  }
  const id = crypto.randomUUID();
  const path = objectPath(user.id, id, fileName);
  const signed = await supabase.storage.from(BUCKET).createSignedUploadUrl(path);
  if (signed.error) {
    throw storageRefusal(signed.error);
  }
  const { token, signedUrl } = signed.data;
  return answer(201, {
    id,
    bucket_id: BUCKET,
    path,
    target: planned.data.target_name,
    content_type: type,
    signed_url: publicly(signedUrl),
    token,
    expires_at: new Date((decodeJwt(token).exp ?? 0) * 1000).toISOString(),
    estimated_seconds: planned.data.estimated_seconds,
    resumable: { endpoint: resumableEndpoint(), headers: { "x-signature": token }, chunk_bytes: CHUNK_BYTES },
  });
}

function workbookType(fileName: string): string {
  return WORKBOOKS[fileName.split(".").pop()!.toLowerCase()] ?? "";
}
