// What a tool, a resource or a prompt sees of its call. Each part is made when it is first looked at: most work looks
// at few.
import type { ClientCapabilities } from '@modelcontextprotocol/server'
import type { SupabaseClient } from '@supabase/supabase-js'
import type { ToolClient, ToolContext, TraceContext } from '../../../authoring/tool.ts'
import type { CallServices, Invocation } from './contract.ts'
import type { McpRequest } from '../contract.ts'
import type { InputRequests } from './input-required.ts'
import type { CallTimeout } from './timeout.ts'

/** What the parts are made of. */
export interface CallDeps {
  work: Pick<Invocation<unknown>, 'log' | 'timeout' | 'shown'>
  access: McpRequest['access']
  house: CallServices
  patience: CallTimeout
  dialogue: InputRequests
  reporter: { progress: ToolContext['progress']; log: ToolClient['log'] }
  capabilities: ClientCapabilities | undefined
}

/** Its functions work without it: an author takes apart what they are given. */
export class CallContext implements ToolContext {
  readonly user: ToolContext['user']
  declare readonly trace?: TraceContext
  readonly #means: CallDeps

  constructor (means: CallDeps, trace: TraceContext | undefined) {
    this.#means = means
    this.user = means.access && means.access.user
    if (trace) this.trace = trace
  }

  get supabase (): ToolContext['supabase'] {
    const { house, access } = this.#means
    return async () => (await house.onBehalfOf(access, 'supabase')) as SupabaseClient
  }

  get supabaseClaims (): ToolContext['supabaseClaims'] {
    const { house, access } = this.#means
    return async () => (await house.claimsOf(access, 'supabase')) as Record<string, unknown>
  }

  get library (): ToolContext['library'] {
    return this.#means.house.library.of(this.user)
  }

  get notes (): ToolContext['notes'] {
    return this.#means.house.notes.of(this.user)
  }

  get runInWorker (): ToolContext['runInWorker'] {
    const { house, patience } = this.#means
    const person = this.user && this.user.id
    return (task, input, { timeout, reads } = {}) =>
      house.workers.run(task, input, { person, timeout, signal: patience.signal, reads })
  }

  get signal (): AbortSignal {
    return this.#means.patience.signal
  }

  get log (): ToolContext['log'] {
    const { log } = this.#means.work
    return { info: (message) => log.info(message), warn: (message) => log.warn(message) }
  }

  get show (): ToolContext['show'] {
    const { shown } = this.#means.work
    return (...content) => {
      shown.push(...content)
    }
  }

  get progress (): ToolContext['progress'] {
    return this.#means.reporter.progress
  }

  get ask (): ToolContext['ask'] {
    return this.#means.dialogue.ask
  }

  get client (): ToolClient {
    return { can: abilities(this.#means.capabilities), log: this.#means.reporter.log }
  }
}

/** MCP "Elicitation": a client that names no mode can show forms. */
function abilities ({ elicitation, sampling, roots }: ClientCapabilities = {}): ToolClient['can'] {
  return {
    form: elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined),
    openUrl: elicitation?.url !== undefined,
    sample: sampling !== undefined,
    roots: roots !== undefined
  }
}
