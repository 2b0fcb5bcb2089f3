// Runs the official conformance suites against this server: with the
// fixtures, and with a token that the real sign-in
// issued, added to each request on the way. Or through it: with the fixtures at an upstream of this server.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../app.ts'
import { loadConfig } from '../../config/index.ts'
import { Browser } from '../helpers/browser.ts'
import { newClient, tokensFor } from '../helpers/oauth.ts'
import { freePort } from '../helpers/ports.ts'
import { until } from '../helpers/until.ts'
import { buildFixtureServer } from './fixture-server.ts'

export interface Suite {
  name: string
  /** What it runs against: the MCP endpoint, or the authorization server. */
  of: 'endpoint' | 'authorization'
  package: 'conformance' | 'conformance-stable'
  arguments: string[]
  /** Scenarios that are not scored and that this server makes no claim to. */
  unclaimed?: RegExp
}

export const suites: readonly Suite[] = [
  { name: '2025-11-25', of: 'endpoint', package: 'conformance', arguments: ['server', '--requirements', '2025-11-25'] },
  {
    name: '2026-07-28',
    of: 'endpoint',
    package: 'conformance',
    arguments: ['server', '--requirements', '2026-07-28'],
    unclaimed: /^tasks-/
  },
  { name: 'stable', of: 'endpoint', package: 'conformance-stable', arguments: ['server'] },
  { name: 'authorization', of: 'authorization', package: 'conformance', arguments: ['authorization'] }
]

/** Those that run through this server as well: the others are about this server itself, or the same in an older release. */
export const throughProxy = suites.slice(0, 2)

/** Scenarios whose tool samples, or asks for roots: for tools of an upstream, both are declined. */
const DECLINED = new Set([
  'tools-call-sampling',
  'server-stateless',
  'input-required-result-basic-sampling',
  'input-required-result-basic-list-roots',
  'input-required-result-multiple-input-requests',
  'input-required-result-capability-check'
])

export interface Scenario {
  name: string
  passed: number
  failed: number
}

export interface Outcome {
  suite: Suite
  scenarios: Scenario[]
  output: string
}

export const claimed = ({ suite, scenarios }: Outcome): Scenario[] =>
  scenarios.filter(({ name }) => !suite.unclaimed?.test(name))

/** Names of scenarios that failed and should not have, or the other way round. */
export function unexpected (outcome: Outcome, { isProxied = false } = {}): string[] {
  const mayFail = (name: string) => isProxied && DECLINED.has(name)
  return claimed(outcome).filter(({ name, failed }) => (failed > 0) !== mayFail(name)).map(({ name }) => name)
}

const main = (name: Suite['package']): string =>
  new URL(
    `../../node_modules/${name === 'conformance' ? '@modelcontextprotocol/' : ''}${name}/dist/index.js`,
    import.meta.url
  ).pathname

/** A server with the fixtures, and whatever it needs to be asked by the suites. */
export interface Bench {
  run(suite: Suite): Promise<Outcome>
  close(): Promise<void>
}

const SETTINGS = { RATE_LIMITS: 'off', LOG_LEVEL: 'silent' }
/** A machine with other work to do is no reason to refuse a request of a suite. */
const PATIENT = { maxEventLoopDelayMs: Infinity }

