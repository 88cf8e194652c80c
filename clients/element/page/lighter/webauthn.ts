/** In place of security keys in @supabase/auth-js: people sign in to the page with a password or a link. */
export class WebAuthnApi {}
const unused = (): undefined => undefined;
export {
  unused as browserSupportsWebAuthn,
  unused as createCredential,
  unused as deserializeCredentialCreationOptions,
  unused as deserializeCredentialRequestOptions,
  unused as getCredential,
  unused as serializeCredentialCreationResponse,
  unused as serializeCredentialRequestResponse,
  unused as webAuthnAbortService,
};
