// What pages and the download say of access keys: everything but the key itself.
import type { Words } from '../../languages/index.ts'
import type { AccessKey } from '../../plugins/access-keys/contract.ts'
import { describeScopes } from '../../plugins/oauth/scopes.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { dayOf, minuteOf } from '../../plugins/pages/time.ts'

/** What can be chosen on the page. */
export const SCOPES_OF = { read: ['mcp:read'], write: ['mcp:read', 'mcp:write'] } as const

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString()
const textsOf = (words: Words, scopes: readonly string[]) => describeScopes(words, scopes).map(({ text }) => text)

export const describeKey = (
  words: Words,
  { id, name, scopes, createdAt, endsAt, lastUse }: AccessKey
): PageData['account']['keys'][number] => ({
  id,
  name,
  scopes: textsOf(words, scopes),
  created: dayOf(words, createdAt),
  ends: dayOf(words, endsAt),
  ...(lastUse && { lastUsed: minuteOf(words, lastUse.at), address: lastUse.address })
})

export const describeNewKey = (words: Words, { name, scopes, endsAt }: AccessKey) => ({
  name,
  rights: textsOf(words, scopes),
  ends: words.minute(endsAt)
})

/** For the download. */
export const listKey = ({ id, name, scopes, createdAt, endsAt, lastUse }: AccessKey) => ({
  id,
  name,
  scopes,
  created: iso(createdAt),
  ends: iso(endsAt),
  ...(lastUse && { lastUsed: iso(lastUse.at), address: lastUse.address })
})
