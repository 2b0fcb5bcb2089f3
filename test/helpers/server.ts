// The whole server for a test, as server.ts builds it: in this process, on a port, data folder and documents of its
// own, closed after the test.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { buildApp, type AppOptions } from '../../app.ts'
import type { Clock } from '../../clock.ts'
import { loadConfig, type Config } from '../../config/index.ts'
import type { Tool } from '../../authoring/tool.ts'
import { foldersOf, loadOffer } from '../../authoring/loader/load.ts'
import { withCheapPasswords } from './local-backend.ts'
import { freePort } from './ports.ts'

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

export interface ServerOptions extends Pick<AppOptions, 'offer' | 'reloads' | 'maxEventLoopDelayMs'> {
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

async function withTools (more: readonly Tool[]) {
  const offer = await loadOffer(foldersOf(new URL('../../', import.meta.url)))
  return { ...offer, tools: [...offer.tools, ...more] }
}

/** Starts a server with rate limits and load shedding off, and logging silent. */
export async function startServer (
  t: Teardown,
  {
    port: chosen,
    env = {},
    now,
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
  const server = { dataDir, docsDir } as TestServer
  const start = async (port: number) => {
    const config = withCheapPasswords(
      await loadConfig({
        PORT: String(port),
        DATA_DIR: dataDir,
        DOCS_DIR: docsDir,
        LOG_LEVEL: 'silent',
        RATE_LIMITS: 'off',
        ...env
      })
    )
    server.config = config
    const whole = tools ? await withTools(tools) : offer
    const app = await buildApp(config, {
      maxEventLoopDelayMs,
      ...(now && { now }),
      ...(logTo && { logTo }),
      ...(whole && { offer: whole }),
      ...(reloads && { reloads })
    })
    await app.listen({ port, host: '127.0.0.1' })
    await app.library.ready
    return app
  }
  const port = chosen ?? (await freePort())
  server.app = await start(port)
  server.url = `http://localhost:${port}`
  server.close = () => server.app.close()
  server.restart = async () => {
    await server.app.close()
    server.app = await start(port)
  }
  t.teardown(async () => {
    await server.app.close()
    await rm(folder, { recursive: true, force: true })
  })
  return server
}
