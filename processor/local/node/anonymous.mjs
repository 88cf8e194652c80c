// Anonymous users, which @supabase/lite does not have: how they begin, and how they get an address.
import { randomBytes, randomUUID } from "node:crypto";

export class Anonymous {
  constructor(app, sql) {
    this.app = app;
    this.sql = sql;
  }

  // Answers a sign-up without address and password. The session comes from the server itself, for a first refresh token.
  async signUp(signUpUrl, { data }) {
    const [user, session, token] = [randomUUID(), randomUUID(), randomBytes(9).toString("base64url")];
    await this.sql.begin(async (sql) => {
      await sql`insert into auth.users
        (id, aud, role, raw_app_meta_data, raw_user_meta_data, is_anonymous, created_at, updated_at, last_sign_in_at)
        values (${user}, 'authenticated', 'authenticated', '{}', ${JSON.stringify(data ?? {})}, true, now(), now(), now())`;
      await sql`insert into auth.sessions (id, user_id, aal, created_at, updated_at)
        values (${session}, ${user}, 'aal1', now(), now())`;
      await sql`insert into auth.refresh_tokens (token, user_id, session_id, revoked, created_at, updated_at)
        values (${token}, ${user}, ${session}, false, now(), now())`;
    });
    const url = new URL("/auth/v1/token?grant_type=refresh_token", signUpUrl);
    const headers = { "content-type": "application/json" };
    return this.app.fetch(new Request(url, { method: "POST", headers, body: JSON.stringify({ refresh_token: token }) }));
  }

  // Makes an anonymous user who has asked for an address permanent; an address counts as confirmed, as at sign-up.
  // Returns whether it has.
  async makePermanent(id) {
    return this.sql.begin(async (sql) => {
      const [user] = await sql`update auth.users
        set email = email_change, email_confirmed_at = now(), email_change = null, email_change_token_new = null,
          is_anonymous = false, raw_app_meta_data = '{"provider": "email", "providers": ["email"]}'
        where id = ${id} and is_anonymous and email_change <> '' returning email`;
      if (!user) return false;
      const data = { sub: id, email: user.email, email_verified: true, phone_verified: false };
      await sql`insert into auth.identities
        (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
        values (${id}, ${id}, ${JSON.stringify(data)}, 'email', now(), now(), now())`;
      return true;
    });
  }
}
