// The stories as plain text: a line for each at the operator's terminal, and one as a report to send to whoever helps. In
// English, since its readers may be anywhere. Names of people, mail and network addresses, codes, tokens and secrets are in
// none: events hold no secret, and what they hold of people is left out here.
import { english, type Words } from '../../../languages/index.ts'
import type { AuditEvent } from '../audit/contract.ts'
import { name, version } from '../../../version.ts'
import { printable } from '../terminal-text.ts'
import type { Story } from './contract.ts'
import { explain } from './explain.ts'
import { reasonOf } from './outcome.ts'

export interface ReportedServer {
  /** What its operator calls it. */
  name?: string | undefined
  /** Where people find it. */
  url: string
}

/** One event of a story, in the words of whoever reads it. */
export interface Step {
  at: string
  text: string
  /** Of a failure: its code, and what it means. */
  code?: string
  means?: string
  request?: string
}

/** @param wayOf what a backend is called; its id where absent. */
export function describeSteps (words: Words, events: readonly AuditEvent[], wayOf = (id: string) => id): Step[] {
  return events.map((event) => {
    const { at, request, backend } = event
    const code = reasonOf(event)
    const text =
      event.event === 'sign_in' && backend !== undefined
        ? words.text('connections.step_sign_in_by', { way: wayOf(backend) })
        : words.text(`connections.step_${event.event}` as 'connections.step_sign_in')
    return { at, text, ...(code !== undefined && { code, means: words.text(explain(code).means) }), ...(request && { request }) }
  })
}

const second = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)}`

/** A query may hold what only the app is to know. */
const withoutQuery = (client: string): string => client.split('?')[0]!

/**
 * @returns lines without the last line end, and without anything that a terminal obeys.
 */
export function reportStory (story: Story, server: ReportedServer): string {
  const { id, client, clientName, redirect, user, state, tries, before } = story
  const facts = [
    ['Attempt', id],
    ['Server', `${server.url}${server.name === undefined ? '' : ` (${server.name})`}, ${name} ${version}`],
    ['App', clientName],
    ['Client ID', client && withoutQuery(client)],
    ['Sends people back to', redirect],
    ['Person', user],
    ['Try', tries.length > 1 ? `${tries.indexOf(id) + 1} of ${tries.length}` : undefined],
    ['May belong to', before.length > 0 ? before.join(', ') : undefined],
    ['State', `${english.text(`connections.state_${state.kind}`)}${state.kind === 'connected' ? '' : ` (${state.code})`}`],
    ['What it means', state.kind === 'connected' ? undefined : english.text(state.means)],
    ['What to do', state.kind === 'connected' ? undefined : english.text(state.todo)]
  ].filter((fact): fact is [string, string] => fact[1] !== undefined)
  const steps = describeSteps(english, story.events).map(({ at, text, code, request }) =>
    [second(at), code === undefined ? text : `${text} (${code})`, request && `request ${request}`].filter(Boolean).join('  ')
  )
  return [...facts.map(([label, value]) => `${label}: ${value}`), '', 'Times are UTC.', ...steps].map(printable).join('\n')
}

/**
 * For the operator's terminal: one line for an attempt that is connected, two for any other.
 */
export function summarize ({ begun, id, state, clientName, client, redirect, address, user, tries }: Story): string {
  const end = state.kind === 'connected' ? 'connected' : `${state.kind}: ${state.code}`
  const app = clientName ?? client ?? '(no name yet)'
  const count = tries.length > 1 ? [`try ${tries.indexOf(id) + 1} of ${tries.length}`] : []
  const parts = [second(begun).slice(0, -3), id, end, app, redirect, address, user, ...count]
  const line = printable(parts.filter((part) => part !== undefined).join('  '))
  return state.kind === 'connected' ? line : `${line}\n    ${english.text(state.means)} ${english.text(state.todo)}`
}
