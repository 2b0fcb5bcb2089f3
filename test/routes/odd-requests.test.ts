// Odd requests to the endpoints of clients, from a fixed seed: every answer is a refusal in the protocol's words, and
// nothing of a stranger is a fault of the server (threats CL-04).
import { Writable } from 'node:stream'
import t from 'tap'
import { ASSERTION_TYPE } from '../../plugins/oauth/clients/assertion.ts'
import { newClient, tokensFor } from '../helpers/oauth.ts'
import { startServer } from '../helpers/server.ts'

const ROUNDS = 300

/** Mulberry32: the same numbers in every run. */
function createRandom (seed: number) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
  return <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)]!
}

const ODD = [
  '',
  ' ',
  '\0',
  'null',
  '__proto__',
  'constructor',
  '[object Object]',
  '%',
  '%00',
  '\ud800',
  '😀',
  'ａ',
  '\r\nset-cookie: x=1',
  '../..',
  'x'.repeat(5_000),
  '-1',
  '1e999',
  '{"a":1}',
  '["a"]',
  'mcp_at_',
  'mcp_rt_x',
  'mcp_client_',
  'mcp_client_.',
  '.',
  'https://',
  'https://a/',
  'https://[::1]/c',
  'https://127.0.0.1/c',
  'http://a.example/c',
  'chatgpt',
  'code',
  'S256',
  'refresh_token',
  'authorization_code'
]
const b64 = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '').toString('base64url')
const VALUES: unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  'x',
  [],
  {},
  [[]],
  [null],
  { a: { b: [1] } },
  'https://app.example/cb',
  ['https://app.example/cb'],
  'x'.repeat(3_000),
  '\u202e',
  '__proto__',
  Array.from({ length: 200 }, () => 'x')
]

t.test('no odd request is a fault of the server (CL-04)', async (t) => {
  const lines: string[] = []
  const logTo = new Writable({
    write (chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    }
  })
  const { url } = await startServer(t, { env: { LOG_LEVEL: 'info' }, logTo })
  const client = await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })
  const { access, refresh } = await tokensFor(url, client)
  const pick = createRandom(20_261_128)
  const some = [...ODD, client.client_id, client.client_secret!, access.slice(0, -1), `${refresh}x`, ASSERTION_TYPE]
  const assertion = () =>
    pick([
      `${b64(pick(VALUES))}.${b64(pick(VALUES))}.${pick(['', 'AA', '.', '====', 'x'.repeat(2_000)])}`,
      `${b64({ alg: pick([...VALUES, 'RS256', 'none', 'HS256', 'ES256']), kid: pick(VALUES), crit: pick(VALUES) })}.${b64({ iss: pick(VALUES), sub: pick([...VALUES, client.client_id]), aud: pick([...VALUES, url]), exp: pick(VALUES), jti: pick(VALUES) })}.AA`
    ])
  const fields = [
    'grant_type',
    'client_id',
    'client_secret',
    'code',
    'code_verifier',
    'redirect_uri',
    'refresh_token',
    'scope',
    'resource',
    'token',
    'token_type_hint',
    'client_assertion_type',
    'response_type',
    'code_challenge',
    'code_challenge_method',
    'state',
    'nonce',
    'prompt',
    'response_mode'
  ]
  const parameters = () => {
    const form = new URLSearchParams(
      Array.from({ length: pick([1, 3, 6, 9]) }, (): [string, string] => [pick(fields), pick(some)])
    )
    if (pick([true, false])) form.set('client_assertion', assertion())
    return form
  }
  const faults: string[] = []
  const note = async (what: string, answer: Promise<Response>) => {
    const { status } = await answer
    if (status >= 500) faults.push(`${status} ${what}`.slice(0, 500))
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const path of ['/token', '/revoke', '/introspect']) {
      const body = parameters()
      const authorization = pick([
        undefined,
        undefined,
        'Basic',
        'Basic !',
        `Basic ${Buffer.from(pick(some)).toString('base64')}`,
        'Bearer x'
      ])
      await note(
        `${path} ${body}`,
        fetch(url + path, { method: 'POST', body, headers: authorization === undefined ? {} : { authorization } })
      )
    }
    const query = parameters()
    await note(`/authorize ${query}`, fetch(`${url}/authorize?${query}`, { redirect: 'manual' }))
    const metadata = Object.fromEntries(
      Array.from({ length: 4 }, () => [
        pick([
          'redirect_uris',
          'client_name',
          'grant_types',
          'response_types',
          'token_endpoint_auth_method',
          'client_uri',
          'jwks',
          'jwks_uri',
          'software_id',
          'application_type',
          'contacts',
          '__proto__'
        ]),
        pick(VALUES)
      ])
    )
    await note(
      `/register ${JSON.stringify(metadata)}`,
      fetch(`${url}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(metadata)
      })
    )
  }
  t.same(faults, [])
  t.same(
    lines.filter((line) => line.includes('request failed')),
    []
  )
})
