/** Verifies the token of a user, so that nothing is done for anybody else. */
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from "jose";
import { projectUrl } from "./environment.ts";
import { Refusal } from "./errors.ts";

/** A signed-in user, with the verified token. */
export interface User {
  id: string;
  token: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ASYMMETRIC = ["ES256", "RS256", "EdDSA"];
const given = givenKeys();
const known = createLocalJWKSet({ keys: given.keys.filter((key) => key.kty !== "oct") });
const published = createRemoteJWKSet(
  new URL(Deno.env.get("SUPABASE_JWKS_URL") ?? `${projectUrl.replace(/\/$/, "")}/auth/v1/.well-known/jwks.json`),
);
// Projects whose tokens are signed with a shared secret: older self-hosted ones.
const secret = sharedSecret();

/** Return the user of an Authorization header. Throws Refusal with 401, whatever is wrong with it. */
export async function verifiedUser(authorization: string | null): Promise<User> {
  const token = /^bearer +([^ ,]+)$/i.exec(authorization ?? "")?.[1] ?? "";
  try {
    const { sub, role } = await verified(token);
    if (role !== undefined && sub !== undefined && UUID.test(sub)) {
      return { id: sub, token };
    }
  } catch (error) {
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
      console.error("the keys of the project cannot be read", error);
      const hint = "Check that Auth runs and publishes its keys, then send the request again.";
      throw new Refusal(503, "IJ122", "the token cannot be verified", hint);
    }
  }
  const hint = "Sign in, and send the user's access token: Authorization: Bearer <token>. An API key is not one.";
  throw new Refusal(401, "IJ122", "the request has no valid token of a user", hint, { "WWW-Authenticate": "Bearer" });
}

/** Return the claims of a token that is signed by the project and has not expired. Throws JOSEError, TypeError. */
async function verified(token: string): Promise<JWTPayload> {
  const required = { requiredClaims: ["exp", "sub"], clockTolerance: 5 };
  if (algorithmOf(token) === "HS256") {
    if (!secret) {
      throw new errors.JOSEAlgNotAllowed("the project's secret is not known");
    }
    return (await jwtVerify(token, secret, { ...required, algorithms: ["HS256"] })).payload;
  }
  const options = { ...required, algorithms: ASYMMETRIC };
  try {
    return (await jwtVerify(token, known, options)).payload;
  } catch (error) {
    // The key may be newer than the function's environment.
    if (error instanceof errors.JWKSNoMatchingKey) {
      return (await jwtVerify(token, published, options)).payload;
    }
    throw error;
  }
}

/** Return the algorithm that a token names. Throws JOSEError. */
function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    throw new errors.JWTInvalid("not a token");
  }
}

/** Return the keys of SUPABASE_JWKS: a key set, or an array of keys. */
function givenKeys(): JSONWebKeySet {
  const value: JSONWebKeySet | JSONWebKeySet["keys"] = JSON.parse(Deno.env.get("SUPABASE_JWKS") || "[]");
  return Array.isArray(value) ? { keys: value } : { keys: value.keys ?? [] };
}

/** Return the shared secret, from JWT_SECRET as in self-hosted projects, or from the key set. */
function sharedSecret(): Uint8Array | undefined {
  const text = Deno.env.get("JWT_SECRET");
  if (text) {
    return new TextEncoder().encode(text);
  }
  const key = given.keys.find((key) => key.kty === "oct")?.k;
  return key ? Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)) : undefined;
}
