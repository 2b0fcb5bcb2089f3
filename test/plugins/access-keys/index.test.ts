// Access keys from their creation to their end, at the MCP endpoint of a server on SQLite and on Redis.
import { MAX_KEYS_PER_PERSON, type AccessKey } from '../../../plugins/access-keys/contract.ts'
import { newKey } from '../../../plugins/access-keys/key-format.ts'
import { demoPerson, keyFor } from '../../helpers/access-keys.ts'
import { mcpClient } from '../../helpers/mcp.ts'
import { ping } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('a key works as a bearer token until it is revoked, and its use is noted (AK-04)', async (t, start) => {
  const server = await start()
  const { url, app } = server
  const { id: userId } = await demoPerson(server)
  const { secret, id } = await keyFor(server, userId)
  t.equal(await ping(url, secret), 200)
  const [listed] = await app.accessKeys.listByUser(userId)
  t.match(
    listed,
    { id, name: 'Nightly', scopes: ['mcp:read', 'mcp:write'] }
  )
  t.equal(
    listed!.endsAt,
    (await app.signIn.lifecycle.find(userId))!.endsAt,
    'not longer than a temporary account'
  )

  const stored = await Array.fromAsync(app.storage.collection<AccessKey>('accessKey').all())
  t.notMatch(
    JSON.stringify(stored),
    secret.slice(24, 56),
    'only its hash is stored (AK-02)'
  )

  t.match(await app.accessKeys.revoke(id), { id, userId })
  t.equal(await ping(url, secret), 401)
  t.equal(await app.accessKeys.revoke(id), undefined)
  t.same(await app.accessKeys.listByUser(userId), [])
})

storageTest('a key ends with its time, by the server’s clock (AK-05)', async (t, start) => {
  let now = 1_800_000_000
  const server = await start({ now: () => now, env: { AUTH_BACKEND: 'demo' } })
  const { url, app } = server
  const { id: userId } = await demoPerson(server)
  await app.userStore.records.update(userId, (user) => {
    const { endsAt: _, ...stays } = user!
    return { write: { record: stays, ttl: null }, result: undefined }
  })
  const { secret } = await keyFor(server, userId, { days: 1 })
  now += 86_399
  t.equal(await ping(url, secret), 200)
  now += 1
  t.equal(await ping(url, secret), 401)
})

storageTest('a key ends when its person is locked or deleted, and no other person’s does (AK-06)', async (t, start) => {
  const server = await start()
  const { url, app } = server
  for (const end of ['lock', 'delete'] as const) {
    const [ann, bob] = [await demoPerson(server), await demoPerson(server)]
    const [anns, bobs] = [await keyFor(server, ann.id), await keyFor(server, bob.id)]
    t.equal(await ping(url, anns.secret), 200)
    await app.signIn.lifecycle[end](ann.id)
    t.equal(await ping(url, anns.secret), 401, end)
    t.equal(await ping(url, bobs.secret), 200, 'another person')
    await t.rejects(
      keyFor(server, ann.id),
      { code: 'sign_in_expired' },
      'and none is made for them'
    )
    t.same(await app.accessKeys.listByUser(ann.id), [])
    await app.signIn.lifecycle.unlock(ann.id)
    t.equal(
      await ping(url, anns.secret),
      401,
      'what was ended stays so'
    )
  }
})

storageTest('a key whose session ends while it is made is not left behind (AK-06)', async (t, start) => {
  const server = await start()
  const { app } = server
  const { id: userId } = await demoPerson(server)
  const asked = { userId, name: 'n', scopes: ['mcp:read'], days: 1 }
  await t.rejects(
    app.accessKeys.create({ ...asked, isStillSignedIn: async () => false }),
    { code: 'sign_in_expired' }
  )
  await t.rejects(
    app.accessKeys.create({ ...asked, isStillSignedIn: () => Promise.reject(new Error('away')) }),
    { message: 'away' }
  )
  t.same(await app.accessKeys.listByUser(userId), [])
  t.same(await Array.fromAsync(app.accessKeys.all()), [])
})

storageTest('beyond the number of keys nothing is written (AK-07)', async (t, start) => {
  const server = await start()
  const { id: userId } = await demoPerson(server)
  for (let count = 0; count < MAX_KEYS_PER_PERSON; count++) await keyFor(server, userId)
  await t.rejects(
    keyFor(server, userId),
    { code: 'invalid_request', message: /50 access keys already/ }
  )
  t.equal(
    (await Array.fromAsync(server.app.accessKeys.all())).length,
    MAX_KEYS_PER_PERSON
  )
})

storageTest('made-up keys, and a wrong secret with a known id, are refused (AK-01)', async (t, start) => {
  const server = await start()
  const { url } = server
  const { id: userId } = await demoPerson(server)
  const { id } = await keyFor(server, userId)
  t.equal(await ping(url, newKey().secret), 401)
  // A made-up secret below a known id, with its right checksum.
  let guess = newKey()
  while (guess.secret.length !== 62) guess = newKey()
  t.equal(
    await ping(url, `mcp_key_${id}${guess.secret.slice(24)}`),
    401
  )
})

storageTest('a key allows no more than its scopes, and the challenge names what is missing (AK-08)', async (t, start) => {
  const server = await start()
  const { id: userId } = await demoPerson(server)
  const { secret } = await keyFor(server, userId, { scopes: ['mcp:read'] })
  const mcp = mcpClient(server.url, secret)
  const call = (name: string, args: object) => mcp.modern('tools/call', { name, arguments: args })
  t.match(
    await call('calculate', { expression: '2+2' }),
    { status: 200, json: { result: { isError: undefined } } }
  )
  const refused = await call('write', { title: 'T', content: 'C' })
  t.equal(refused.status, 403)
  t.match(
    refused.headers.get('www-authenticate'),
    /error="insufficient_scope"/
  )
  t.match(
    refused.headers.get('www-authenticate'),
    /scope="[^"]*mcp:write"/
  )
  t.same(
    await Array.fromAsync(server.app.notes.exportOf(userId)),
    [],
    'nothing was written'
  )
})
