// Work is bounded before it starts: the largest and most awkward heads, bodies and forms of every route delay no one else
// and take little memory (BW-07). New routes are walked without being named.
import t from 'tap'
import { Browser, type Page } from '../helpers/browser.ts'
import { request, startWalk, type Walk } from '../helpers/bounded-walk.ts'
import { SHAPES } from '../helpers/largest-input.ts'
import { authorizeUrl, newClient, pkce, signUp } from '../helpers/oauth.ts'
import { BODY_CHARACTERS, every, LIMIT } from './bounded-work/offer.ts'

const FORM_CHARACTERS = 60_000
const HEAD_CHARACTERS = 28_000
let walk: Walk
t.before(async () => {
  walk = await startWalk(t)
})

/** What our endpoints read by name, and one that none does. */
const NAMES = [
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'redirect_uri',
  'code',
  'code_verifier',
  'code_challenge',
  'refresh_token',
  'grant_type',
  'scope',
  'state',
  'resource',
  'nonce',
  'prompt',
  'token',
  'interaction',
  'email',
  'password',
  'name',
  'invite',
  'backend',
  'other'
]
const HEADERS = [
  'authorization',
  'cookie',
  'accept',
  'origin',
  'user-agent',
  'x-forwarded-for',
  'forwarded',
  'if-none-match',
  'mcp-session-id',
  'mcp-protocol-version',
  'last-event-id',
  'traceparent',
  'tracestate',
  'baggage',
  'accept-language',
  'range'
]
const named = (fill: (length: number) => string, length: number): Array<[name: string, value: string]> =>
  NAMES.map((name) => [name, fill(length)])
const headerValue = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '~')

/** Bodies of every kind, each as large as it may be. */
function bodies (fill: (length: number) => string): Array<[type: string, body: string]> {
  const form = (fields: Array<[name: string, value: string]>) =>
    new URLSearchParams(fields).toString().slice(0, FORM_CHARACTERS)
  return [
    ['application/x-www-form-urlencoded', form(named(fill, FORM_CHARACTERS / NAMES.length / 3))],
    ['application/x-www-form-urlencoded', fill(FORM_CHARACTERS)],
    ['application/x-www-form-urlencoded', form(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, '']))],
    ['application/json', fill(BODY_CHARACTERS)],
    ['application/json', JSON.stringify(Object.fromEntries(named(fill, BODY_CHARACTERS / NAMES.length / 3)))],
    [
      'application/json',
      JSON.stringify({
        redirect_uris: Array.from({ length: 20_000 }, (_, index) => `https://app.example/${index}`),
        contacts: Array(1_000).fill(fill(20)),
        client_name: fill(FORM_CHARACTERS),
        scope: fill(FORM_CHARACTERS)
      })
    ],
    ['text/plain', fill(BODY_CHARACTERS)]
  ]
}

t.test('every route, with the largest heads and bodies', LIMIT, async (t) => {
  // Made once: they are megabytes of text, and the same for every route.
  const kindsOf = new Map(SHAPES.map((shape) => [shape, bodies(shape.fill)]))
  const routes = walk.server.routes.filter(({ method }) => method !== 'HEAD')
  t.ok(routes.length > 30)
  for (const [turn, { method, url }] of routes.entries()) {
    for (const [index, shape] of every([...SHAPES.entries()], 2, turn)) {
      const address =
        walk.server.url +
        url.replaceAll(/:\w+|\*/g, encodeURIComponent(shape.fill(1_500)).slice(0, HEAD_CHARACTERS / 2))
      const query = `${address}?${new URLSearchParams(named(shape.fill, HEAD_CHARACTERS / NAMES.length / 10))}`.slice(
        0,
        HEAD_CHARACTERS
      )
      const name = `${method} ${url} with ${shape.name}`
      const header = HEADERS[(turn + index) % HEADERS.length]!
      const value = headerValue(shape.fill(HEAD_CHARACTERS / 2))
      if ((turn + index) % 4 < 2) {
        await walk.ask(`${name} in the query`, () => request(query, { method }).then((response) => response.text()))
      } else {
        await walk.ask(`${name} in ${header}`, () =>
          request(address, {
            method,
            headers: { [header]: header === 'authorization' ? `Bearer ${value}` : value }
          }).then((response) => response.text())
        )
      }
      if (method === 'GET' || method === 'OPTIONS') continue
      const kinds = kindsOf.get(shape)!
      for (const [type, body] of every(kinds, kinds.length, turn + index)) {
        await walk.ask(`${name} in ${type}`, () =>
          request(address, {
            method,
            headers: {
              'content-type': type,
              accept: 'application/json, text/event-stream',
              origin: walk.server.url
            },
            body
          }).then((response) => response.text())
        )
      }
    }
  }
  walk.report(t, 'routes')
})

t.test('every form of every page, filled in to the brim', LIMIT, async (t) => {
  const { url } = walk.server
  const client = await newClient(url)
  const authorize = authorizeUrl(url, {
    client_id: client.client_id,
    code_challenge: pkce().challenge,
    state: 's'.repeat(2_000)
  })
  const stranger = new Browser()
  const person = new Browser()
  await signUp(person, await person.get(`${url}/login`), { email: 'walker@example.com' })
  const addresses = [
    ...new Set(
      walk.server.routes
        .filter(({ method }) => method === 'GET')
        .map(({ url }) => url)
        .filter((path) => !/[:*]/.test(path))
    )
  ]
  for (const [browser, who] of [
    [stranger, 'a stranger'],
    [person, 'a person']
  ] as const) {
    for (const address of [
      authorize,
      ...addresses.map((path) => url + path),
      `${url}/documents/large.md`,
      `${url}/documents/dense.txt`,
      `${url}/documents/wide.txt`
    ]) {
      let page: Page | undefined
      await walk.ask(`${address.slice(url.length, url.length + 60)} for ${who}`, async () => {
        page = await browser.get(address)
      })
      for (const { action, fields } of page?.forms ?? []) {
        // After these there is no further form to see.
        if (/logout|delete|sign-out|revoke/.test(action)) continue
        for (const [turn, field] of Object.keys(fields).entries()) {
          for (const shape of every(SHAPES, 5, turn)) {
            const target = new URL(action, page!.url).href
            const body = new URLSearchParams({ ...fields, [field]: shape.fill(FORM_CHARACTERS / 10) }).toString()
            const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
            await walk.ask(`${field} of ${action} with ${shape.name} for ${who}`, () =>
              request(target, {
                method: 'POST',
                headers: { 'content-type': 'application/x-www-form-urlencoded', origin: url, cookie },
                body
              }).then((response) => response.text())
            )
          }
        }
      }
    }
  }
  for (const path of addresses) {
    await walk.ask(`${path} for a person with a thousand notes`, () => walk.browser.get(url + path))
  }
  walk.report(t, 'forms')
})
