// Passkeys against everything that answers wrongly: on SQLite and on Redis, with an authenticator in software.
import { Authenticator, type Wrong } from '../../helpers/authenticator.ts'
import { BROWSER, passkeyOf, refuses, stored, userOf } from '../../helpers/second-factors.ts'
import { storageTest } from '../../helpers/storages.ts'

const OTHER_BROWSER = 'c'.repeat(43)

storageTest('a passkey is made, named and listed, signs in without a name, and is removed (SF-01)', async (t, start) => {
  const server = await start()
  const { secondFactors } = server.app
  const ann = await userOf(server, 'ann@example.com')
  const { options } = await secondFactors.beginPasskey(ann, BROWSER)
  t.match(options, {
    rp: { id: 'localhost' },
    user: { name: 'ann@example.com', displayName: 'ann' },
    attestation: 'none',
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' }
  })
  t.notMatch(options.user.id, ann.id, 'the authenticator is not told the id of the account')
  const { authenticator, factor } = await passkeyOf(server, ann)
  t.match(factor, { kind: 'passkey', name: 'Laptop', isBackedUp: false })
  t.strictSame(await secondFactors.list(ann.id), [factor])
  t.match(
    (await secondFactors.beginPasskey(ann, BROWSER)).options.excludeCredentials,
    [{ id: authenticator.credentialId }]
  )

  const asked = await secondFactors.askForPasskey(BROWSER)
  t.strictSame(asked.options.allowCredentials, undefined, 'any passkey of anybody')
  const answer = { state: asked.state, response: authenticator.get(asked.options) }
  const tries = await Promise.all([1, 2, 3].map(() => secondFactors.verifyPasskey(BROWSER, answer)))
  t.strictSame(
    tries.filter((id) => id !== undefined),
    [ann.id],
    'one of three that come at once'
  )
  t.equal(
    await secondFactors.verifyPasskey(BROWSER, answer),
    undefined,
    'and none afterwards'
  )
  t.ok((await secondFactors.list(ann.id))[0]!.lastUsedAt)

  t.equal(await secondFactors.rename(ann.id, factor.id, ' Work\u202E laptop '), true)
  t.match(await secondFactors.list(ann.id), [{ name: 'Work laptop' }])
  t.equal(await secondFactors.rename(ann.id, factor.id, '\u200B'), false)
  t.equal(
    await secondFactors.remove((await userOf(server, 'bob@example.com')).id, factor.id),
    false,
    'not by another person'
  )
  t.equal(await secondFactors.remove(ann.id, factor.id), true)
  t.equal(await secondFactors.remove(ann.id, factor.id), false)
  const again = await secondFactors.askForPasskey(BROWSER)
  await refuses(t, server, 'a removed one', () =>
    secondFactors.verifyPasskey(BROWSER, { state: again.state, response: authenticator.get(again.options) }))
  t.notMatch(await stored(server), authenticator.credentialId)
})

storageTest('a passkey that is made wrongly is not taken (SF-02, SF-09, SF-11)', async (t, start) => {
  const server = await start()
  const { secondFactors } = server.app
  const ann = await userOf(server, 'ann@example.com')
  const { authenticator: taken } = await passkeyOf(server, await userOf(server, 'bob@example.com'))
  const certificate = new Map([['x5c', [new Uint8Array(300)]]])
  const wrongs: Record<string, Wrong> = {
    'another origin': { origin: 'https://mcp.example.net' },
    'a page inside another': { clientData: { crossOrigin: true, topOrigin: 'https://evil.example' } },
    'another host': { rpId: 'example.net' },
    'another question': { challenge: 'AAAA' },
    'an answer to another kind of question': { type: 'webauthn.get' },
    'a person who was not verified': { isUnverified: true },
    'a person who was not there': { isAbsent: true },
    'a credential of somebody else': { credentialId: taken.credentialId },
    'a certificate': { format: 'packed', statement: certificate },
    'an unknown format': { format: 'tpm', statement: certificate }
  }
  for (const [what, wrong] of Object.entries(wrongs)) {
    const { options, state } = await secondFactors.beginPasskey(ann, BROWSER)
    const response = new Authenticator(server.config.publicUrl).create(options, wrong)
    const before = await Array.fromAsync(server.app.storage.collection('secondFactors').all())
    t.equal(
      await secondFactors.addPasskey(ann, BROWSER, { state, response, name: 'x' }),
      undefined,
      what
    )
    t.strictSame(
      await Array.fromAsync(server.app.storage.collection('secondFactors').all()),
      before,
      what
    )
  }
  t.strictSame(await secondFactors.list(ann.id), [])
})

