// Passes a request of a caller on to an upstream: within its time, until the caller has gone, and with the questions that
// the upstream has (MCP "Cancellation", "Progress", "Multi Round-Trip Requests").
import { ProtocolError, ProtocolErrorCode, type InputRequiredResult } from '@modelcontextprotocol/server'
import { UpstreamError, type Exchange, type Upstream, type Upstreams } from '../../upstreams/contract.ts'
import { createReporter } from '../handlers/progress.ts'
import { callId } from '../handlers/request-state.ts'
import { CallTimeout } from '../handlers/timeout.ts'
import { isObject } from '../../is-object.ts'
import type { Relay, RelayedRequest } from './contract.ts'
import { exchangeOf } from './exchange.ts'
import { relayedError } from './faults.ts'
import { Questions, type Turn } from './questions.ts'

/** An upstream that asks a client which cannot be asked is told so this often in one request. */
const MAX_DECLINED = 5
/** A person opens a few. */
const MAX_PAGES = 20
/** The connection gives up first, and says more of why. */
const GRACE_MS = 500

interface Options {
  /** Whether pages on this computer may be shown without TLS. */
  local: boolean
  log: { warn(message: string): void }
}

export function createRelay (upstreams: Upstreams, { local, log }: Options): Relay {
  const declining = new Set<string>()
  const onDeclined = (upstream: string) => (why: string) => {
    if (declining.has(upstream)) return
    declining.add(upstream)
    log.warn(`A question of the upstream ${upstream} was declined: ${why}. This is said once.`)
  }
  const find = (name: string): Upstream => {
    const upstream = upstreams.find(name)
    if (upstream) return upstream
    throw new UpstreamError(name, 'unreachable', 'it is no longer in the file', { wasSent: false })
  }
  return {
    upstreams,
    settingsOf: (name) => find(name).settings,
    async send (asked, caller) {
      const upstream = find(asked.upstream)
      const { request, services, channel } = caller
      const call = () => callId(request.access?.user.id, `${asked.upstream} ${asked.method}`, asked.asked)
      const questions = new Questions(asked.upstream, channel, call, services.states, local, onDeclined(asked.upstream))
      const first = questions.first()
      if (first?.kind === 'ask') return first.result
      const timer = new CallTimeout(request, asked.timeoutMs + GRACE_MS)
      const reporter = createReporter(channel)
      try {
        return await timer.race(converse(upstream, asked, exchangeOf(caller, timer.signal, reporter), questions, first?.retry))
      } finally {
        reporter.end()
      }
    }
  }
}

async function converse (
  upstream: Upstream,
  { method, params, asked }: RelayedRequest,
  exchange: Exchange,
  questions: Questions,
  first: Exchange['retry']
): Promise<Record<string, unknown> | InputRequiredResult> {
  let retry = first
  for (let declined = 0; declined <= MAX_DECLINED; declined++) {
    const answered = await sendOnce(upstream, { method, params }, { ...exchange, retry }, questions, String(asked[0]))
    if ('result' in answered) return answered.result
    retry = answered.retry
  }
  throw new UpstreamError(upstream.settings.name, 'malformed', 'it goes on asking what the client cannot be asked')
}

async function sendOnce (
  upstream: Upstream,
  request: Parameters<Upstream['request']>[0],
  exchange: Exchange,
  questions: Questions,
  name: string
): Promise<{ result: Record<string, unknown> | InputRequiredResult } | Extract<Turn, { kind: 'retry' }>> {
  try {
    const answered = await upstream.request(request, exchange)
    if (answered.kind === 'result') return { result: answered.result }
    const turn = questions.next(answered.requests, answered.state)
    return turn.kind === 'ask' ? { result: turn.result } : turn
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const pages = pagesToOpen(error)
    const turn = pages && questions.next(pages, undefined)
    if (turn?.kind === 'ask') return { result: turn.result }
    throw relayedError(error, name, upstream.settings.secrets)
  }
}

/** MCP 2025-11-25 "URL Elicitation Required": the request is to be sent again once the pages have been opened. */
function pagesToOpen ({ code, data }: ProtocolError) {
  const { elicitations } = isObject(data) ? data : {}
  if (code !== ProtocolErrorCode.UrlElicitationRequired || !Array.isArray(elicitations) || elicitations.length > MAX_PAGES) return undefined
  const pages = elicitations.filter(isObject).map((params) => ({ method: 'elicitation/create' as const, params }))
  return pages.length === 0 ? undefined : Object.fromEntries(pages.map((page, index) => [`page-${index + 1}`, page]))
}
