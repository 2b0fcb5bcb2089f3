// The whole server for a test, as server.ts builds it: in this process,
// on a port, data folder and documents of its
// own, closed after the test.
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { buildApp, type AppOptions } from '../../app.ts'
import type { Clock } from '../../clock.ts'
import { loadConfig, type Config } from '../../config/index.ts'
import type { Tool } from '../../authoring/tool.ts'
import { MAX_RESERVE_BYTES, RESERVE } from '../../plugins/storage/sqlite/disk-room.ts'
import { foldersOf, loadOffer, type Offer } from '../../authoring/loader/load.ts'
import { withCheapPasswords } from './local-backend.ts'
import { createHttpServer } from '../../plugins/http-server.ts'
import { freePort } from './ports.ts'
import { withSharedReader } from './shared-reader.ts'

export interface TestServer {
  config: Config
  app: FastifyInstance
  url: string
  dataDir: string
  docsDir: string
  close(): Promise<void>
  /** A second start on the same data and address. */
  restart(): Promise<void>
}

interface Teardown {
  teardown(work: () => Promise<void>): void
}

export interface ServerOptions extends Pick<AppOptions, 'offer' | 'reloads' | 'maxEventLoopDelayMs' | 'steady'> {
  /** Where to listen, when somebody else has to know it first. */
  port?: number
  env?: Record<string, string>
  now?: Clock
  documents?: Record<string, string>
  /** Beside those of tools/. */
  tools?: Tool[]
  /** Takes the log's lines. */
  logTo?: Writable
}

export const sampleDocuments: Record<string, string> = {
  'tides.md': '# Tides\n\nThe moon pulls the sea. A spring tide comes at new moon and full moon.\n',
  'bread/sourdough.md': '# Sourdough bread\n\nFeed the starter every day with flour and water.\n'
}

let shipped: Promise<Offer> | undefined

/** Found and checked once for all servers of a file. */
const loadShipped = (): Promise<Offer> => (shipped ??= loadOffer(foldersOf(new URL('../../', import.meta.url))))

/** Servers of tests are not on a full disk: their reserve has its size and takes no room. */
async function makeEmptyReserve (dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const file = await open(join(dataDir, RESERVE), 'w', 0o600)
  await file.truncate(MAX_RESERVE_BYTES)
  await file.close()
}

/** Starts a server with rate limits and load shedding off, and logging silent. */
export async function startServer (
  t: Teardown,
  {
    port: chosen,
    env = {},
    now,
    steady,
    logTo,
    tools,
    offer,
    reloads,
    maxEventLoopDelayMs = Infinity,
    documents = sampleDocuments
  }: ServerOptions = {}
): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-server-'))
  const dataDir = join(folder, 'data')
  const docsDir = join(folder, 'docs')
  for (const [name, text] of Object.entries(documents)) {
    await mkdir(join(docsDir, name, '..'), { recursive: true })
    await writeFile(join(docsDir, name), text)
  }
  await makeEmptyReserve(dataDir)
  const server = { dataDir, docsDir } as TestServer
  // The names that rules may use are those that are offered.
  const hasRules = env['ACCESS'] !== undefined && offer !== undefined
  const start = async (port: number) => {
    const config = withCheapPasswords(
      await loadConfig({
        PORT: String(port),
        DATA_DIR: dataDir,
        DOCS_DIR: docsDir,
        LOG_LEVEL: 'silent',
        RATE_LIMITS: 'off',
        ...env
      }, undefined, hasRules ? [] : undefined, hasRules ? { offer } : {})
    )
    server.config = config
    const whole = offer ?? (reloads ? undefined : await loadShipped())
    const app = await buildApp(config, {
      maxEventLoopDelayMs,
      server: withSharedReader(createHttpServer(config, logTo)),
      ...(now && { now }),
      ...(steady && { steady }),
      ...(whole && { offer: tools ? { ...whole, tools: [...(whole.tools ?? []), ...tools] } : whole }),
      ...(reloads && { reloads })
    })
    await app.listen({ port, host: '127.0.0.1' })
    await app.library.ready
    return app
  }
  const remove = () => rm(folder, { recursive: true, force: true })
  const port = chosen ?? (await freePort())
  server.app = await start(port).catch(async (error: unknown) => {
    await remove()
    throw error
  })
  server.url = `http://localhost:${port}`
  server.close = () => server.app.close()
  server.restart = async () => {
    await server.app.close()
    server.app = await start(port)
  }
  t.teardown(async () => {
    await server.app.close()
    await remove()
  })
  return server
}
