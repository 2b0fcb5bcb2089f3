// Puts the events of attempts to connect together to stories. From the authorization request on they share an id, so that
// two people behind one address with one app are two. What came before has only the id of the program that sent it, and
// goes to a story where it can belong to one alone.
import { hashSecret } from '../../secrets.ts'
import type { AuditEvent, EventName } from '../audit/contract.ts'
import type { Story } from './contract.ts'
import { stateOf } from './outcome.ts'

/** What happens on the way to a connection. */
const STEPS: ReadonlySet<EventName> = new Set<EventName>([
  'challenge',
  'discovery',
  'registration',
  'registration_refused',
  'authorization',
  'authorization_refused',
  'sign_up',
  'sign_in',
  'sign_in_failed',
  'factor_added',
  'factor_failed',
  'recovery_code_used',
  'consent',
  'denial',
  'token',
  'token_refused',
  'reuse',
  'first_request',
  'connected',
  'limit',
  'host_refused'
])
export const isStep = (event: EventName): boolean => STEPS.has(event)

/** What a program does before it sends somebody to sign in. */
const OPENINGS: ReadonlySet<EventName> = new Set<EventName>([
  'challenge',
  'discovery',
  'registration',
  'registration_refused',
  'sign_in_failed',
  'token_refused',
  'limit',
  'host_refused'
])
/** As long as the id of a program stays the same. */
const OPENING_MS = 3_600_000

interface Draft {
  id: string
  /** The programs that took part in it. */
  programs: Set<string>
  /** Milliseconds since the epoch. */
  begun: number
  events: AuditEvent[]
  before: string[]
}

/**
 * @param events oldest first.
 * @param now seconds since the epoch.
 * @returns the stories, those that began last first.
 */
export function assembleStories (events: Iterable<AuditEvent>, now: number): Story[] {
  const drafts = [...draftsOf(events).values()]
  const openings = drafts.filter(isOpening)
  const attempts = drafts.filter((draft) => !isOpening(draft))
  // An app that registered is known from then on: its registration first, so that the requests
  // before it find it.
  const ofApps = Map.groupBy(openings.filter(clientOf), clientOf)
  const byClient = Map.groupBy(attempts, clientOf)
  for (const [client, opened] of ofApps) attempts.push(...openApp(opened, byClient.get(client)))
  const byProgram = groupByProgram(attempts)
  for (const opening of openings.filter((each) => clientOf(each) === undefined)) {
    const found = followers(opening, byProgram.get(opening.id))
    if (new Set(found.map(holderOf)).size === 1) add(found[0]!, opening)
    else attempts.push({ ...opening, before: found.map(({ id }) => id) })
  }
  return withTries(attempts.map((draft) => toStory(draft, now)))
}

/**
 * Adds each opening of an app to the attempt that followed it first. In one pass over both, oldest first: strangers can make
 * thousands of either.
 * @returns the openings that no attempt followed.
 */
function openApp (openings: readonly Draft[], attempts: readonly Draft[] = []): Draft[] {
  const sorted = attempts.toSorted((a, b) => a.begun - b.begun)
  let next = 0
  return openings.filter((opening) => {
    while (next < sorted.length && sorted[next]!.begun < opening.begun) next++
    const first = sorted[next]
    if (!first || first.begun - opening.begun > OPENING_MS) return true
    add(first, opening)
    return false
  })
}

function groupByProgram (drafts: readonly Draft[]): Map<string, Draft[]> {
  const groups = new Map<string, Draft[]>()
  for (const draft of drafts) {
    for (const program of draft.programs) {
      const group = groups.get(program)
      if (group) group.push(draft)
      else groups.set(program, [draft])
    }
  }
  return groups
}

