// Processes of upstreams for tests, whose server is
// test/fixtures/upstreams/stdio-server.ts unless the test has another.
import { existsSync, readFileSync } from 'node:fs'
import { Client } from '@modelcontextprotocol/client'
import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import type { CommandTarget, UpstreamSettings } from '../../config/upstreams.ts'
import {
  createProcesses,
  type ProcessesOptions,
  type ProcessTransport
} from '../../plugins/upstreams/processes/index.ts'
import { childEnvironment } from './child-environment.ts'

const FIXTURES = new URL('../fixtures/', import.meta.url).pathname
const FIXTURE = `${FIXTURES}upstreams/stdio-server.ts`
const ENVIRONMENT = { PATH: process.env['PATH']!, HOME: process.env['HOME'] ?? '/' }

interface Teardown {
  teardown(work: () => unknown): void
}

/** @param args faults of the fixture. */
export const upstreamSettings = (
  args: readonly string[] = [],
  target: Partial<CommandTarget> = {},
  settings: Partial<UpstreamSettings> = {}
): UpstreamSettings => ({
  name: 'fixture',
  target: {
    kind: 'command',
    command: process.execPath,
    args: [FIXTURE, ...args],
    env: { NODE_COMPILE_CACHE: childEnvironment()['NODE_COMPILE_CACHE'] ?? '' },
    cwd: '/',
    process: 'shared',
    idleSeconds: 300,
    ...target
  },
  prefix: 'fixture_',
  deny: [],
  annotations: [],
  scopes: [],
  identity: 'none',
  timeoutMs: 10_000,
  secrets: [],
  ...settings
})

export interface LogLine {
  level: number
  msg: string
  upstream?: string
  [member: string]: unknown
}

export const quietProcesses = () =>
  createProcesses({ log: pino({ enabled: false }) as unknown as FastifyBaseLogger, environment: ENVIRONMENT })

/** Processes that are gone after the test, and what was logged of them. */
export function startProcesses (t: Teardown, options: Partial<ProcessesOptions> = {}) {
  const lines: LogLine[] = []
  const write = (line: string) => { lines.push(JSON.parse(line) as LogLine) }
  const log = pino({ level: 'debug' }, { write }) as unknown as FastifyBaseLogger
  const processes = createProcesses({ log, environment: ENVIRONMENT, ...options })
  t.teardown(() => processes.close())
  return { processes, lines, said: () => lines.map(({ msg }) => msg).join('\n') }
}

export async function connectClient (transport: ProcessTransport): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(transport)
  return client
}

/** What a tool of the fixture answered. */
export async function callText (client: Client, name: string, args: Record<string, unknown> = {}): Promise<string> {
  const { content } = await client.callTool({ name, arguments: args })
  return (content as Array<{ text: string }>)[0]!.text
}

/** Whether a process runs: one that has ended, and that nobody has collected, does not. */
export function isRunning (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    // Elsewhere than on Linux there is no /proc.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH' && !existsSync('/proc/self')
  }
}
