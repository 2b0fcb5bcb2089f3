// Names that somebody outside has chosen: what is left of them, wherever they come in (threat CL-09).
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { openAuditJournals } from '../../plugins/observability/audit/journals.ts'
import { hidesSomething, MAX_SHOWN_CHARACTERS, toDisplayName } from '../../plugins/display-name.ts'
import { Browser } from '../helpers/browser.ts'
import { authorizeUrl, pkce, register, walk } from '../helpers/oauth.ts'
import { startServer } from '../helpers/server.ts'

const EVIL =
  'Good app\u001b[2K\r2026-11-28  connected  Claude\u001b]0;owned\u0007\u202e\u200b\u009b31m\u3164\u2800\ufeff'
const UNSAFE = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]/u

t.test('what is left of a name', async (t) => {
  const cases: Array<[string, string]> = [
    ['ChatGPT', 'ChatGPT'],
    ['  Claude \t Code\r\n', 'Claude Code'],
    ['Chat\u200bGPT', 'ChatGPT'],
    ['Chat\u202eTPG', 'ChatTPG'],
    ['a\u001b[31mb', 'a[31mb'],
    ['a\u3164b', 'ab'],
    ['\u3000x\u00a0y', 'x y'],
    ['e\u0301t\u00e9', '\u00e9t\u00e9'],
    ['नमस्ते', 'नमस्ते'],
    ['\u0645\u06cc\u0647\u0646', '\u0645\u06cc\u0647\u0646'],
    ['a' + '\u0335'.repeat(50), 'a' + '\u0335'.repeat(4)],
    ['\ud800x', 'x'],
    ['\u{e0041}x', 'x'],
    ['', 'fallback'],
    [' \u200b\u2800 ', 'fallback'],
    ['\u202e', 'fallback']
  ]
  for (const [from, to] of cases) t.equal(toDisplayName(from, 'fallback'), to, JSON.stringify(from))
  const long = toDisplayName('é'.repeat(10_000_000), '')
  t.equal([...long].length, MAX_SHOWN_CHARACTERS)
  t.ok(long.endsWith('…'))
  t.equal([...toDisplayName('😀'.repeat(500), '')].length, MAX_SHOWN_CHARACTERS)
  const all = Array.from({ length: 0x11_0000 }, (_, code) => code).filter(
    (code) => code < 0x3200 || code % 11 === 0 || (code >= 0xd800 && code <= 0xffff)
  )
  t.same(
    all.filter((code) => UNSAFE.test(toDisplayName(`a${String.fromCodePoint(code)}b`, ''))),
    [],
    'of the characters there are'
  )
  t.notOk(hidesSomething('ann@example.com'))
  t.ok(hidesSomething('ann\u202e@example.com'))
})

t.test('every way an app can come by a name (CL-09)', async (t) => {
  const host = createServer((request, response) => {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(
        JSON.stringify({
          client_id: `http://${request.headers.host}${request.url}`,
          client_name: EVIL,
          redirect_uris: ['https://app.example/callback']
        })
      )
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    host.closeAllConnections()
    host.close()
  })
  const authority = `127.0.0.1:${(host.address() as AddressInfo).port}`
  const operators = JSON.stringify([
    { client_id: 'ours', client_name: EVIL, redirect_uris: ['https://app.example/callback'] }
  ])
  const { url, app } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: authority, CLIENTS: operators } })
  const registered = await register(url, { client_name: EVIL, redirect_uris: ['https://app.example/callback'] })
  t.notMatch(registered.body['client_name'], UNSAFE, 'a registration is told the name as it is kept')
  for (const id of [registered.body['client_id'] as string, `http://${authority}/c.json`, 'ours']) {
    const { browser, consent } = await walk(url, { client_id: id })
    for (const page of [consent, await browser.get(`${url}/account`)]) {
      t.match(page.text, 'Good app', id)
      t.notMatch(page.text.replaceAll('\n', ''), UNSAFE, `${page.url}: ${id}`)
    }
    t.notMatch(
      (await new Browser().get(authorizeUrl(url, { client_id: id, code_challenge: pkce().challenge }))).text.replaceAll(
        '\n',
        ''
      ),
      UNSAFE,
      'the login page'
    )
  }
  await app.audit.flush()
  const events = await Array.fromAsync(openAuditJournals(app.storage).all())
  t.ok(events.some(({ clientName }) => clientName?.startsWith('Good app')))
  t.same(
    events.filter(({ clientName = '' }) => UNSAFE.test(clientName)),
    []
  )
})

t.test('what a provider says of a person', async (t) => {
  const { url, app } = await startServer(t)
  const { complete: settle } = app.signIn.completion
  const browser = new Browser()
  const login = await browser.get(`${url}/login`)
  const handle = login.forms.find(({ fields }) => fields['backend'] === 'demo')!.fields['interaction']!
  const request = {
    headers: {},
    cookies: Object.fromEntries(browser.cookies),
    ip: '127.0.0.1',
    id: 'r',
    log: app.log,
    server: app
  } as never
  const reply = {
    setCookie () {
      return reply
    },
    clearCookie () {
      return reply
    },
    header () {
      return reply
    }
  } as never
  await settle(
    request,
    reply,
    { handle, backend: 'demo', account: '' },
    { subject: 's', name: EVIL, email: 'ann\u202e@example.com', emailVerified: true }
  )
  const [person] = await Array.fromAsync(app.signIn.lifecycle.all())
  t.notMatch(person!.name, UNSAFE)
  t.match(
    { name: person!.name, email: person!.email, verified: person!.emailVerified },
    { name: /^Good app/, email: undefined, verified: undefined }
  )
})
