// Tokens. @supabase/lite signs with the stack's secret (HS256) and checks that only. Users get tokens signed with the
// stack's key pair (ES256), as new projects do, so that anybody can check them by the JWKS.
import { CompactSign, compactVerify, importJWK, SignJWT } from "jose";

export class Tokens {
  constructor(secret, privateJwk, issuer) {
    this.secret = new TextEncoder().encode(secret);
    this.privateJwk = privateJwk;
    this.issuer = issuer;
    const { d: _, ...publicJwk } = privateJwk;
    this.publicJwk = publicJwk;
  }

  // The public keys, as /auth/v1/.well-known/jwks.json has them.
  jwks() {
    return { keys: [{ ...this.publicJwk, key_ops: ["verify"], ext: true }] };
  }

  // A request with the user's token in the form that @supabase/lite knows. The gateway has checked the API key.
  async inward(request) {
    const headers = new Headers(request.headers);
    headers.delete("apikey");
    const token = headers.get("authorization")?.replace(/^Bearer /i, "");
    if (token) headers.set("authorization", `Bearer ${await this.withSecret(token)}`);
    const body = ["GET", "HEAD"].includes(request.method) ? undefined : await request.arrayBuffer();
    return new Request(request.url, { method: request.method, headers, body });
  }

  // The same token, signed with the secret. One with another signature stays as it is and is refused later, and an
  // expired one too, with the right message.
  async withSecret(token) {
    try {
      const key = await importJWK(this.publicJwk, "ES256");
      const { payload } = await compactVerify(token, key, { algorithms: ["ES256"] });
      return await new CompactSign(payload).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(this.secret);
    } catch {
      return token;
    }
  }

  // A token for the user, of one that @supabase/lite has made, with the claims that it leaves out.
  async outward(token, extra) {
    const { payload } = await compactVerify(token, this.secret, { algorithms: ["HS256"] });
    const claims = JSON.parse(new TextDecoder().decode(payload));
    const key = await importJWK(this.privateJwk, "ES256");
    return new SignJWT({ iss: this.issuer, ...claims, ...extra })
      .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: this.privateJwk.kid })
      .sign(key);
  }

  async claims(token) {
    const { payload } = await compactVerify(token, this.secret, { algorithms: ["HS256"] });
    return JSON.parse(new TextDecoder().decode(payload));
  }
}
