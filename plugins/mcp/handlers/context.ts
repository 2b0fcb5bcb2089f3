// What a tool, a resource or a prompt sees of its call. Each part is created when it is first read: most calls read few.
import type { ClientCapabilities } from '@modelcontextprotocol/server'
import type { SupabaseClient } from '@supabase/supabase-js'
import type { ToolClient, ToolContext, TraceContext } from '../../../authoring/tool.ts'
import type { CallServices, Invocation } from './contract.ts'
import type { McpRequest } from '../contract.ts'
import { checkBeforeWrite } from './guarded-notes.ts'
import type { InputRequests } from './input-required.ts'
import type { CallTimeout } from './timeout.ts'

/** What the parts are made of. */
export interface CallDeps {
  invocation: Pick<Invocation<unknown>, 'log' | 'timeout' | 'shown'>
  access: McpRequest['access']
  rights: McpRequest['rights']
  /** As {@link callerOf} names them. */
  caller: string
  services: CallServices
  timer: Pick<CallTimeout, 'signal'>
  inputs: InputRequests
  reporter: { progress: ToolContext['progress']; log: ToolClient['log'] }
  capabilities: ClientCapabilities | undefined
}

/** Its functions work without `this`: authors destructure what they are given. */
export class CallContext implements ToolContext {
  readonly caller: string
  declare readonly trace?: TraceContext
  readonly #deps: CallDeps
  #user: ToolContext['user'] | undefined

  constructor (deps: CallDeps, trace: TraceContext | undefined) {
    this.#deps = deps
    this.caller = deps.caller
    if (trace) this.trace = trace
  }

  /** A copy: what is known of a person is shared between requests, and authors may change what they are given. */
  get user (): ToolContext['user'] {
    const { access, services } = this.#deps
    this.#user ??= access && { ...access.user, groups: [...services.groupsOf(access.user)] }
    return this.#user
  }

  get supabase (): ToolContext['supabase'] {
    const { services, access } = this.#deps
    return () => heard(services.onBehalfOf(access, 'supabase')) as Promise<SupabaseClient>
  }

  get supabaseClaims (): ToolContext['supabaseClaims'] {
    const { services, access } = this.#deps
    return () => heard(services.claims(access, 'supabase')) as Promise<Record<string, unknown>>
  }

  get library (): ToolContext['library'] {
    return eachHeard(this.#deps.services.library.of(this.user, this.#deps.rights.documents, this.caller))
  }

  get notes (): ToolContext['notes'] {
    const { services, access } = this.#deps
    if (access === null) return eachHeard(services.notes.of(null, this.caller))
    return eachHeard(services.notes.of(access.user, this.caller, checkBeforeWrite(() => services.stillAllows(access))))
  }

  get runInWorker (): ToolContext['runInWorker'] {
    const { services, timer } = this.#deps
    const person = this.caller
    return (task, input, { timeout, reads } = {}) =>
      heard(services.workers.run(task, input, { person, timeout, signal: timer.signal, reads }))
  }

  get signal (): AbortSignal {
    return this.#deps.timer.signal
  }

  get log (): ToolContext['log'] {
    const { log } = this.#deps.invocation
    return { info: (message) => log.info(message), warn: (message) => log.warn(message) }
  }

  get show (): ToolContext['show'] {
    const { shown } = this.#deps.invocation
    return (...content) => {
      shown.push(...content)
    }
  }

  get progress (): ToolContext['progress'] {
    return this.#deps.reporter.progress
  }

  get ask (): ToolContext['ask'] {
    const { inputs } = this.#deps
    return (questions) => heard(inputs.ask(questions))
  }

  get client (): ToolClient {
    return { can: abilitiesOf(this.#deps.capabilities), log: this.#deps.reporter.log }
  }
}

/**
 * Of two things that an author begins together and waits for one after the other, nobody hears when the second fails as well,
 * as both do once the client is gone. Alone this server would log that; an application that it is a part of would end (threat TL-43).
 */
function heard<Work> (work: Work): Work {
  if (work instanceof Promise) work.catch(() => {})
  return work
}

/** The same, where each member of something is work. */
const eachHeard = <Given extends object>(given: Given): Given =>
  Object.fromEntries(
    Object.entries(given).map(([name, member]) => [name, typeof member === 'function' ? (...args: unknown[]) => heard(member(...args)) : member])
  ) as Given

/** MCP "Elicitation": a client that names no mode can show forms. */
export function abilitiesOf ({ elicitation, sampling, roots }: ClientCapabilities = {}): ToolClient['can'] {
  return {
    form: elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined),
    openUrl: elicitation?.url !== undefined,
    sample: sampling !== undefined,
    roots: roots !== undefined
  }
}