function draftsOf (events: Iterable<AuditEvent>): Map<string, Draft> {
  const drafts = new Map<string, Draft>()
  const byGrant = new Map<string, string>()
  for (const event of events) {
    if (!isStep(event.event) || event.attempt === undefined) continue
    const id = byGrant.get(event.grant ?? '') ?? idOf(event, event.attempt)
    const draft = drafts.get(id) ?? { id, programs: new Set(), begun: Date.parse(event.at), events: [], before: [] }
    drafts.set(id, draft)
    draft.events.push(event)
    draft.programs.add(programOf(event.attempt))
    if (event.from !== undefined) draft.programs.add(event.from)
    if (event.event === 'consent' && event.grant !== undefined) byGrant.set(event.grant, id)
  }
  return drafts
}

const programOf = (attempt: string): string => attempt.split('.')[0]!

/** What shares the id of a program is told apart by the app. */
const idOf = ({ client }: AuditEvent, attempt: string): string =>
  client === undefined || attempt.includes('.') ? attempt : `${attempt}.${hashSecret(client).slice(0, 8)}`

const isOpening = ({ events }: Draft): boolean =>
  events.every(({ event, attempt = '' }) => OPENINGS.has(event) && !attempt.includes('.'))

const firstOf = (draft: Draft, name: 'client' | 'clientName' | 'user' | 'account' | 'redirect'): string | undefined =>
  draft.events.find((event) => event[name] !== undefined)?.[name]

const clientOf = (draft: Draft): string | undefined => firstOf(draft, 'client')

/** Those that began after an opening and soon enough; the earliest first. */
function followers (opening: Draft, attempts: readonly Draft[] = []): Draft[] {
  const isNext = ({ begun }: Draft) => begun >= opening.begun && begun - opening.begun <= OPENING_MS
  return attempts.filter(isNext).sort((a, b) => a.begun - b.begun)
}

function add (attempt: Draft, opening: Draft): void {
  attempt.events = [...opening.events, ...attempt.events].sort((a, b) => Number(a.at > b.at) - Number(a.at < b.at))
  attempt.begun = Math.min(attempt.begun, opening.begun)
  for (const program of opening.programs) attempt.programs.add(program)
}

/**
 * Whose attempt it is, as far as anybody knows: of an app, and of a person, a name that was
 * typed, or a browser.
 */
const holderOf = (draft: Draft): string =>
  JSON.stringify([clientOf(draft), firstOf(draft, 'user') ?? firstOf(draft, 'account') ?? browserOf(draft)])

const browserOf = ({ id, events }: Draft): string =>
  events.find(({ event, from }) => from !== undefined && event.startsWith('authorization'))?.from ?? id

function toStory (draft: Draft, now: number): Story & { holder: string } {
  const { id, events, before } = draft
  const client = clientOf(draft)
  const clientName = firstOf(draft, 'clientName')
  const redirect = firstOf(draft, 'redirect')
  const user = firstOf(draft, 'user')
  const seen = events.find(({ event }) => event.startsWith('authorization') || event.startsWith('sign_in')) ?? events[0]!
  return {
    id,
    begun: events[0]!.at,
    ...(client !== undefined && { client }),
    ...(clientName !== undefined && { clientName }),
    ...(redirect !== undefined && { redirect }),
    ...(user !== undefined && { user }),
    ...(seen.address !== undefined && { address: seen.address }),
    events,
    state: stateOf(events, now),
    tries: [id],
    isProbe: isOpening(draft) && client === undefined && !events.some(({ event }) => event === 'registration_refused'),
    before,
    holder: `${holderOf(draft)} ${redirect}`
  }
}

/** Those that began last first, each with the ids of all of its app and person. */
function withTries (stories: Array<Story & { holder: string }>): Story[] {
  const sorted = stories.sort((a, b) => Number(a.begun > b.begun) - Number(a.begun < b.begun))
  const byHolder = Map.groupBy(sorted, ({ holder, client, id }) => (client === undefined ? id : holder))
  const tries = new Map([...byHolder.values()].flatMap((all) => {
    // One list for all of them: a stranger can begin thousands with one app.
    const ids = all.map(({ id }) => id)
    return ids.map((id) => [id, ids] as const)
  }))
  return sorted.map(({ holder: _, ...story }) => ({ ...story, tries: tries.get(story.id)! })).reverse()
}
