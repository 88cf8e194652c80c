/** In place of js-base64: tus-js-client encodes the metadata of an upload with it. */
export const Base64 = {
  encode(value: string): string {
    return btoa(String.fromCharCode(...new TextEncoder().encode(value)));
  },
};