/** @param options.isProxied whether the fixtures are at an upstream of the server that is asked. */
export async function openBench ({ isProxied = false } = {}): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-conformance-'))
  const port = await freePort()
  const env = { ...SETTINGS, PORT: String(port), DATA_DIR: join(folder, 'data'), AUTH_BACKEND: 'demo' }
  const upstream = isProxied ? await startUpstream(folder) : undefined
  const config = await loadConfig(upstream ? { ...env, UPSTREAMS: upstream.file } : env)
  const app = await (upstream ? buildApp(config, { ...PATIENT, offer: {} }) : buildFixtureServer(config, PATIENT))
  await app.listen({ port, host: '127.0.0.1' })
  if (upstream) await until(() => app.upstreams.tools.length > 0)
  const url = `http://localhost:${port}`
  const { access } = await tokensFor(url, await newClient(url), { scope: 'mcp:read mcp:write' })
  const proxy = await openProxy(port, access)
  const { port: proxyPort } = proxy.address() as { port: number }

  return {
    async run (suite) {
      const extra =
        suite.of === 'endpoint' ? ['--url', `http://localhost:${proxyPort}/`] : await authorizationArguments(url)
      const output = await runSuite([main(suite.package), ...suite.arguments, ...extra], folder)
      return { suite, scenarios: readSummary(output), output }
    },
    async close () {
      proxy.closeAllConnections()
      proxy.close()
      await app.close()
      await upstream?.app.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** A server with the fixtures and without sign-in, and the file that names it. */
async function startUpstream (folder: string): Promise<{ app: FastifyInstance; file: string }> {
  const port = await freePort()
  const env = { ...SETTINGS, PORT: String(port), DATA_DIR: join(folder, 'upstream'), AUTH_BACKEND: 'none' }
  const app = await buildFixtureServer(await loadConfig(env), PATIENT)
  const url = await app.listen({ port, host: '127.0.0.1' })
  const file = join(folder, 'mcp.json')
  await writeFile(file, JSON.stringify({ mcpServers: { fixtures: { url: `${url}/`, prefix: '' } } }))
  return { app, file }
}

/** The suites have no option for a token: this adds it, and changes nothing else. */
async function openProxy (port: number, token: string): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const forwarded = httpRequest(
      { host: '127.0.0.1', port, method, path: url, headers: { ...headers, authorization: `Bearer ${token}` } },
      (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(outgoing)
      }
    )
    forwarded.on('error', () => outgoing.destroy())
    outgoing.on('close', () => forwarded.destroy())
    incoming.pipe(forwarded)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function authorizationArguments (url: string): Promise<string[]> {
  const port = await freePort()
  const client = await newClient(url, {
    redirect_uris: [`http://127.0.0.1:${port}/callback`],
    token_endpoint_auth_method: 'none'
  })
  return ['--url', url, '--client-id', client.client_id, '--resource', url, '--port', String(port)]
}

/** Whatever lasts longer hangs: the longest takes seconds. */
const TIMEOUT_MS = 120_000

async function runSuite (args: string[], cwd: string): Promise<string> {
  const suite = spawn(process.execPath, args, { cwd, timeout: TIMEOUT_MS })
  let output = ''
  let signedIn: Promise<void> | undefined
  const read = (chunk: Buffer) => {
    output += chunk
    const address = /^http\S+\/authorize\?\S+$/m.exec(output)?.[0]
    if (address && output.includes('Callback server started')) signedIn ??= signIn(address)
  }
  suite.stdout.on('data', read)
  suite.stderr.on('data', read)
  await once(suite, 'close')
  await signedIn
  return output
}

/** Does what the suite asks a person to do: opens the address, signs in, allows it, and goes where that leads. */
async function signIn (address: string): Promise<void> {
  const browser = new Browser()
  const consent = await browser.submit(await browser.get(address), ({ fields }) => fields['backend'] === 'demo')
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  await fetch(browser.left!)
}

const readSummary = (output: string): Scenario[] =>
  [...output.slice(output.indexOf('=== SUMMARY ===')).matchAll(/^[✓✗] (\S+): (\d+) passed, (\d+) failed/gm)].map(
    ([, name, passed, failed]) => ({ name: name!, passed: Number(passed), failed: Number(failed) })
  )

/** The table of docs/conformance.md. */
export function table (outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => {
    const scenarios = claimed(outcome)
    const passed = scenarios.filter(({ failed }) => failed === 0)
    const checks = scenarios.reduce((sum, { passed }) => sum + passed, 0)
    const failed = scenarios.reduce((sum, { failed }) => sum + failed, 0)
    return `| ${outcome.suite.name} | ${passed.length} of ${scenarios.length} | ${checks} passed, ${failed} failed |`
  })
  return ['| suite | scenarios | checks |', '|---|---|---|', ...rows].join('\n')
}
