// Auth of @supabase/lite on the tables of schema auth, with what it lacks: tokens signed with a key pair, the claims of
// GoTrue, and anonymous users.
import { randomUUID } from "node:crypto";
import { App } from "@supabase/lite";
import { Anonymous } from "./anonymous.mjs";
import { connect } from "./connections.mjs";

const SECONDS = 3600;
// How a session begins, by the last part of the path.
const METHODS = { verify: "otp", callback: "oauth" };

// @supabase/lite gives JSON as text. As a value it would become a string in JSON.
const json = (oid) => ({
  to: oid, from: [oid], parse: (text) => JSON.parse(text),
  serialize: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
});

export async function createAuth({ url, secret, baseUrl, tokens }) {
  const connection = connect(url, 5, { json: json(114), jsonb: json(3802) });
  const app = new App({
    connection,
    api: { external_url: baseUrl },
    auth: {
      enabled: true, jwt_secret: secret, jwt_expiry: SECONDS, site_url: baseUrl, enable_signup: true,
      enable_anonymous_sign_ins: true, email: { enable_signup: true, enable_confirmations: false },
    },
    storage: { enabled: false },
    studio: { enabled: false },
  });
  await app.init();
  return new Auth(app, connection.driver, tokens).answer;
}

class Auth {
  constructor(app, sql, tokens) {
    this.app = app;
    this.sql = sql;
    this.tokens = tokens;
    this.anonymous = new Anonymous(app, sql);
  }

  answer = async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/auth/v1/.well-known/jwks.json") {
      return Response.json(this.tokens.jwks(), { headers: { "cache-control": "public, max-age=600" } });
    }
    const known = await this.tokens.inward(request);
    if (pathname === "/auth/v1/signup" && request.method === "POST") {
      const body = await known.clone().json().catch(() => ({ email: "not JSON" }));
      if (!body.email && !body.phone && !body.password) {
        return this.outward(await this.anonymous.signUp(request.url, body), "anonymous");
      }
    }
    const response = await this.outward(await this.app.fetch(known), METHODS[pathname.split("/").at(-1)] ?? "password");
    if (pathname === "/auth/v1/user" && request.method === "PUT" && response.ok) {
      const { id } = await response.clone().json();
      if (await this.anonymous.makePermanent(id)) {
        return this.outward(await this.app.fetch(new Request(request.url, { headers: known.headers })));
      }
    }
    return response;
  };

  // The response with tokens of our key pair, and with what its user is.
  async outward(response, method) {
    const location = response.headers.get("location");
    if (location?.includes("access_token=")) return this.outwardRedirect(response, new URL(location), method);
    if (!response.headers.get("content-type")?.includes("json")) return response;
    const body = await response.json();
    const headers = new Headers(response.headers);
    headers.delete("content-length");
    if (body?.access_token) body.access_token = await this.sign(body.access_token, method);
    const user = body?.user ?? body;
    if (user && "is_anonymous" in user) user.is_anonymous = (await this.user(user.id))?.is_anonymous ?? false;
    return Response.json(body, { status: response.status, headers });
  }

  async outwardRedirect(response, location, method) {
    const fragment = new URLSearchParams(location.hash.slice(1));
    fragment.set("access_token", await this.sign(fragment.get("access_token"), method));
    location.hash = fragment.toString();
    const headers = new Headers(response.headers);
    headers.set("location", location.href);
    return new Response(null, { status: response.status, headers });
  }

  async sign(token, method) {
    const { sub, session_id: session } = await this.tokens.claims(token);
    const user = await this.user(sub);
    return this.tokens.outward(token, {
      email: user.email ?? "", phone: user.phone ?? "", app_metadata: user.raw_app_meta_data ?? {},
      user_metadata: user.raw_user_meta_data ?? {}, is_anonymous: user.is_anonymous, aal: "aal1",
      amr: await this.methods(session, method),
    });
  }

  async user(id) {
    const [user] = await this.sql`select email, phone, raw_app_meta_data, raw_user_meta_data, is_anonymous
      from auth.users where id = ${id}`;
    return user;
  }

  // How the session began; the first call for a session records it.
  async methods(session, method) {
    await this.sql`insert into auth.mfa_amr_claims (session_id, created_at, updated_at, authentication_method, id)
      select ${session}, now(), now(), ${method}, ${randomUUID()}
      where not exists (select from auth.mfa_amr_claims where session_id = ${session})`;
    const rows = await this.sql`select authentication_method as method, extract(epoch from updated_at)::bigint as timestamp
      from auth.mfa_amr_claims where session_id = ${session} order by updated_at desc`;
    return rows.map((row) => ({ method: row.method, timestamp: Number(row.timestamp) }));
  }
}
