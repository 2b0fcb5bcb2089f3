// Nothing is stored for a stranger: every route, present and future, with the largest requests and without credentials.
import { paths } from '../../paths.ts'
import { openAuditJournals } from '../../plugins/observability/audit/journals.ts'
import { nothingGrows } from '../helpers/nothing-grows.ts'
import { withRoutes, type Route } from '../helpers/route-table.ts'
import { storageTest, type Start } from '../helpers/storages.ts'
import {
  authorization,
  CHATGPT,
  concrete,
  cookiesOf,
  fields,
  handleIn,
  send,
  stranger
} from '../helpers/visitors.ts'

const start = (begin: Start, options: Parameters<Start>[0] = {}) => withRoutes(() => begin(options))
const LONG = 'A'.repeat(30_000)

storageTest(
  'requests without credentials leave nothing in storage, at any route and of any size (ST-01)',
  async (t, begin) => {
    const { server, routes } = await start(begin, { env: { AUTH_BACKEND: 'local,demo' } })
    await server.app.inject(paths.health)
    const visitor = await stranger(server)
    const made = `mcp_session=${'s'.repeat(43)}; mcp_browser=${'b'.repeat(43)}`
    for (const route of routes.filter(({ method }) => !['HEAD', 'TRACE'].includes(method))) {
      const to = { method: route.method, url: concrete(route.url, LONG) }
      // The limit `sign-up` bounds accounts; this sign-up is refused for its password.
      const wide = fields(visitor, { password: 'short', email: `${'a'.repeat(20_000)}@example.com`, name: LONG })
      await nothingGrows(t, server, `${route.method} ${route.url}`, async () => {
        for (const cookie of ['', made, visitor.cookie]) {
          await send(server, to, { cookie })
          const oversized = { ...authorization(CHATGPT), state: LONG, nonce: LONG, interaction: LONG }
          await send(server, to, { cookie, query: oversized })
          const large = { ...authorization(CHATGPT), state: 'x'.repeat(4_000), ...fields(visitor) }
          await send(server, to, { cookie, query: large })
          if (route.method !== 'POST') continue
          for (const form of [wide, fields(visitor, { password: 'short' })]) await send(server, to, { cookie, form })
          const headers = { 'content-type': 'application/json', authorization: `Bearer ${LONG}` }
          await send(server, to, { cookie, headers })
        }
      })
    }
    const entries = openAuditJournals(server.app.storage).all()
    for await (const entry of entries) t.ok(JSON.stringify(entry).length < 2_000, 'no event is long')
  }
)

storageTest('with a valid handle, forms that are refused store nothing either (ST-01)', async (t, begin) => {
  const { server } = await start(begin, { env: { AUTH_BACKEND: 'local,demo' } })
  const refusals: Array<[string, Route, Record<string, string>]> = [
    ['a wrong password', { method: 'POST', url: paths.login }, {}],
    ['an unknown sign-in method', { method: 'POST', url: paths.login }, { backend: 'nowhere' }],
    ['switching accounts while signed out', { method: 'POST', url: paths.switchAccount }, {}],
    ['a code that was not asked for', { method: 'POST', url: paths.loginCode }, {}],
    ['a choice that was not offered', { method: 'POST', url: paths.loginChoice }, { decision: 'separate' }],
    ['consent while signed out', { method: 'POST', url: paths.consent }, { decision: 'allow' }],
    ['an account with a bad password', { method: 'POST', url: paths.signup }, { password: 'short' }]
  ]
  for (const [name, to, more] of refusals) {
    const visitor = await stranger(server)
    await nothingGrows(t, server, name, async () => {
      for (let count = 0; count < 3; count++) {
        await send(server, to, { cookie: visitor.cookie, form: fields(visitor, more) })
      }
    })
  }
})

storageTest(
  'a path longer than 2 KB is refused before the sign-in, and a shorter one is opened after it (ST-01)',
  async (t, begin) => {
    const { server } = await start(begin)
    const refused = await send(server, { method: 'GET', url: `/documents/${'A'.repeat(2_048)}` })
    t.match([refused.statusCode, refused.headers['location']], [400, undefined])
    const url = `/documents/${'A'.repeat(2_000)}`
    const asked = await send(server, { method: 'GET', url })
    const entered = await send(
      server,
      { method: 'POST', url: paths.login },
      { cookie: cookiesOf(asked), form: { interaction: handleIn(asked), backend: 'demo' } }
    )
    t.equal(entered.headers['location'], url)
  }
)
