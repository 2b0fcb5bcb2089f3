// Services through clients that nobody here wrote: the official SDK in both versions, and openid-client. Each finds the
// token endpoint from the bare URL, proves itself by secret or by key, and calls a tool.
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as modern from '@modelcontextprotocol/client'
import * as v1Auth from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { importPKCS8 } from 'jose'
import * as openid from 'openid-client'
import t, { type Test } from 'tap'
import { mcpClient } from '../helpers/mcp.ts'
import { ping, post } from '../helpers/oauth.ts'
import type { Connected } from '../helpers/sdk-client.ts'
import { storageTest, type Start } from '../helpers/storages.ts'
import { folder } from '../helpers/tool-context.ts'

const SECRET = 'a secret with + / % : and more'
const bySecret = { clientId: 'nightly', clientSecret: SECRET }
const byKey = (privateKey: string) => ({ clientId: 'reports', privateKey, algorithm: 'ES256' })

/** A key as the guide makes it: its private half in a file, and what the guide's command prints of it. */
async function makeKey (t: Test) {
  const place = await mkdtemp(join(tmpdir(), 'service-key-'))
  t.teardown(() => rm(place, { recursive: true, force: true }))
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  await writeFile(join(place, 'reports.pem'), pem)
  const guide = await readFile(new URL('../../docs/access-without-a-browser.md', import.meta.url), 'utf8')
  const script = /^node -p "(.*)"$/m.exec(guide)![1]!
  const { stdout } = await promisify(execFile)(process.execPath, ['-p', script], { cwd: place })
  return { pem, jwk: JSON.parse(stdout) as object }
}

async function startWithServices (t: Test, start: Start) {
  const { pem, jwk } = await makeKey(t)
  const terms = { grant_types: ['client_credentials'], scope: 'mcp:read' }
  const clients = [
    { client_id: 'nightly', client_secret: SECRET, ...terms },
    { client_id: 'reports', jwks: { keys: [jwk] }, ...terms }
  ]
  return { pem, ...(await start({ env: { CLIENTS: JSON.stringify(clients) } })) }
}

/** Both providers of a version have one shape, and each version has types of its own for it. */
interface Provider {
  tokens(): { access_token: string, scope?: string } | undefined
}
type Connect = (url: URL, authProvider: Provider) => Promise<Connected>

const connectModern = (mode: 'legacy' | { pin: string }): Connect => async (url, authProvider) => {
  const client = new modern.Client({ name: 'journey', version: '1' }, { versionNegotiation: { mode } })
  await client.connect(new modern.StreamableHTTPClientTransport(url, { authProvider: authProvider as never }))
  return client as unknown as Connected
}
const connectV1: Connect = async (url, authProvider) => {
  const client = new V1Client({ name: 'journey', version: '1' })
  await client.connect(new V1Transport(url, { authProvider: authProvider as never }) as never)
  return client as unknown as Connected
}

/** @param revoke as a program of the same service that has lost a token. */
async function live (t: Test, url: string, provider: Provider, connect: Connect, revoke: (token: string) => Promise<void>) {
  const client = await connect(new URL(url), provider)
  t.teardown(() => client.close())
  t.ok((await client.listTools()).tools.some(({ name }) => name === 'search'))
  const search = () => client.callTool({ name: 'search', arguments: { query: 'tide' } })
  const found = { structuredContent: { results: [{ title: 'Tides' }] } }
  t.match(await search(), found)
  const { access_token: token, scope } = provider.tokens()!
  t.equal(scope, 'mcp:read', 'it asked for all that the challenge names, and has what is in CLIENTS')
  await revoke(token)
  t.equal(await ping(url, token), 401)
  t.match(await search(), found, 'a token that has ended is replaced without a word')
  t.not(provider.tokens()!.access_token, token)
}

const discover = (url: string, id: string, auth: openid.ClientAuth) =>
  openid.discovery(new URL(url), id, undefined, auth, { execute: [openid.allowInsecureRequests] })

