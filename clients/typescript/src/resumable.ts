/** Resumable uploads, with tus-js-client, which is loaded when the first large file comes. */

import type { DetailedError, HttpResponse, PreviousUpload, Upload as TusUpload, UploadOptions, UrlStorage } from "tus-js-client";
import { ImportJobsError, ofStorage } from "./errors.js";
import { fingerprint } from "./fingerprint.js";
import { contentType } from "./names.js";
import { accessToken, apiKey, resumableEndpoint } from "./session.js";
import type { AnyClient, StoredFile, UploadSettings } from "./types.js";
import type { Running, Upload } from "./upload.js";

// Storage takes chunks of exactly this size, except the last.
const CHUNK_BYTES = 6 * 1024 * 1024;
const RETRY_DELAYS = [0, 1000, 3000, 5000, 10_000, 20_000];
// Storage keeps unfinished uploads for a day.
const EXPIRY_MS = 24 * 60 * 60 * 1000;

/** Upload in chunks; a file that was begun earlier, before a reload too, goes on at its offset. */
export async function resumable(
  supabase: AnyClient,
  file: Blob,
  stored: StoredFile,
  settings: UploadSettings,
  running: Running,
): Promise<Upload> {
  const { Upload } = await load();
  const mark = await fingerprint(file, stored);
  const upload = new Upload(file as File, uploadOptions(supabase, file, stored, settings, mark));
  const previous = (await upload.findPreviousUploads()).find(isFresh);
  const path = previous?.metadata["objectName"];
  if (path) {
    upload.resumeFromPreviousUpload(previous);
    upload.options.metadata!["objectName"] = path;
    stored = { ...stored, path };
  }
  await finish(upload, running);
  return { file: stored, key: stored.path, forget: () => forget(upload) };
}

async function load(): Promise<typeof import("tus-js-client")> {
  try {
    return await import("tus-js-client");
  } catch (cause) {
    const hint = "Install tus-js-client.";
    throw new ImportJobsError("no_tus", "the file needs a resumable upload", hint, { cause });
  }
}

function uploadOptions(
  supabase: AnyClient,
  file: Blob,
  stored: StoredFile,
  { urlStorage }: UploadSettings,
  mark: string,
): UploadOptions {
  return {
    ...(urlStorage ? { urlStorage: urlStorage as UrlStorage } : {}),
    endpoint: resumableEndpoint(supabase),
    chunkSize: CHUNK_BYTES,
    retryDelays: RETRY_DELAYS,
    uploadDataDuringCreation: true,
    headers: { apikey: apiKey(supabase) },
    metadata: {
      bucketName: stored.bucket,
      objectName: stored.path,
      contentType: contentType(stored.path),
      cacheControl: "3600",
    },
    fingerprint: async () => mark,
    fileReader: { openFile: async () => source(file) as never },
    onShouldRetry: (error) => mayRetry((error as DetailedError).originalResponse),
    // A long upload outlives the token with which it began.
    onBeforeRequest: async (request) => {
      request.setHeader("Authorization", `Bearer ${await accessToken(supabase)}`);
    },
  };
}

/** Run the upload until it is done; the switch pauses it, the signal ends it and leaves what was sent. */
function finish(upload: TusUpload, { signal, control, onSent }: Running): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => void upload.abort();
    const end = (settle: () => void): void => {
      signal?.removeEventListener("abort", abort);
      control.listener = undefined;
      settle();
    };
    const abort = (): void => {
      stop();
      end(() => reject(signal!.reason as Error));
    };
    if (signal?.aborted) {
      return abort();
    }
    signal?.addEventListener("abort", abort);
    upload.options.onProgress = (sent) => onSent(sent);
    upload.options.onSuccess = () => end(resolve);
    upload.options.onError = (error) => end(() => reject(ofTus(error)));
    control.listener = (paused) => (paused ? stop() : upload.start());
    if (!control.paused) {
      upload.start();
    }
  });
}

/** A source that reads one chunk at a time, in browsers and in Node alike. */
function source(file: Blob): object {
  return {
    size: file.size,
    async slice(start: number, end: number) {
      const bytes = new Uint8Array(await file.slice(start, end).arrayBuffer());
      return { value: Object.assign(bytes, { size: bytes.length }), done: end >= file.size };
    },
    close() {},
  };
}

function mayRetry(response: HttpResponse | null): boolean {
  const status = response?.getStatus() ?? 0;
  // 409: another offset, or an object of this name.
  return status < 400 || status >= 500 || (status === 409 && !response!.getBody().includes("already exists"));
}

function isFresh(upload: PreviousUpload): boolean {
  return Date.now() - Date.parse(upload.creationTime) < EXPIRY_MS;
}

async function forget(upload: TusUpload): Promise<void> {
  for (const { urlStorageKey } of await upload.findPreviousUploads()) {
    await upload.options.urlStorage?.removeUpload(urlStorageKey);
  }
}

function ofTus(error: Error | DetailedError): ImportJobsError {
  const response = "originalResponse" in error ? error.originalResponse : undefined;
  if (!response) {
    return ofStorage(error);
  }
  const text = response.getBody().trim();
  const body = text.startsWith("{") ? (JSON.parse(text) as object) : { message: text };
  return ofStorage({ status: response.getStatus(), ...body });
}
