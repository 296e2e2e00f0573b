// What `npm ci` does in a checkout: builds the program and the page, so that every command starts from the bundle. It does
// nothing where the tools of the build are not installed, as with `npm ci --omit=dev`.
try {
  await import('./build.mjs');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
}
