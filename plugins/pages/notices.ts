// What was just done, said on the page that a form leads back to: sealed for that person and a minute, so that no link
// from elsewhere can put words on a page of ours.
// Tested in test/plugins/pages/notices.test.ts.
import type { FastifyInstance } from 'fastify'
import type { Message } from '../../languages/index.ts'

const SHOWN_SECONDS = 60
/** A name has a hundred characters at most; nothing longer is unsealed. */
const MAX_CHARACTERS = 4_000

type Deps = Pick<FastifyInstance, 'sealing' | 'now'>

const PURPOSE = 'notice'

interface Sealed {
  user: string
  /** Seconds since the epoch. */
  until: number
  message: Message
}

/** @returns the path of the page, with the notice for {@link findNotice}. */
export function withNotice ({ sealing, now }: Deps, path: string, userId: string, message: Message): string {
  const content = JSON.stringify({ user: userId, until: now() + SHOWN_SECONDS, message } satisfies Sealed)
  return `${path}?notice=${sealing.seal(PURPOSE, Buffer.from(content))}`
}

/** @returns undefined for one that is old, somebody else's, or not ours. */
export function findNotice ({ sealing, now }: Deps, userId: string, sealed: string | undefined): Message | undefined {
  if (sealed === undefined || sealed.length > MAX_CHARACTERS) return undefined
  const content = sealing.unseal(PURPOSE, sealed)
  if (!content) return undefined
  const { user, until, message } = JSON.parse(content.toString()) as Sealed
  return user === userId && until >= now() ? message : undefined
}
