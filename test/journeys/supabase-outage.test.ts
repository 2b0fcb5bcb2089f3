// Supabase is unavailable in the middle of a connection: the tool says so, and nothing ends (threat WB-16).
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { Browser, type Page } from '../helpers/browser.ts'
import { post } from '../helpers/oauth.ts'
import { project, call, withPassword, connect, startAt, ann, anns } from './supabase/project.ts'

t.test('Supabase away in the middle is said so, and ends nothing (WB-16)', async (t) => {
  let away = false
  const gate = createServer((request, response) => {
    if (away) return request.destroy()
    const parts: Buffer[] = []
    request
      .on('data', (part: Buffer) => parts.push(part))
      .on('end', () => {
        forwardTo(request.method!, request.url!, request.headers, Buffer.concat(parts), response).catch(() =>
          response.destroy()
        )
      })
    return undefined
  })
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    gate.closeAllConnections()
    gate.close()
  })
  const { url, forward } = await startAt(t, {
    SUPABASE_URL: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
    SUPABASE_EMAIL_CODE: 'on'
  })
  const { client, access, refresh } = await connect(url, withPassword(ann.email))
  away = true
  forward(61)
  t.match((await call(url, access, 'read_diary')).text, /Supabase cannot be reached right now/)
  t.match(await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh }), {
    status: 503,
    body: { error: 'temporarily_unavailable' }
  })
  away = false
  t.same((await call(url, access, 'read_diary')).lines, anns)
  t.equal(
    (await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh })).status,
    200,
    'the refresh token was not spent'
  )

  await t.test('a code by e-mail, through the same door', async (t) => {
    const browser = new Browser()
    const withCode = async (browser: Browser, login: Page) => {
      const page = await browser.submit(login, ({ fields }) => fields['way'] === 'code', { email: 'Ann@example.com' })
      t.match(page, { url: /\/login\/code\?/, text: /ann@example\.com/ })
      const code = await project.code('ann@example.com')
      const wrong = await browser.submit(page, () => true, { code: code === '123456' ? '654321' : '123456' })
      t.match(wrong, { status: 401, url: /\/login\/code\?/, text: /Wrong or expired code/ })
      t.equal(
        (await browser.submit(page, () => true, { code })).status, 400,
        'each page counts once'
      )
      return browser.submit(wrong, () => true, { code: `${code.slice(0, 3)} ${code.slice(3)}` })
    }
    const { access } = await connect(url, withCode, browser)
    t.same((await call(url, access, 'read_diary')).lines, anns)
    const unknown = await browser.submit(
      await new Browser().get(`${url}/login`).then(() => browser.get(`${url}/login`)),
      ({ fields }) => fields['way'] === 'code',
      { email: 'nobody@example.com' }
    )
    t.match(
      unknown,
      { status: 200, url: /\/login\/code\?/, text: /nobody@example\.com/ },
      'an unknown address looks the same'
    )
    let page = unknown
    for (let tries = 0; tries < 4; tries++) page = await browser.submit(page, () => true, { code: '000000' })
    t.match(page.url, '/login/code')
    t.match(await browser.submit(page, () => true, { code: '000000' }), {
      status: 401,
      url: /\/login\?/,
      text: /Too many wrong codes/
    })
  })
})
/**
 * Supabase calls the code of a message `email`; @supabase/lite knows it by its older name
 * only.
 */
async function forwardTo (
  method: string,
  path: string,
  headers: Record<string, unknown>,
  body: Buffer,
  response: import('node:http').ServerResponse
): Promise<void> {
  const { host: _, connection: __, 'content-length': ___, ...rest } = headers as Record<string, string>
  const text = path.startsWith('/auth/v1/verify')
    ? body.toString().replace('"type":"email"', '"type":"magiclink"')
    : body
  const answer = await fetch(project.url + path, { method, headers: rest, ...(body.length > 0 && { body: text }) })
  response
    .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
    .end(await answer.text())
}
