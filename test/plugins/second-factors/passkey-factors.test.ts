// Passkeys of people, from the first question to their removal, and answers that come twice: on SQLite and on Redis.
import { LOST_WAIT_SECONDS } from '../../../plugins/second-factors/contract.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'
import { Authenticator } from '../../helpers/authenticator.ts'
import { BROWSER, codeAt, passkeyOf, refuses, stored, userOf } from '../../helpers/second-factors.ts'
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
  t.notMatch(
    options.user.id,
    ann.id,
    'the authenticator is not told the id of the account'
  )
  const { authenticator, factor } = await passkeyOf(server, ann)
  t.match(factor, { kind: 'passkey', name: 'Laptop', isBackedUp: false })
  const { first, ...listed } = factor
  t.equal(first, factor.id, 'the account had none')
  t.strictSame(await secondFactors.list(ann.id), [listed])
  t.match(
    (await secondFactors.beginPasskey(ann, BROWSER)).options.excludeCredentials,
    [{ id: authenticator.credentialId }]
  )

  const asked = await secondFactors.askForPasskey(BROWSER)
  t.strictSame(
    asked.options.allowCredentials,
    undefined,
    'any passkey of anybody'
  )
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

  t.equal(
    await secondFactors.rename(ann.id, factor.id, ' Work\u202E laptop '),
    true
  )
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

storageTest('with the last factor everything of a person goes, but for how it began while that can be undone (SF-15)', async (t, start) => {
  let now = 1_800_000_000
  const server = await start({ now: () => now })
  const { secondFactors, storage } = server.app
  const records = storage.collection<{ first?: object; passkeys: object[] }>('secondFactors')
  const ann = await userOf(server, 'ann@example.com')
  for (const [later, isKept] of [[0, true], [LOST_WAIT_SECONDS - 1, true], [LOST_WAIT_SECONDS, false]] as const) {
    const { factor } = await passkeyOf(server, ann)
    const { at } = (await records.find(ann.id))!.first as { at: number }
    now = at + later
    await secondFactors.remove(ann.id, factor.id)
    t.match(
      await records.find(ann.id),
      isKept ? { passkeys: [], first: { at } } : undefined,
      `after ${later} seconds`
    )
  }
  const { factor } = await passkeyOf(server, ann)
  await records.update<void>(ann.id, (record) => {
    const { first: _, ...rest } = record!
    return { write: { record: rest, ttl: null }, result: undefined }
  })
  await secondFactors.remove(ann.id, factor.id)
  t.equal(await records.find(ann.id), undefined, 'also of one that an earlier version has stored')
})

storageTest('who has shown no factor adds the first and no other, of either kind (AC-33)', async (t, start) => {
  const server = await start()
  const { secondFactors } = server.app
  const kinds = {
    async passkey (user: User) {
      const { options, state } = await secondFactors.beginPasskey(user, BROWSER)
      const response = new Authenticator(new URL(server.config.publicUrl).origin).create(options)
      return secondFactors.addPasskey(user, BROWSER, { state, response, name: 'x', isFirst: true })
    },
    async app (user: User) {
      const { state, secret } = await secondFactors.beginApp(user)
      return secondFactors.addApp(user, { state, code: codeAt(secret, server.app.now()), name: 'x', isFirst: true })
    }
  }
  for (const [there, add] of Object.entries(kinds)) {
    for (const [kind, addAnother] of Object.entries(kinds)) {
      const ann = await userOf(server, `${there}.${kind}@example.com`)
      t.ok(await add(ann))
      t.equal(
        await addAnother(ann),
        undefined,
        `${kind} after ${there}`
      )
      t.equal((await secondFactors.list(ann.id)).length, 1)
    }
  }
})
