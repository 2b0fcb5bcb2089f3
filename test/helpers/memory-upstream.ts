// An upstream in this process: the real client and a real server of the
// official SDK, with nothing between them.
import { InMemoryTransport, type Transport } from '@modelcontextprotocol/client'
import { McpServer } from '@modelcontextprotocol/server'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { UpstreamSettings } from '../../config/upstreams.ts'
import type {
  Catalogue,
  Exchange,
  UpstreamCall,
  UpstreamCaller,
  UpstreamChange
} from '../../plugins/upstreams/contract.ts'
import { ConfiguredUpstream, type UpstreamDeps } from '../../plugins/upstreams/upstream.ts'

export const settingsOf = (own: Partial<UpstreamSettings> = {}, process: 'shared' | 'per-user' = 'shared'): UpstreamSettings => ({
  name: 'files',
  target: { kind: 'command', command: 'files', args: [], env: {}, cwd: '/', process, idleSeconds: 300 },
  prefix: 'files_',
  deny: [],
  annotations: [],
  scopes: [],
  identity: 'none',
  timeoutMs: 5_000,
  secrets: [],
  ...own
})

export const callerOf = (id: string): UpstreamCaller => ({ id, groups: [], clientId: 'app' })

export const exchangeOf = (own: Partial<Exchange> = {}): Exchange => ({
  caller: callerOf('ann'),
  signal: new AbortController().signal,
  meta: {},
  capabilities: { elicitation: { form: {} } },
  ...own
})

export const callOf = (name: string, args: Record<string, unknown> = {}) =>
  ({ method: 'tools/call', params: { name, arguments: args } }) as const

export interface Opened {
  caller: string | undefined
  server: McpServer
  /** As if the process had died. */
  end(): Promise<void>
}

interface Options extends Partial<UpstreamDeps> {
  settings?: UpstreamSettings
  catalogue?: Partial<Catalogue>
  /** Called before a transport is opened; what it throws is how the start fails. */
  beforeOpen?(): void
}

/** @param offer what the server of one connection has. */
export async function startUpstream (
  t: Test,
  offer: (server: McpServer, caller: string | undefined) => void,
  { settings = settingsOf(), catalogue, beforeOpen, ...deps }: Options = {}
) {
  const opened: Opened[] = []
  const changes: UpstreamChange[] = []
  const calls: UpstreamCall[] = []
  const lines: string[] = []
  const log = pino({ level: 'debug' }, { write (line: string) { lines.push(line) } })
  const nothing = { tools: [], prompts: [], templates: [], hasResources: false, instructions: undefined, uris: [] }
  const upstream = new ConfiguredUpstream(settings, {
    isHere: async () => true,
    openTransport (_settings, caller, _kind) {
      const [ours, theirs] = InMemoryTransport.createLinkedPair()
      const server = new McpServer({ name: 'upstream', version: '1' }, { capabilities: { logging: {} } })
      offer(server, caller?.id)
      const start = ours.start.bind(ours)
      ours.start = async () => {
        beforeOpen?.()
        await server.connect(theirs)
        await start()
      }
      opened.push({ caller: caller?.id, server, end: () => theirs.close() })
      return ours as Transport
    },
    identityMeta: ({ id }) => ({ 'example.com/caller': id }),
    readCatalogue: async () => ({ ...nothing, ...catalogue }),
    remembered: { load: async () => undefined, store: async () => {} },
    elsewhere: { ask: async () => undefined },
    log,
    onChange: (change) => changes.push(change),
    onCall: (call) => calls.push(call),
    ...deps
  })
  t.teardown(() => upstream.close())
  return { upstream, opened, changes, calls, lines }
}
