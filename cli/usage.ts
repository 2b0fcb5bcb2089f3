// How a command is typed: with npm in a clone, with npx where the package is installed.
// Tested in test/packaging/tarball.test.ts.

/** Compiled code is the package; TypeScript is a clone. */
const IS_PACKAGE = import.meta.url.endsWith('.js')

/** @returns for example `npm run --silent users -- ` or `npx mcp-oauth-server users `. */
export const commandLine = (name: string): string =>
  IS_PACKAGE ? `npx mcp-oauth-server ${name} ` : `npm run --silent ${name} -- `
