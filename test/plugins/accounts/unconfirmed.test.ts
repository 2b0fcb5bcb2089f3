// Accounts that nobody confirms are bounded in number: the oldest from the same places gives way, a confirmed one and
// another's never (threats TF-07, OW-42).
import { parseEmail } from '../../../auth-backends/contract.ts'
import { createUnconfirmed, UNCONFIRMED_BOUNDS } from '../../../plugins/accounts/unconfirmed.ts'
import { createLocalAccounts } from '../../../plugins/accounts/local-accounts.ts'
import { createUnusedPlaces } from '../../../plugins/oauth/clients/unused-places.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest(
  'of the accounts that wait for their confirmation the oldest of the same address give way, and no confirmed one (TF-07, OW-42)',
  async (t, start) => {
    const { app } = await start()
    const { takePlace } = createUnconfirmed(app)
    const book = createLocalAccounts(app.storage, app.now)
    const address = (name: string | number) => parseEmail(`${name}@${t.name.includes('Redis') ? 'r' : 's'}.example`)
    const expiresAt = app.now() + 86_400
    const signUp = async (name: string | number, network: string) => {
      await takePlace(address(name), network)
      await book.create({ subject: `of ${name}`, email: address(name), passwordHash: 'x', createdAt: 0, expiresAt })
    }
    const listOf = (network: string) =>
      createUnusedPlaces(app.storage.collection('none'), app.sealing, app.now, 1, UNCONFIRMED_BOUNDS).listOf(network)
    // Which addresses share a list depends on the secret key.
    const other = ['198.51.100.1', '198.51.100.2', '198.51.100.3', '198.51.100.4'].find(
      (network) => listOf(network) !== listOf('192.0.2.1')
    )!
    const beside = Array.from({ length: 2_000 }, (_, index) => `site ${index}`).find(
      (network) => listOf(network) === listOf('192.0.2.1')
    )!
    const isThere = async (name: string | number) => (await book.find(address(name))) !== undefined

    await signUp('confirmed', '192.0.2.1')
    await book.change(address('confirmed'), (account) => ({ ...account, emailVerified: true }))
    await signUp('first', '192.0.2.1')
    await signUp('elsewhere', other)
    await signUp('beside', beside)
    // Somebody else names the same address, and then fills their own places.
    await takePlace(address('elsewhere'), '192.0.2.1')
    for (let number = 0; number < UNCONFIRMED_BOUNDS.perList; number++) await signUp(number, '192.0.2.1')

    t.equal(await isThere('first'), false, 'the oldest gave way')
    t.equal(await app.storage.collection('accountAddress').find('of first'), undefined, 'with its entry in the index')
    t.equal(await isThere(UNCONFIRMED_BOUNDS.perList - 1), true)
    t.equal(await isThere('confirmed'), true)
    t.equal(await isThere('elsewhere'), true)
    t.equal(await isThere('beside'), true, 'of another address on the same list')
    const stored = await Array.fromAsync(app.storage.collection('account').all())
    t.equal(stored.length, UNCONFIRMED_BOUNDS.perList + 2)

    const away = new Error('storage is away')
    const collection = <T>(kind: string) => {
      const real = app.storage.collection<T>(kind)
      return kind === 'accountAddress' ? { ...real, delete: () => Promise.reject(away) } : real
    }
    const failing = createUnconfirmed({ storage: { ...app.storage, collection }, sealing: app.sealing, now: app.now })
    await t.rejects(failing.takePlace(address('one more'), '192.0.2.1'), away, 'who signs up hears of a fault')
  }
)
