/**
 * Serves Edge Functions, given by their folders, below /functions/v1, as the platform does, and passes everything else
 * on to SUPABASE_URL, so that there is one base URL. Prints its port.
 */
type Handler = (request: Request) => Response | Promise<Response>;

const handlers = new Map<string, Handler>();
const serve = Deno.serve;

Object.defineProperty(globalThis, "EdgeRuntime", {
  value: { waitUntil: (work: Promise<unknown>) => void work.catch((error) => console.error("in the background", error)) },
});
for (const folder of Deno.args) {
  const name = folder.split("/").at(-1)!;
  Object.defineProperty(Deno, "serve", { value: (handler: Handler) => handlers.set(name, handler), configurable: true });
  await import(`file://${folder}/index.ts`);
}

serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, (request) => {
  const url = new URL(request.url);
  const [, name] = /^\/functions\/v1\/([^/]+)/.exec(url.pathname) ?? [];
  if (name === undefined) {
    return fetch(new Request(Deno.env.get("SUPABASE_URL") + url.pathname + url.search, request));
  }
  // The platform hands the request on without /functions/v1.
  url.pathname = url.pathname.replace("/functions/v1", "");
  return handlers.get(name)?.(new Request(url, request)) ?? new Response("Function not found", { status: 404 });
});
