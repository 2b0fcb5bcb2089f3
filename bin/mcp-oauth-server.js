#!/usr/bin/env node
// The command of the installed package. JavaScript that every Node can read, so that an old one gets a sentence and no stack.
const MINIMUM = 24

if (Number(process.versions.node.split('.')[0]) < MINIMUM) {
  process.stderr.write(
    `mcp-oauth-server needs Node ${MINIMUM} or newer, and this is ${process.version}. ` +
      'Install it from https://nodejs.org, or run: npx node@24 node_modules/.bin/mcp-oauth-server\n'
  )
  process.exitCode = 1
} else {
  import('../dist/cli/index.js')
}
