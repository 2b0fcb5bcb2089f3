// Neither the log nor the journal holds a secret of a whole run (threats WR-05, WB-13).
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t from 'tap'
import { openAuditJournals } from '../../../../plugins/observability/audit/journals.ts'
import { Browser } from '../../../helpers/browser.ts'
import { CALLBACK, authorizeUrl, newClient, pkce, post } from '../../../helpers/oauth.ts'
import { startServer } from '../../../helpers/server.ts'
import { rpc } from './rpc.ts'

t.test('neither the log nor the journal holds a secret of the run (WR-05, WB-13)', async (t) => {
  const lines: string[] = []
  const stream = new Writable({
    write (chunk: Buffer, _encoding, done) {
      lines.push(String(chunk))
      done()
    }
  })
  const server = await startServer(t, { env: { LOG_LEVEL: 'trace' }, logTo: stream })
  const { url } = server
  const client = await newClient(url, {
    client_name: 'line\nbreak\u001b[31m',
    token_endpoint_auth_method: 'client_secret_post'
  })
  const password = 'eleven quiet otters 42'
  const browser = new Browser()
  const { verifier, challenge } = pkce()
  const login = await browser.get(
    authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge, state: 'a-state-that-is-secret' })
  )
  const signup = await browser.get(
    new URL(/href="([^"]*\/signup[^"]*)"/.exec(login.text)![1]!.replaceAll('&amp;', '&'), url).href
  )
  const consent = await browser.submit(signup, ({ action }) => action === '/signup', {
    email: 'ann@example.com',
    password
  })
  await browser.submit(
    consent,
    ({ buttons }) => buttons.some(({ value }) => value === 'allow'),
    { decision: 'allow' }
  )
  const code = browser.left!.searchParams.get('code')!
  const { body } = await post(`${url}/token`, {
    ...client,
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: verifier
  })
  await rpc(url, body['access_token'] as string, 'tools/call', {
    name: 'search',
    arguments: { query: 'tides and secrets' }
  })
  await post(
    `${url}/token`,
    { ...client, grant_type: 'refresh_token', refresh_token: body['refresh_token'] as string }
  )
  await server.app.audit.flush()

  const secrets = {
    code,
    verifier,
    password,
    access: body['access_token'],
    refresh: body['refresh_token'],
    clientSecret: client.client_secret,
    state: 'a-state-that-is-secret',
    cookies: [...browser.cookies.values()],
    interaction: signup.forms[0]!.fields['interaction'],
    mailbox: 'ann@example.com',
    words: 'tides and secrets'
  }
  const log = lines.join('')
  const files = await Promise.all(
    ['oauth.db', 'oauth.db-wal'].map((file) => readFile(join(server.dataDir, file), 'latin1'))
  )
  const journal = JSON.stringify(await Array.fromAsync(openAuditJournals(server.app.storage).all()))
  t.ok(log.includes('"audit"') && log.includes('answered'), 'the log was caught')
  for (const [name, values] of Object.entries(secrets)) {
    for (const value of [values].flat() as string[]) {
      t.ok(value.length > 5, name)
      t.notOk(log.includes(value), `log: ${name}`)
      t.notOk(journal.includes(value), `journal: ${name}`)
    }
  }
  for (const value of [code, password, body['access_token'] as string, client.client_secret!]) {
    t.notOk(
      files.some((file) => file.includes(value)),
      'the files hold none either'
    )
  }
  t.ok(
    lines.every((line) => line.endsWith('}\n') && line.indexOf('\n') === line.length - 1),
    'a line break from outside does not begin a line'
  )
})

t.test('what was typed as an account is recorded as a hash: one for all its spellings, another for anybody else', async (t) => {
  const [{ app }, other] = [await startServer(t), await startServer(t)]
  const hash = app.audit.hash('ann@example.com')
  t.match(hash, /^[\w-]{16}$/)
  for (const spelling of [' ann@example.com ', 'Ann@Example.COM', '\tANN@EXAMPLE.COM\n']) t.equal(app.audit.hash(spelling), hash, JSON.stringify(spelling))
  for (const text of ['bob@example.com', 'ann@example.co', 'a nn@example.com', '']) t.not(app.audit.hash(text), hash, text)
  t.not(
    other.app.audit.hash('ann@example.com'),
    hash,
    'nor is it that of another server'
  )
})
