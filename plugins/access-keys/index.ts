// Access keys, for programs without a browser: made by a person or by the operator, verified at
// every call, listed and revoked. Decorates the app with `accessKeys`.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/index.ts'
import { invalidRequest, signInExpired } from '../../errors.ts'
import { after } from '../after.ts'
import type { UserStore } from '../accounts/user-store.ts'
import { isActive } from '../sign-in/contract.ts'
import { equalSecrets, hashSecret } from '../secrets.ts'
import { cacheRecords, type CachedCollection } from '../storage/cached.ts'
import { readKeyAccess } from './access.ts'
import { createKeysByPerson, type KeyList, type KeysByPerson } from './by-person.ts'
import { MAX_KEYS_PER_PERSON, type AccessKey, type AccessKeys, type NewAccessKey } from './contract.ts'
import { newKey, parseKey } from './key-format.ts'
import { createLastUses } from './last-use.ts'

const DAY_SECONDS = 86_400

declare module 'fastify' {
  interface FastifyInstance {
    accessKeys: AccessKeys
  }
}

type Options = Pick<Config, 'mcpUrl' | 'backends' | 'allowedEmails'>

export default fp(
  async function accessKeys (app: FastifyInstance, options: Options) {
    const { storage, userStore, now, settled } = app
    const store = await cacheRecords<AccessKey>(storage, 'accessKey', now)
    const byPerson = createKeysByPerson(storage.collection<KeyList>('accessKeyList'), now, settled)
    const lastUses = createLastUses(store, now, app.log)
    app.addHook('onClose', () => lastUses.idle())
    app.decorate('accessKeys', {
      ...createKeys({ store, byPerson, userStore, now, forgetUse: app.usage.forget }),
      ...createVerification(store, userStore, now, options),
      noteUse: ({ grantId }, address) => lastUses.note(grantId, address)
    } satisfies AccessKeys)
  },
  { name: 'access-keys', dependencies: ['storage', 'usage', 'user-store'] }
)

interface Deps {
  store: CachedCollection<AccessKey>
  byPerson: KeysByPerson
  userStore: UserStore
  now: Clock
  /** What is known of its first use ends with a key. */
  forgetUse(id: string): Promise<void>
}

function createKeys (deps: Deps): Omit<AccessKeys, 'verify' | 'stillAllows' | 'noteUse'> {
  const { store, byPerson, forgetUse } = deps
  async function listByUser (userId: string): Promise<AccessKey[]> {
    const found = await Promise.all((await byPerson.ids(userId)).map((id) => store.find(id)))
    return found.filter((key) => key !== undefined).sort((a, b) => b.createdAt - a.createdAt)
  }
  return {
    create: (key) => createKey(deps, key),
    listByUser,
    async * all () {
      for await (const { record } of store.all()) yield record
    },
    async revoke (id) {
      const key = await store.take(id)
      if (!key) return undefined
      await byPerson.drop(key.userId, [id])
      await forgetUse(id)
      return key
    },
    async revokeAllOf (userId, which = () => true) {
      const ids = (await listByUser(userId)).filter(which).map(({ id }) => id)
      const revoked = (await Promise.all(ids.map((id) => store.take(id)))).filter((key) => key !== undefined)
      if (ids.length > 0) await byPerson.drop(userId, ids)
      for (const { id } of revoked) await forgetUse(id)
      return revoked
    }
  }
}

async function createKey (
  { store, byPerson, userStore, now }: Deps,
  { days, isStillSignedIn, ...asked }: NewAccessKey
): Promise<{ key: AccessKey; secret: string }> {
  /** The person as storage has them now, if they may have a key. */
  const findPerson = async () => {
    const user = await userStore.records.find(asked.userId)
    return isActive(user, now()) ? user : undefined
  }
  const user = await findPerson()
  if (!user) throw signInExpired()
  const { id, secret } = newKey()
  const createdAt = now()
  const endsAt = Math.min(user.endsAt ?? Infinity, createdAt + days * DAY_SECONDS)
  const key: AccessKey = { ...asked, id, hash: hashSecret(secret), createdAt, endsAt }
  if (!(await byPerson.add(key))) {
    throw invalidRequest(
      `There are ${MAX_KEYS_PER_PERSON} access keys already. Revoke one that is no longer used.`
    )
  }
  await store.put(id, key, endsAt - createdAt)
  const isStillThere = isStillSignedIn ?? (async () => (await findPerson()) !== undefined)
  const withdraw = async () => {
    await store.delete(id)
    await byPerson.drop(key.userId, [id])
  }
  const holds = await isStillThere().catch(async (error: unknown) => {
    await withdraw()
    throw error
  })
  if (holds) return { key, secret }
  await withdraw()
  throw signInExpired()
}

function createVerification (
  store: CachedCollection<AccessKey>,
  userStore: UserStore,
  now: Clock,
  { mcpUrl, backends, allowedEmails }: Options
): Pick<AccessKeys, 'verify' | 'stillAllows'> {
  const backendsInUse = new Set(backends.map(({ id }) => id))
  const rules = { resource: mcpUrl, backendsInUse, allowedEmails, describe: userStore.describe }
  const accessOf = (key: AccessKey | undefined) =>
    after(key && userStore.currentRecord(key.userId), (user) =>
      readKeyAccess(key, user, { ...rules, now: now() })
    )
  return {
    verify (token) {
      const id = parseKey(token)
      if (id === undefined) return undefined
      return after(store.findCached(id), (key) =>
        key && equalSecrets(key.hash, hashSecret(token)) ? accessOf(key) : undefined
      )
    },
    stillAllows: (access) =>
      after(after(store.findCached(access.grantId), accessOf), (current) => {
        access.user = current?.user ?? access.user
        return current !== undefined && access.scopes.every((scope) => current.scopes.includes(scope))
      })
  }
}
