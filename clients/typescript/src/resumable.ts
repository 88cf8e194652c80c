/** Resumable uploads, with tus-js-client, which is loaded when the first large file comes. */

import type { DetailedError, HttpResponse, Upload as TusUpload, UploadOptions, UrlStorage } from "tus-js-client";
import { ImportJobsError, ofStorage } from "./errors.js";
import { fingerprint } from "./fingerprint.js";
import { contentType } from "./names.js";
import { accessToken, apiKey, resumableEndpoint } from "./session.js";
import type { AnyClient, StoredFile, UploadSettings } from "./types.js";
import type { Running, Upload } from "./upload.js";

// Storage takes chunks of exactly this size, except the last. Supabase advises resumable uploads of larger files.
export const CHUNK_BYTES = 6 * 1024 * 1024;
const RETRY_DELAYS = [0, 1000, 3000, 5000, 10_000, 20_000];

/**
 * Upload in chunks; a file that was begun earlier, before a reload too, goes on at its offset.
 *
 * Storage forgets an unfinished upload after a day; tus-js-client begins again then.
 */
export async function resumable(
  supabase: AnyClient,
  file: Blob,
  stored: StoredFile,
  settings: UploadSettings & { signed?: Signed },
  running: Running,
): Promise<Upload> {
  const { Upload } = await load();
  // A signed URL is good for its own path only, so nothing earlier can go on.
  const mark = settings.signed ? stored.path : await fingerprint(file, stored);
  for (let url: string | null = null; ; ) {
    await running.control.on();
    running.signal?.throwIfAborted();
    const stopped = new AbortController();
    const attempt = { ...settings, mark, url, stopped: stopped.signal };
    const upload: TusUpload = new Upload(file as File, options(supabase, file, stored, attempt));
    const previous = (await upload.findPreviousUploads())[0];
    const path = previous?.metadata["objectName"];
    if (path && !url) {
      upload.resumeFromPreviousUpload(previous);
      upload.options.metadata!["objectName"] = path;
      stored = { ...stored, path };
    }
    if (await finish(upload, running, stopped)) {
      return { file: stored, key: stored.path, forget: () => forget(upload) };
    }
    url = upload.url;
  }
}

async function load(): Promise<typeof import("tus-js-client")> {
  try {
    return await import("tus-js-client");
  } catch (cause) {
    const hint = "Install tus-js-client.";
    throw new ImportJobsError("no_tus", "the file needs a resumable upload", hint, { cause });
  }
}

/** What replaces the user's token. */
export interface Signed {
  endpoint: string;
  headers: Record<string, string>;
}

interface Attempt extends UploadSettings {
  signed?: Signed;
  mark: string;
  url: string | null;
  stopped: AbortSignal;
}

function options(supabase: AnyClient, file: Blob, stored: StoredFile, attempt: Attempt): UploadOptions {
  const { urlStorage, mark, url: uploadUrl, stopped, signed } = attempt;
  return {
    ...(urlStorage ? { urlStorage: urlStorage as UrlStorage } : {}),
    endpoint: signed?.endpoint ?? resumableEndpoint(supabase),
    uploadUrl,
    chunkSize: CHUNK_BYTES,
    retryDelays: RETRY_DELAYS,
    uploadDataDuringCreation: true,
    headers: signed?.headers ?? { apikey: apiKey(supabase) },
    metadata: {
      bucketName: stored.bucket,
      objectName: stored.path,
      contentType: contentType(stored.path, file.type),
    },
    fingerprint: async () => mark,
    fileReader: { openFile: async () => source(file) as never },
    onShouldRetry: (error) => mayRetry((error as DetailedError).originalResponse),
    // A long upload outlives the token with which it began.
    onBeforeRequest: async (request) => {
      if (!signed) {
        request.setHeader("Authorization", `Bearer ${await accessToken(supabase)}`);
      }
      // tus-js-client would still send a request that was being prepared when it stopped.
      stopped.throwIfAborted();
    },
  };
}

/** Send until all is sent, which is true, or the switch pauses it, false. The signal ends it; what was sent stays. */
function finish(upload: TusUpload, { signal, control, onSent }: Running, stopped: AbortController): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      signal?.removeEventListener("abort", abort);
      control.listener = undefined;
      settle();
    };
    const stop = (settle: () => void): void => {
      stopped.abort();
      void upload.abort();
      end(settle);
    };
    const abort = (): void => stop(() => reject(signal!.reason as Error));
    signal?.addEventListener("abort", abort);
    control.listener = () => stop(() => resolve(false));
    upload.options.onProgress = (sent) => onSent(sent);
    upload.options.onSuccess = () => end(() => resolve(true));
    upload.options.onError = (error) => end(() => reject(ofTus(error)));
    upload.start();
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

async function forget(upload: TusUpload): Promise<void> {
  for (const { urlStorageKey } of await upload.findPreviousUploads()) {
    await upload.options.urlStorage?.removeUpload(urlStorageKey);
  }
}

function ofTus(error: Error | DetailedError): ImportJobsError {
  const response = (error as Partial<DetailedError>).originalResponse;
  const text = response?.getBody().trim();
  // What refuses the token answers in JSON, everything behind it in plain text.
  const body = text?.startsWith("{") ? (JSON.parse(text) as object) : { message: text };
  return ofStorage(response ? { status: response.getStatus(), ...body } : error);
}
