/** In place of url-parse, which browsers have themselves: tus-js-client resolves the address of an upload with it. */
export default URL;
