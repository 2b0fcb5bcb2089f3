// PUBLIC_URL gets another host: what the log says of passkeys.
import t from 'tap'
import { createPasskeyHosts } from '../../../plugins/second-factors/hosts.ts'
import { openRecords } from '../../../plugins/second-factors/records.ts'
import { BROWSER, passkeyOf, userOf } from '../../helpers/second-factors.ts'
import { startServer } from '../../helpers/server.ts'

t.test('the log says at each start which passkeys do not work, until none is left', async (t) => {
  const server = await startServer(t)
  const { storage, secondFactors } = server.app
  const records = openRecords({ storage, now: () => 0 })
  const warnings: string[] = []
  const log = { warn: (message: string) => warnings.push(message) } as never
  const startAt = (host: string) => createPasskeyHosts({ storage, log }, records, host).warn()
  await startAt('localhost')
  const [ann, bob] = [await userOf(server, 'ann@example.com'), await userOf(server, 'bob@example.com')]
  await passkeyOf(server, ann)
  await passkeyOf(server, ann)
  await passkeyOf(server, bob)
  await startAt('localhost')
  t.strictSame(warnings, [])
  await startAt('mcp.example.com')
  t.match(
    warnings,
    [/^3 passkeys of 2 people were made for localhost and do not work for mcp\.example\.com/]
  )
  await secondFactors.removeAll(ann.id)
  await secondFactors.removeAll(bob.id)
  await startAt('mcp.example.com')
  t.equal(warnings.length, 1)
  t.strictSame(
    await Array.fromAsync(storage.collection('passkeyHost').all()),
    []
  )
})

t.test('a passkey of another host is listed, asked for no more, and still keeps the sign-in from going without', async (t) => {
  const server = await startServer(t)
  const { storage, secondFactors } = server.app
  const ann = await userOf(server, 'ann@example.com')
  const { authenticator } = await passkeyOf(server, ann)
  const asked = await secondFactors.askForPasskey(BROWSER, ann.id)
  const answer = { state: asked.state, response: authenticator.get(asked.options) }
  await storage.collection<{ passkeys: object[] }>('secondFactors').update(ann.id, (record) => ({
    write: {
      record: { ...record!, passkeys: record!.passkeys.map((each) => ({ ...each, rpId: 'old.example' })) },
      ttl: null
    },
    result: undefined
  }))
  t.match(await secondFactors.list(ann.id), [{ madeFor: 'old.example' }])
  t.strictSame(
    (await secondFactors.askForPasskey(BROWSER, ann.id)).options.allowCredentials,
    []
  )
  t.equal(await secondFactors.verifyPasskey(BROWSER, answer, ann.id), undefined)
  t.equal(await secondFactors.neededAfter(ann, 'local', {}), 'verify')
})

t.test('an address is no host: browsers make no passkeys for it', async (t) => {
  const { app, ...server } = await startServer(t, { env: { PUBLIC_URL: 'http://127.0.0.1:3999' } })
  t.equal(app.secondFactors.takesPasskeys, false)
  const ann = await userOf({ app, ...server }, 'ann@example.com')
  await t.rejects(
    app.secondFactors.beginPasskey(ann, BROWSER),
    { code: 'invalid_request', message: /authenticator app/ }
  )
})