storageTest('an answer counts for the browser, the person and the question it was asked by, once (SF-01)', async (t, start) => {
  let now = 1_800_000_000
  const server = await start({ now: () => now })
  const { secondFactors } = server.app
  const [ann, bob] = [await userOf(server, 'ann@example.com'), await userOf(server, 'bob@example.com')]
  const { authenticator, answer } = await passkeyOf(server, ann)
  await refuses(
    t,
    server,
    'the same answer twice',
    () => secondFactors.addPasskey(ann, BROWSER, answer)
  )
  const { options, state } = await secondFactors.beginPasskey(ann, BROWSER)
  const made = { state, response: new Authenticator(server.config.publicUrl).create(options), name: 'x' }
  await refuses(
    t,
    server,
    'another browser',
    () => secondFactors.addPasskey(ann, OTHER_BROWSER, made)
  )
  await refuses(
    t,
    server,
    'another person',
    () => secondFactors.addPasskey(bob, BROWSER, made)
  )
  const asked = await secondFactors.askForPasskey(BROWSER, ann.id)
  t.match(asked.options.allowCredentials, [{ id: authenticator.credentialId }])
  const shown = { state: asked.state, response: authenticator.get(asked.options) }
  await refuses(
    t,
    server,
    'a question for another purpose',
    () => secondFactors.addPasskey(ann, BROWSER, { ...made, state: asked.state })
  )
  await refuses(
    t,
    server,
    'another browser',
    () => secondFactors.verifyPasskey(OTHER_BROWSER, shown, ann.id)
  )
  await refuses(
    t,
    server,
    'as somebody else',
    () => secondFactors.verifyPasskey(BROWSER, shown, bob.id)
  )
  await refuses(
    t,
    server,
    'as a sign-in of its own',
    () => secondFactors.verifyPasskey(BROWSER, shown)
  )
  now += 300
  await refuses(
    t,
    server,
    'after five minutes',
    () => secondFactors.addPasskey(ann, BROWSER, made)
  )
  await refuses(
    t,
    server,
    'after five minutes',
    () => secondFactors.verifyPasskey(BROWSER, shown, ann.id)
  )
})

storageTest('a passkey that is shown wrongly opens nothing (SF-02, SF-03, SF-09)', async (t, start) => {
  const server = await start()
  const { secondFactors } = server.app
  const [ann, bob] = [await userOf(server, 'ann@example.com'), await userOf(server, 'bob@example.com')]
  const [{ authenticator: anns }, { authenticator: bobs }] = [await passkeyOf(server, ann), await passkeyOf(server, bob)]
  const wrongs: Record<string, Wrong> = {
    'another origin': { origin: 'https://mcp.example.net' },
    'a page inside another': { clientData: { crossOrigin: true } },
    'another host': { rpId: 'example.net' },
    'another question': { challenge: 'AAAA' },
    'an answer to another kind of question': { type: 'webauthn.create' },
    'a person who was not verified': { isUnverified: true },
    'the handle of another person': { userHandle: bobs.handle },
    'no handle, where it says who signs in': { userHandle: null },
    'the key of another passkey': { signedBy: bobs },
    'the id of another passkey': { credentialId: bobs.credentialId },
    'an unknown passkey': { credentialId: 'AAAA' }
  }
  for (const [what, wrong] of Object.entries(wrongs)) {
    const { options, state } = await secondFactors.askForPasskey(BROWSER)
    await refuses(
      t,
      server,
      what,
      () => secondFactors.verifyPasskey(BROWSER, { state, response: anns.get(options, wrong) })
    )
  }
  const { options, state } = await secondFactors.askForPasskey(BROWSER, ann.id)
  await refuses(t, server, 'the passkey of another person, as a second factor', () =>
    secondFactors.verifyPasskey(BROWSER, { state, response: bobs.get(options) }, ann.id))
  const answer = { state, response: anns.get(options, { userHandle: null }) }
  t.equal(
    await secondFactors.verifyPasskey(BROWSER, answer, ann.id),
    ann.id,
    'a key that keeps no handle is a second factor'
  )
})

storageTest('a counter that goes back is refused: there may be a copy (SF-01)', async (t, start) => {
  const server = await start()
  const { secondFactors } = server.app
  const ann = await userOf(server, 'ann@example.com')
  const { authenticator } = await passkeyOf(server, ann)
  const show = async (counter: number) => {
    const { options, state } = await secondFactors.askForPasskey(BROWSER, ann.id)
    return secondFactors.verifyPasskey(BROWSER, { state, response: authenticator.get(options, { counter }) }, ann.id)
  }
  t.equal(await show(7), ann.id)
  for (const counter of [7, 6, 0]) t.equal(await show(counter), undefined, `${counter} after 7`)
  t.equal(await show(8), ann.id)
})
