// What leads to a person: identities and verified addresses, freed by that person alone.
import { createIdentityPointers } from '../../../plugins/accounts/identities.ts'
import { storageTest } from '../../helpers/storages.ts'
import { beforeNextChange, lastingUsers } from '../../helpers/users.ts'

storageTest('what leads to a person is freed by that person alone', async (t, start) => {
  const pointers = createIdentityPointers((await start()).app.storage)
  const identity = { backend: 'local', subject: 's' }
  t.equal(await pointers.claim(identity, 'new'), 'new')
  await pointers.free(identity, 'former')
  t.equal(await pointers.find(identity), 'new')
  await pointers.free(identity, 'new')
  t.equal(await pointers.find(identity), undefined)
})

storageTest(
  'an address leads to the person who last showed it, and a weaker sign-in takes it from nobody',
  async (t, start) => {
    const { app } = await start()
    const users = lastingUsers(app)
    const { id } = await users.signIn('oidc', { subject: 'a', email: 'old@example.com', emailVerified: true })
    t.equal(await users.link(id, 'local', { subject: 'b' }), true)
    for (const weaker of [{}, { email: 'typed@example.com' }, { email: 'typed@example.com', emailVerified: false }]) {
      t.match(
        await users.signIn('local', { subject: 'b', ...weaker }),
        { email: 'old@example.com', emailVerified: true },
        JSON.stringify(weaker)
      )
    }
    t.equal(await users.findByVerifiedEmail('typed@example.com'), undefined)
    await users.signIn('oidc', { subject: 'a', email: 'new@example.com', emailVerified: true })
    t.equal(
      await users.findByVerifiedEmail('old@example.com'),
      undefined,
      'an address that was given up leads to nobody'
    )
    t.match(await users.findByVerifiedEmail('new@example.com'), { id })
    const { id: second } = await users.signIn('oidc', { subject: 'c', email: 'old@example.com', emailVerified: true })
    t.match(await users.findByVerifiedEmail('old@example.com'), { id: second }, 'but to whoever shows it next')
    const email = 'new@example.com'
    for (const claims of [{ email, emailVerified: false }, { email }]) {
      await users.signIn('oidc', { subject: 'd', ...claims })
    }
    t.match(await users.findByVerifiedEmail('new@example.com'), { id }, 'saying so takes it from nobody')
    await users.signIn('oidc', { subject: 'e', email: 'new@example.com', emailVerified: true })
    t.match(
      await users.findByVerifiedEmail('new@example.com'),
      { id },
      "nor does showing it, while it is the first one's"
    )
    t.equal(await users.link(second, 'local', { subject: 'b' }), false, 'an identity leads to one person')
    t.match(await users.findBy({ backend: 'local', subject: 'b' }), { id })
    t.equal(
      await users.findBy({ backend: 'oidc', subject: 'b' }),
      undefined,
      'the same subject at another backend is somebody else'
    )
  }
)

storageTest('who removes a sign-in method is found by the verified address they have then (AC-15)', async (t, start) => {
  const { app } = await start()
  const users = lastingUsers(app)
  const { id } = await users.signIn('oidc', { subject: 'a', email: 'work@example.com', emailVerified: true })
  await users.link(id, 'local', { subject: 'b', email: 'home@example.com', emailVerified: true })
  await users.unlink(id, (identities) => identities.filter(({ backend }) => backend === 'local'))
  t.match(await users.findByVerifiedEmail('home@example.com'), { id })
  t.equal(await users.findByVerifiedEmail('work@example.com'), undefined)
})

storageTest('nothing leads to somebody who was deleted, by whichever of their addresses (WB-11)', async (t, start) => {
  const { app } = await start()
  const users = lastingUsers(app)
  const { id } = await users.signIn('oidc', { subject: 'a', email: 'former@example.com', emailVerified: true })
  const shown = (address: string) => users.signInAgain('oidc', { subject: 'a', email: address, emailVerified: true })
  await shown('work@example.com')
  await users.link(id, 'local', { subject: 'b', email: 'home@example.com', emailVerified: true })
  await users.signInAgain('local', { subject: 'b', email: 'home@example.com', emailVerified: true })
  await shown('work@example.com')
  await users.delete((await users.find(id))!)
  t.same(await Array.fromAsync(app.storage.collection('verifiedAddress').all()), [])
})

storageTest('who is deleted while they sign in does not come back with it, nor by an identity that is added (WB-11)', async (t, start) => {
  const { app } = await start()
  const users = lastingUsers(app)
  const ann = { subject: 'a', email: 'ann@example.com', emailVerified: true }
  const known = await users.signIn('oidc', ann)
  t.match(await users.signInAgain('oidc', ann), { id: known.id })
  beforeNextChange(app, () => users.delete(known))
  t.equal(await users.signInAgain('oidc', ann), undefined)
  t.equal(await users.find(known.id), undefined, 'nothing is stored of them again')
  t.equal(await users.link(known.id, 'local', { subject: 'b' }), false)
  t.not((await users.signIn('local', { subject: 'b' })).id, known.id)
})

storageTest('nothing is added to who is being deleted, and nothing leads to who is gone (WB-11)', async (t, start) => {
  const { app } = await start()
  const users = lastingUsers(app)
  const known = await users.signIn('oidc', { subject: 'a' })
  await users.change(known.id, (user) => ({ ...user, locked: true }))
  t.equal(await users.link(known.id, 'local', { subject: 'b' }), false)
  t.equal(await users.link(known.id, 'oidc', { subject: 'a' }), false)
  t.match(await users.findBy({ backend: 'oidc', subject: 'a' }), { id: known.id })
  t.equal(await users.findBy({ backend: 'local', subject: 'b' }), undefined)

  await users.change(known.id, ({ locked: _, ...user }) => user)
  t.equal(await users.link(known.id, 'local', { subject: 'b' }), true)
  await users.delete(known)
  for (const [backend, subject] of [['oidc', 'a'], ['local', 'b']] as const) {
    t.not((await users.signIn(backend, { subject })).id, known.id, subject)
  }
})

storageTest('groups of somebody who is not known, or as they were, are not written', async (t, start) => {
  const { app } = await start()
  const users = lastingUsers(app)
  const { records } = app.userStore
  const { id } = await users.signIn('oidc', { subject: 'a', groups: ['staff'] })
  const { update } = records
  let writes = 0
  records.update = (id, decide) => update(id, (found) => {
    const change = decide(found)
    if (change.write) writes++
    return change
  })
  await users.noteGroups({ backend: 'oidc', subject: 'nobody' }, ['staff'])
  await users.noteGroups({ backend: 'oidc', subject: 'a' }, ['staff'])
  t.equal(writes, 0)
  t.equal((await Array.fromAsync(users.all())).length, 1)
  await users.noteGroups({ backend: 'oidc', subject: 'a' }, ['crm'])
  t.match((await users.find(id))?.identities, [{ groups: ['crm'] }])
})
