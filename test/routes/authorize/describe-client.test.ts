// What the consent page says of an app: which names and hosts are verified, and which are not
// (threat CL-09). What makes a host verified is tested in
// test/plugins/oauth/clients/verified-host.test.ts.
import t from 'tap'
import { describeClient } from '../../../routes/authorize/describe-client.ts'

const AWAY = 'https://app.example/callback'
const HERE = 'http://127.0.0.1:9999/callback'
const DOCUMENT = { host: 'docs.example', isKnown: false, isElsewhere: true }

async function trust (kind: string | undefined, document: object | undefined, redirectUri: string) {
  const clients = {
    verified: () => document,
    recall: async () => kind && { kind }
  }
  const asked = { clientId: 'app', clientName: 'App', redirectUri }
  const { client } = await describeClient({ clients } as never, asked as never)
  return client
}

t.test('the name of an app that registered itself is doubted, and nothing of it is verified (CL-09)', async (t) => {
  t.same(await trust('registered', undefined, AWAY), { name: 'App', doubts: { name: true } })
})

t.test('of an app that the operator or this server knows the host is verified', async (t) => {
  for (const kind of ['operator', 'chatgpt']) {
    t.same(
      await trust(kind, undefined, AWAY),
      { name: 'App', verified: 'app.example', doubts: {} }, kind
    )
  }
})

t.test('a program on the computer is said to be one, whoever says to have written it', async (t) => {
  t.same(await trust('registered', undefined, HERE), { name: 'App', doubts: { program: true } })
  t.same(
    await trust('document', DOCUMENT, HERE),
    { name: 'App', doubts: { described: 'docs.example' } }
  )
})

t.test('a document verifies its host alone, and says where else the browser goes', async (t) => {
  t.same(
    await trust('document', DOCUMENT, AWAY),
    { name: 'App', doubts: { onlyHost: 'docs.example', elsewhere: 'app.example' } }
  )
  t.same(
    await trust(undefined, { ...DOCUMENT, isKnown: true, isElsewhere: false }, AWAY),
    { name: 'App', verified: 'docs.example', doubts: {} }
  )
})

t.test('an app that nobody remembers is refused', async (t) => {
  await t.rejects(trust(undefined, undefined, AWAY), { code: 'invalid_client' })
})
