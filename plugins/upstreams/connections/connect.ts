// Opens a connection to an upstream with the official client: whichever protocol version it speaks (2024-11-05 to
// 2026-07-28), and over HTTP the transport of today or that of 2024-11-05 (MCP "Lifecycle", "Transports": backwards
// compatibility).
// Tested in test/plugins/upstreams/connections/connect.test.ts.
import { SdkError, SdkHttpError, type Transport } from '@modelcontextprotocol/client'
import type { FastifyBaseLogger } from 'fastify'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import * as server from '../../../version.ts'
import { UpstreamError } from '../contract.ts'
import { AsItIsClient } from './client.ts'
import { OpenConnection } from './connection.ts'
import { toUpstreamError } from '../errors.ts'
import { hiddenParts, withoutSecrets } from '../without-secrets.ts'
import type { Waiting } from './waiting.ts'

export type TransportKind = 'stdio' | 'streamable' | 'sse'

/** What an upstream turned out to speak, so that it is not tried again each time. */
export interface Dialect {
  kind: TransportKind
  era: 'modern' | 'legacy'
}

export interface ConnectOptions {
  settings: UpstreamSettings
  openTransport(kind: TransportKind): Transport
  /** As found before. */
  dialect: Dialect | undefined
  /** See `ConnectionOptions.isPersonal`. */
  isPersonal: boolean
  /** Whether it may ask people something. Its lists are read as they are for those people: some offer more to them. */
  mayAsk: boolean
  /** Called when its lists have changed; absent where nobody listens. */
  onListChanged?: (() => void) | undefined
  onResourceUpdated(uri: string): void
  /** Once, after which it answers nothing more; with what the transport said of it. */
  onEnd(why: Error | undefined): void
  /** Aborted when nobody waits for the connection any more. */
  signal: AbortSignal
  waiting: Waiting
  log: FastifyBaseLogger
}

/** Milliseconds. A command may first have to be downloaded; a server that is there answers soon. */
const START_TIMEOUT_MS = { command: 60_000, http: 15_000 } as const
/** Servers of earlier versions may leave the first question of 2026-07-28 unanswered. */
const PROBE_TIMEOUT_MS = 3_000
/** Answers of a server that does not have the Streamable HTTP transport (MCP 2025-11-25 "Transports"). */
const NO_STREAMABLE_HTTP = new Set([400, 404, 405])

/** @throws UpstreamError saying why there is no connection. */
export async function connect (options: ConnectOptions): Promise<{ connection: OpenConnection; dialect: Dialect }> {
  const { settings, dialect, signal } = options
  const attempts: ReadonlyArray<readonly [TransportKind, Dialect['era'] | undefined]> =
    dialect !== undefined
      ? [[dialect.kind, dialect.era]]
      : settings.target.kind === 'command'
        ? [['stdio', undefined], ['stdio', 'legacy']]
        : [['streamable', undefined], ['sse', 'legacy']]
  let first: unknown
  for (const [kind, era] of attempts) {
    try {
      return await attempt(options, kind, era)
    } catch (error) {
      first ??= error
      if (signal.aborted || !mayTryAnother(kind, error)) break
    }
  }
  throw unreachable(settings, first)
}

async function attempt (options: ConnectOptions, kind: TransportKind, era: Dialect['era'] | undefined) {
  const { settings, isPersonal, mayAsk, onListChanged, onResourceUpdated, waiting, log, signal } = options
  const { name, target, timeoutMs } = settings
  const client = new AsItIsClient(
    { name: server.name, version: server.version },
    {
      capabilities: mayAsk ? { elicitation: { form: {}, url: {} } } : {},
      versionNegotiation: { mode: 'auto', probe: { timeoutMs: kind === 'stdio' ? PROBE_TIMEOUT_MS : START_TIMEOUT_MS.http } },
      inputRequired: { autoFulfill: false }
    }
  )
  signal.throwIfAborted()
  const transport = options.openTransport(kind)
  // Kept by the client, which calls it as well.
  const say = (line: string) => log.debug(withoutSecrets(line, settings.secrets))
  let said: Error | undefined
  transport.onerror = (error) => {
    // It is kept as long as the connection, and may have all of an answer in it.
    said = error instanceof UpstreamError ? error : new Error(withoutSecrets(error.message, settings.secrets))
    say(`upstream: ${error.message}`)
  }
  const connection = new OpenConnection({
    upstream: name,
    client,
    timeoutMs,
    isPersonal,
    mayAsk,
    isHttp: kind !== 'stdio',
    log,
    hidden: hiddenParts(settings.secrets),
    say,
    waiting,
    toError: (error) => errorOf(settings, error, { said, hasSession: transport.sessionId !== undefined })
  })
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => onResourceUpdated(params.uri))
  try {
    const connecting = client.connect(transport, {
      timeout: START_TIMEOUT_MS[target.kind],
      ...(era === 'legacy' && { prior: { kind: 'legacy' } })
    })
    await unlessAborted(connecting, signal)
  } catch (error) {
    await transport.close().catch(() => {})
    throw said instanceof UpstreamError && !signal.aborted ? new EndedAtStart(said) : error
  }
  client.onclose = () => {
    connection.following.close()
    options.onEnd(said)
  }
  if (onListChanged) connection.following.lists(onListChanged)
  return { connection, dialect: { kind, era: client.getProtocolEra() ?? 'legacy' } }
}

/** @throws the reason of the signal, as soon as it is aborted. */
async function unlessAborted<Value> (work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>()
  const give = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', give)
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', give)
  }
}

/** What the transport reported before there was a connection. */
class EndedAtStart extends Error {
  constructor (cause: UpstreamError) {
    super(cause.message, { cause })
  }
}

/** A process that may have ended because of the first question is started once more without it. */
function mayTryAnother (kind: TransportKind, error: unknown): boolean {
  if (kind === 'stdio') return error instanceof EndedAtStart
  return error instanceof SdkHttpError && NO_STREAMABLE_HTTP.has(error.status ?? 0)
}

/**
 * Before there is a connection, nothing was asked of the upstream. Without the cause: what an upstream answered may repeat a
 * secret, and the log has causes in full.
 */
function unreachable (settings: UpstreamSettings, error: unknown): UpstreamError {
  const found = toUpstreamError(error, settings)
  const [fault, message] =
    !(found instanceof UpstreamError)
      ? (['unreachable', `it refused the connection: ${withoutSecrets(found.message, settings.secrets)}`] as const)
      : error instanceof SdkError && found.fault === 'timeout'
        ? (['unreachable', silentAtStart(settings)] as const)
        : [found.fault, found.message]
  return new UpstreamError(settings.name, fault, message, { wasSent: false })
}

function silentAtStart ({ target }: UpstreamSettings): string {
  const seconds = START_TIMEOUT_MS[target.kind] / 1000
  return target.kind === 'http'
    ? `no answer to the first request within ${seconds} seconds: look at the log of that server`
    : `it was started, and answered nothing within ${seconds} seconds. What it says is in this log under its name. It may still ` +
      'be downloading, for which it gets no proxy and no certificates unless `env` in mcp.json has them'
}

/** The client knows only that the connection is gone; the transport has said why. */
function errorOf (
  settings: UpstreamSettings,
  error: unknown,
  { said, hasSession }: { said: Error | undefined; hasSession: boolean }
): Error {
  const found = toUpstreamError(error, settings, hasSession)
  const isGone = error instanceof SdkError && found instanceof UpstreamError && found.fault === 'ended'
  return isGone && said instanceof UpstreamError ? said : found
}
