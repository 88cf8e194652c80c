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

  // A user's header Authorization in the form that @supabase/lite knows. A token with another signature stays as it is
  // and is refused there; an expired one too, with the right message.
  async inward(authorization) {
    const token = authorization?.replace(/^Bearer /i, "");
    try {
      const key = await importJWK(this.publicJwk, "ES256");
      const { payload } = await compactVerify(token ?? "", key, { algorithms: ["ES256"] });
      const same = await new CompactSign(payload).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(this.secret);
      return `Bearer ${same}`;
    } catch {
      return authorization;
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
