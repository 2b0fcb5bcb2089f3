// What a handle is good for: how long, once, in which browser, and what it may hold (threats ST-01, ST-04).
// A sign-in under way and the session after it: what a handle is good for, for how long, once and in which browser and
// session; and what a session cookie is (threats ST-01, ST-04, LG-06, LG-10, LG-20).
import { OAuthError } from '../../../errors.ts'
import { SESSION_LIFETIME_SECONDS } from '../../../plugins/sign-in/cookies.ts'
import type { Interaction } from '../../../plugins/sign-in/contract.ts'
import { createHandles, HANDLE_LIFETIME_SECONDS } from '../../../plugins/sign-in/handles.ts'
import { Browser } from '../../helpers/browser.ts'
import { census } from '../../helpers/census.ts'
import { authorizeUrl, newClient, pkce, walk } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'

const interaction: Interaction = { intent: { kind: 'visit', path: '/' }, browser: 'hash' }

const SITE = '192.0.2.1'

const demo = ({ fields }: { fields: Record<string, string> }) => fields['backend'] === 'demo'

/** Base64 that does not compress. */
const noise = (length: number) =>
  Array.from({ length: Math.ceil(length / 43) }, () => pkce().challenge)
    .join('')
    .slice(0, length)

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    return { code: error.code, statusCode: error.statusCode }
  }
}

storageTest(
  'a handle works once, of any number of callers on any instance for one, and is nothing when it is made up (ST-04)',
  async (t, start) => {
    const { app } = await start()
    const [here, there] = [createHandles(app), createHandles(app)]
    for (const [name, make] of [
      ['sealed', async () => here.seal(interaction)],
      [
        'kept',
        async () => {
          const handle = await here.choosePlace(SITE)
          await here.store(handle, interaction)
          return handle
        }
      ]
    ] as const) {
      const handle = await make()
      t.strictSame(await there.find(handle), interaction, `${name}: found`)
      const odd = handle.includes('.') ? `${handle.split('.')[0]}.${'x'.repeat(43)}` : `${handle.slice(0, -8)}AAAAAAAA`
      for (const wrong of [
        odd,
        `${handle}x`,
        handle.slice(0, -1),
        '',
        '.',
        '0.',
        'x'.repeat(43),
        'é'.repeat(100),
        'A'.repeat(100_000)
      ]) {
        t.equal(await here.find(wrong), undefined, `${name}: ${wrong.slice(0, 20)} is not found`)
        t.equal(await here.spend(wrong), false)
      }
      const spent = await Promise.all(Array.from({ length: 8 }, (_, index) => (index % 2 ? here : there).spend(handle)))
      t.equal(spent.filter(Boolean).length, 1, `${name}: eight at once, one goes on`)
      t.equal(await there.find(handle), undefined, `${name}: it is spent for all`)
    }
  }
)

storageTest(
  'what a stranger brings is in the handle alone; what is kept has a number of places, and a size (ST-01)',
  async (t, start) => {
    const { app, ...server } = await start()
    const handles = createHandles(app)
    const before = await census({ app, ...server })
    const long = (length: number): Interaction => ({ ...interaction, intent: { kind: 'visit', path: noise(length) } })
    t.ok(handles.seal(long(4_096)).length <= 6_000)
    const refusal = { code: 'invalid_request', statusCode: 400 }
    for (const length of [6_000, 30_000]) {
      t.match(
        thrownBy(() => handles.seal(long(length))),
        refusal
      )
    }
    const place = await handles.choosePlace(SITE)
    await t.rejects(handles.store(place, long(30_000)), refusal)
    t.strictSame(await census({ app, ...server }), before)

    for (let count = 0; count < 500; count++) {
      t.ok(Number((await handles.choosePlace(SITE)).split('.')[0]) < 8_192)
    }
    await handles.store(place, interaction)
    const replaced = `${place.split('.')[0]}.${'y'.repeat(43)}`
    await handles.store(replaced, interaction)
    t.equal((await census({ app, ...server }))['interaction'], 1, 'one place holds one')
    t.equal(await handles.find(place), undefined)
    t.equal(await handles.spend(place), false, 'who was replaced spends nothing')
    t.strictSame(await handles.find(replaced), interaction)
  }
)