storageTest('the official SDK, version 1 and both eras of version 2, by secret and by key', async (t, start) => {
  const { url, pem } = await startWithServices(t, start)
  const expected = { expectedIssuer: url }
  const v2 = () => [
    new modern.ClientCredentialsProvider({ ...bySecret, ...expected }),
    new modern.PrivateKeyJwtProvider({ ...byKey(pem), ...expected })
  ]
  const v1 = () => [
    new v1Auth.ClientCredentialsProvider({ ...bySecret, ...expected }),
    new v1Auth.PrivateKeyJwtProvider({ ...byKey(pem), ...expected })
  ]
  const kinds: Array<[string, Provider[], Connect]> = [
    ['version 2, 2026 era', v2() as Provider[], connectModern({ pin: '2026-07-28' })],
    ['version 2, 2025 era', v2() as Provider[], connectModern('legacy')],
    ['version 1', v1() as Provider[], connectV1]
  ]
  const nightly = await discover(url, 'nightly', openid.ClientSecretBasic(SECRET))
  const reports = await discover(url, 'reports', openid.PrivateKeyJwt(await importPKCS8(pem, 'ES256')))
  for (const [name, [secret, key], connect] of kinds) {
    await t.test(`${name}, by secret`, (t) =>
      live(t, url, secret!, connect, (token) => openid.tokenRevocation(nightly, token)))
    await t.test(`${name}, by key`, (t) =>
      live(t, url, key!, connect, (token) => openid.tokenRevocation(reports, token)))
  }
})

storageTest('openid-client by secret and by key, from discovery to revocation', async (t, start) => {
  const { url, pem } = await startWithServices(t, start)
  const ways: Array<[string, openid.ClientAuth]> = [
    ['nightly', openid.ClientSecretBasic(SECRET)],
    ['nightly', openid.ClientSecretPost(SECRET)],
    ['reports', openid.PrivateKeyJwt(await importPKCS8(pem, 'ES256'))]
  ]
  for (const [id, auth] of ways) {
    const config = await discover(url, id, auth)
    t.ok(config.serverMetadata().grant_types_supported!.includes('client_credentials'))
    const tokens = await openid.clientCredentialsGrant(config, { scope: 'mcp:read', resource: url })
    t.match([tokens.scope, tokens.refresh_token, tokens.id_token], ['mcp:read', undefined, undefined])
    t.equal(await ping(url, tokens.access_token), 200)
    const about = await openid.tokenIntrospection(config, tokens.access_token)
    t.match(about, { active: true, sub: `service:${id}`, client_id: id, scope: 'mcp:read' })
    await openid.tokenRevocation(config, tokens.access_token)
    t.equal(await ping(url, tokens.access_token), 401)
    t.match(await openid.tokenIntrospection(config, tokens.access_token), { active: false })
    const wide = openid.clientCredentialsGrant(config, { scope: 'openid' })
    t.match(await wide.catch((error: unknown) => error), { error: 'invalid_scope', status: 400 })
  }
})

storageTest('a service has notes of its own, and what access.json gives its groups', async (t, start) => {
  const file = join(await folder(t), 'access.json')
  const rules = [
    { who: ['everyone'], tools: ['list_notes', 'write'] },
    { who: ['finance'], tools: ['calculate'] }
  ]
  await writeFile(file, JSON.stringify({ groups: { finance: [] }, rules }))
  const terms = { client_secret: SECRET, grant_types: ['client_credentials'], scope: 'mcp:read mcp:write' }
  const clients = [{ client_id: 'in', groups: ['finance'], ...terms }, { client_id: 'out', ...terms }]
  const { url } = await start({ env: { CLIENTS: JSON.stringify(clients), ACCESS: file } })
  const connect = async (id: string) => {
    const { body } = await post(`${url}/token`, { client_id: id, client_secret: SECRET, grant_type: 'client_credentials' })
    const mcp = mcpClient(url, body['access_token'] as string)
    const ask = async (method: string, params = {}) => (await mcp.modern(method, params)).json.result
    return {
      tools: async () => (await ask('tools/list')).tools.map(({ name }: { name: string }) => name).sort() as string[],
      call: async (name: string, args = {}) => (await ask('tools/call', { name, arguments: args })).structuredContent
    }
  }
  const [inside, outside] = [await connect('in'), await connect('out')]
  t.same(await inside.tools(), ['calculate', 'list_notes', 'write'])
  t.same(await outside.tools(), ['list_notes', 'write'])
  await outside.call('write', { title: 'Its own', text: 'For nobody else.' })
  t.match(await outside.call('list_notes'), { notes: [{ title: 'Its own' }] })
  t.same((await inside.call('list_notes')).notes, [])
})

t.test('the guide\'s program is what version 2 of the SDK takes', async (t) => {
  const guide = await readFile(new URL('../../docs/access-without-a-browser.md', import.meta.url), 'utf8')
  const [, names] = /import \{ (.*) \} from '@modelcontextprotocol\/client'/.exec(guide)!
  for (const name of names!.split(', ')) t.type((modern as Record<string, unknown>)[name], 'function', name)
})
