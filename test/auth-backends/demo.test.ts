// The demo sign-in: one click, one person for each browser, loud about itself.
import t from 'tap'
import { registry } from '../../auth-backends/registry.ts'
import demo from '../../auth-backends/demo.ts'
import { backendContract } from './contract.ts'
import { createTestHost } from './host.ts'

t.test('contract', (t) => backendContract(t, { open: async () => demo.open({}, createTestHost()) }))

t.test('for development only, and a warning when it is on (WB-17)', async (t) => {
  for (const [name, load] of Object.entries(registry)) { t.equal((await load()).default.developmentOnly, name === 'demo' ? true : undefined, name) }
  const house = createTestHost()
  demo.open({}, house)
  t.match(house.lines, [/Demo sign-in is on/])
})

t.test('one click, no password form, no e-mail address, no trace of the browser id', async (t) => {
  const backend = demo.open({}, createTestHost())
  t.equal(backend.password, undefined)
  t.equal(backend.signUp, undefined)
  t.same(backend.oneClick?.label, { key: 'sign-up.demoButton' })
  t.equal(backend.oneClick?.lifetimeSeconds, 86_400, 'for a day')
  const identity = await backend.oneClick!.signIn('browser-cookie-value')
  t.match(identity, { subject: /^[0-9a-f]{64}$/, name: /^Demo user [0-9A-F]{4}$/ })
  t.equal(identity.email, undefined)
  t.notOk(JSON.stringify(identity).includes('browser-cookie-value'))
})