storageTest(
  'the networks of one site take a part of the places for sign-ins that are stored, and not those of others (OW-09)',
  async (t, start) => {
    const { app } = await start()
    const handles = createHandles(app)
    const takenBy = async (site: string) => {
      const places: number[] = []
      for (let count = 0; count < 40; count++) places.push(Number((await handles.choosePlace(site)).split('.')[0]))
      return places.sort((a, b) => a - b)
    }
    /** From the first to the last, around the end. */
    const widthOf = (places: number[]) =>
      8_192 - Math.max(...places.map((place, index) => (places[index + 1] ?? places[0]! + 8_192) - place))
    t.ok(widthOf(await takenBy('2001:db8::')) < 1_024)
    const others = await Promise.all(Array.from({ length: 12 }, (_, index) => takenBy(`192.0.2.${index}`)))
    t.ok(others.every((places) => widthOf(places) < 1_024))
    t.ok(widthOf(others.flat().sort((a, b) => a - b)) > 2_048, 'each site has others')
  }
)

storageTest('marks of spent handles are a fixed number, and each counts until another takes its place (ST-01)', async (t, start) => {
  const { app, ...server } = await start()
  const handles = createHandles(app, 4)
  for (let count = 0; count < 40; count++) t.ok(await handles.spend(handles.seal(interaction)))
  t.ok((await census({ app, ...server }))['spentHandle']! <= 4)
  const last = handles.seal(interaction)
  t.equal(await handles.spend(last), true)
  t.equal(await handles.spend(last), false)
  t.equal(await handles.find(last), undefined)
})

storageTest('each lifetime, a second before its end and at it (ST-04)', async (t, start) => {
  let time = 1_750_000_000
  const { url, app } = await start({ now: () => time })
  const handles = createHandles(app)
  const kept = await handles.choosePlace(SITE)
  const client = await newClient(url)
  const login = async () => (await new Browser().get(`${url}/login`)).status
  t.equal(await login(), 200)
  const table: Array<[string, number, () => Promise<() => Promise<boolean>>]> = [
    [
      'a handle that holds its sign-in',
      600,
      async () => {
        const handle = handles.seal(interaction)
        return async () => (await handles.find(handle)) !== undefined
      }
    ],
    [
      'a handle whose sign-in is kept',
      600,
      async () => {
        await handles.store(kept, interaction)
        return async () => (await handles.find(kept)) !== undefined
      }
    ],
    [
      'a sign-in page',
      600,
      async () => {
        const browser = new Browser()
        const page = await browser.get(`${url}/login`)
        return async () => (await browser.get(page.url)).status === 200
      }
    ],
    [
      'a consent page',
      600,
      async () => {
        const browser = new Browser()
        const page = await browser.submit(
          await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge })),
          demo
        )
        return async () => (await browser.get(page.url)).status === 200
      }
    ],
    [
      'a session',
      8 * 3600,
      async () => {
        const browser = new Browser()
        await browser.submit(await browser.get(`${url}/login`), demo)
        return async () => (await browser.get(`${url}/account`)).url.endsWith('/account')
      }
    ]
  ]
  t.strictSame([HANDLE_LIFETIME_SECONDS, SESSION_LIFETIME_SECONDS], [600, 28_800])
  for (const [name, seconds, begin] of table) {
    const works = await begin()
    time += seconds - 1
    t.equal(await works(), true, `${name}: ${seconds - 1} s`)
    time += 1
    t.equal(await works(), false, `${name}: ${seconds} s`)
  }
})

storageTest(
  'a spent handle stays spent until it has expired, and its mark is gone soon after (ST-04)',
  async (t, start) => {
    let time = 1_750_000_000
    const { app } = await start({ now: () => time })
    const handles = createHandles(app)
    const handle = handles.seal(interaction)
    t.equal(await handles.spend(handle), true)
    time += HANDLE_LIFETIME_SECONDS - 1
    t.equal(await handles.find(handle), undefined)
    t.equal(await handles.spend(handle), false)
  }
)

storageTest(
  'a state of 2 KB comes back whole, one of 4 KB too, and what is longer is a page that says so (ST-04)',
  async (t, start) => {
    const { url, app, ...server } = await start()
    const client = await newClient(url)
    for (const length of [2_000, 4_096]) {
      const state = noise(length)
      const { redirect, consent } = await walk(url, client, {
        state,
        scope: 'openid email mcp:read mcp:write offline_access'
      })
      t.equal(redirect.searchParams.get('state'), state)
      t.ok(consent.url.length < 6_100, `${consent.url.length} characters`)
    }
    const before = await census({ app, url, ...server })
    for (const fields of [{ state: noise(4_097) }, { state: noise(4_000), nonce: noise(4_000) }]) {
      const browser = new Browser()
      const page = await browser.get(
        authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge, ...fields })
      )
      t.match({ status: page.status, left: browser.left }, { status: 400, left: undefined })
      t.match(page.text, /invalid_request/)
      t.match(page.text, /too long|longer than/)
    }
    const after = await census({ app, url, ...server })
    const events = { journal: 0, 'entries with a topic': 0 }
    t.strictSame({ ...after, ...events }, { ...before, ...events })
  }
)
