// Server processes for tests, as an operator starts them, and a plain
// proxy in front of several: no server of this file
// shares memory with the test.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './ports.ts'
import { childEnvironment } from './child-environment.ts'

const ROOT = new URL('../..', import.meta.url).pathname

/** For Node: a server of a test never takes itself for overloaded. */
export const NEVER_LATE = ['--import', new URL('./never-late.ts', import.meta.url).href]

interface Teardown {
  teardown(work: () => unknown): void
}

export interface ServerProcess {
  port: number
  url: string
  dataDir: string
  /** What it wrote since its first start, both streams. */
  output(): string
  pid(): number
  start(): Promise<void>
  /** @returns its exit code, once it has ended. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/**
 * Prepares a server on a data folder of its own, and on a port of its own unless one is named, and starts it.
 * @param project the folder that it is started in.
 */
export async function startProcess (t: Teardown, env: Record<string, string>, ownPort?: number, project = ROOT): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-process-'))
  // Without documents: reading the guides takes half as long as the rest of a start.
  const [dataDir, docsDir] = [join(folder, 'data'), join(folder, 'docs')]
  await mkdir(docsDir)
  const port = ownPort ?? (await freePort())
  let child: ChildProcess | undefined
  let output = ''
  const server: ServerProcess = {
    port,
    url: `http://127.0.0.1:${port}`,
    dataDir,
    output: () => output,
    pid: () => child!.pid!,
    async start () {
      const started = spawn(process.execPath, [...NEVER_LATE, join(ROOT, 'server.ts')], {
        cwd: project,
        env: childEnvironment({
          PORT: String(port),
          DATA_DIR: dataDir,
          DOCS_DIR: docsDir,
          AUTH_BACKEND: 'demo',
          RATE_LIMITS: 'off',
          LOG_LEVEL: 'warn',
          ...env
        }),
        stdio: ['ignore', 'pipe', 'pipe']
      })
      child = started
      for (const stream of [started.stdout, started.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text
        })
      }
      for (let tries = 0; tries < 600 && started.exitCode === null; tries++) {
        if (
          await fetch(`${server.url}/health/ready`).then(
            ({ ok }) => ok,
            () => false
          )
        ) { return }
        await sleep(50)
      }
      throw new Error(`the server did not start:\n${output}`)
    },
    async end (signal) {
      const running = child!
      if (running.exitCode !== null || running.signalCode !== null) return running.exitCode
      const over = new Promise<number | null>((resolve) => running.once('close', resolve))
      running.kill(signal)
      return over
    }
  }
  t.teardown(async () => {
    await server.end('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })
  await server.start()
  return server
}

export interface Proxy {
  url: string
  port: number
  /** Requests each server got. */ counts: number[]
  close(): Promise<void>
}

/**
 * A plain round-robin proxy: each request goes to the next server that
 * said it is ready. Where nobody listens it tries
 * the one
 * after that; a request that was sent is never sent again, and a connection that breaks is a 502.
 */
export async function startProxy (t: Teardown, servers: ReadonlyArray<{ port: number }>, port: number): Promise<Proxy> {
  let next = 0
  const counts = servers.map(() => 0)
  const isReady = servers.map(() => true)
  const check = async (index: number) => {
    isReady[index] = await fetch(`http://127.0.0.1:${servers[index]!.port}/health/ready`, {
      headers: { connection: 'close' }
    }).then(
      ({ ok }) => ok,
      () => false
    )
  }
  const timer = setInterval(
    () =>
      servers.forEach((_, index) => {
        check(index)
      }),
    100
  )
  const choose = (from: number): number => {
    for (let step = 0; step < servers.length; step++) {
      if (isReady[(from + step) % servers.length]) return (from + step) % servers.length
    }
    return from % servers.length
  }
  const proxy = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      send(Buffer.concat(chunks), choose(next++), servers.length)
    })
    const send = (body: Buffer, chosen: number, tries: number) => {
      const passed = httpRequest(
        {
          host: '127.0.0.1',
          port: servers[chosen]!.port,
          method: request.method,
          path: request.url,
          headers: { ...request.headers, connection: 'close' }
        },
        (answer) => {
          counts[chosen]! += 1
          response.writeHead(answer.statusCode!, answer.headers)
          answer.on('error', () => response.destroy())
          answer.pipe(response)
        }
      )
      passed.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED' && tries > 1) send(body, (chosen + 1) % servers.length, tries - 1)
        else if (response.headersSent) response.destroy()
        else {
          response.writeHead(502, { 'content-type': 'text/plain' })
          response.end(`${error.code} ${error.message}`)
        }
      })
      response.on('close', () => {
        if (!response.writableEnded) passed.destroy()
      })
      passed.end(body)
    }
  })
  await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve))
  const close = async () => {
    clearInterval(timer)
    proxy.closeAllConnections()
    await new Promise((resolve) => proxy.close(resolve))
  }
  t.teardown(close)
  return { url: `http://localhost:${(proxy.address() as AddressInfo).port}`, port, counts, close }
}
