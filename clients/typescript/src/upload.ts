/** Uploads: small files in one request, larger ones in chunks that go on after a pause, a broken connection or a reload. */

import { ofStorage } from "./errors.js";
import { contentType, objectPath, shownName } from "./names.js";
import { CHUNK_BYTES, resumable } from "./resumable.js";
import type { Switch } from "./switch.js";
import { ownFolder } from "./session.js";
import type { AnyClient, StoredFile, UploadSettings } from "./types.js";

export interface Upload {
  file: StoredFile;
  /** Key of the job that imports this upload: a second insert returns the first job. */
  key: string;
  /** Forget the upload; called when its job is there. */
  forget(): Promise<void>;
}

export interface Running {
  signal: AbortSignal | undefined;
  control: Switch;
  onSent(bytes: number): void;
}

/** Upload a file below the user's folder. */
export async function upload(
  supabase: AnyClient,
  file: Blob,
  settings: UploadSettings,
  running: Running,
): Promise<Upload> {
  const name = settings.fileName ?? (file as File).name ?? "";
  const folder = await ownFolder(supabase, settings.folder);
  const id = crypto.randomUUID();
  const stored = { bucket: settings.bucket ?? "imports", path: objectPath(folder, id, name), name: shownName(name) };
  if (file.size > (settings.resumableAbove ?? CHUNK_BYTES)) {
    return resumable(supabase, file, stored, settings, running);
  }
  await running.control.on();
  running.signal?.throwIfAborted();
  await uploadPlain(supabase, file, stored);
  running.onSent(file.size);
  return { file: stored, key: stored.path, forget: async () => {} };
}

/** Upload a file in one request. An object that is there already is left as it is if `existing` says so. */
export async function uploadPlain(
  supabase: AnyClient,
  file: Blob,
  { bucket, path }: StoredFile,
  existing: "fail" | "keep" = "fail",
): Promise<void> {
  const type = contentType(path, file.type);
  // Storage takes the type of a form's part from the Blob.
  const typed = new Blob([file], { type });
  const { error } = await supabase.storage.from(bucket).upload(path, typed, { contentType: type });
  if (!error) {
    return;
  }
  const failure = ofStorage(error);
  if (existing === "fail" || failure.status !== 409) {
    throw failure;
  }
}
