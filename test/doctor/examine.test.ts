// The whole examination of a healthy server: nothing is reported but that it is on this computer.
import t from 'tap'
import { findings, LOCAL, person, startBoth } from './examination.ts'

t.test('a healthy server passes every check, from the challenge to the revocation', async (t) => {
  const { url } = await startBoth(t)
  const found = await findings(url, (page) => {
    person(page).catch((error: Error) => t.fail(error.message))
  })
  t.same(found.faults, [], found.all)
  t.match(found.warnings, [LOCAL])
  t.equal(found.warnings.length, 1, found.all)
  for (const passed of [
    /points to .*oauth-protected-resource/,
    /invalid_token/,
    /assistants’ own programs/,
    /the name that you typed/,
    /With their metadata documents.*ChatGPT, Claude/,
    /can register: ChatGPT, Claude, Claude Code, Cursor, VS Code/,
    /PKCE is refused/,
    /exchanged/,
    /refresh token replaced/,
    /2025-11-25 and 2026-07-28/,
    /search and fetch answer/,
    /revoked token no longer works/
  ]) {
    t.ok(
      found.passed.some((line) => passed.test(line)),
      String(passed)
    )
  }
})

t.test('a healthy server passes under /mcp', async (t) => {
  const { url } = await startBoth(t)
  const found = await findings(`${url}/mcp`)
  t.same(found.faults, [], found.all)
})

t.test('the tools of a server without a sign-in are examined', async (t) => {
  const { url } = await startBoth(t, { AUTH_BACKEND: 'none' })
  const found = await findings(url)
  t.same(found.faults, [], found.all)
  t.match(found.warnings, [LOCAL, /everyone, without a sign-in/])
  t.ok(found.passed.some((line) => /search and fetch answer/.test(line)))
})
