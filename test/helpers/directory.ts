// The worked example of docs/adding-a-backend.md as it stands there,
// and the company directory it asks: an HTTP API
// with a few people.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Directory {
  /** The variables of the example, AUTH_BACKEND with its path among them. */
  env: Record<string, string>
  path: string
  /** By address. With `code` it is asked for after the password. */
  people: Map<string, { id: string; password: string; name?: string; code?: string; active?: boolean }>
  /** Answers instead, while it is set. */
  fault: number | 'silence' | undefined
}

interface Teardown {
  teardown(work: () => Promise<void>): void
}

const KEY = 'the key of the directory'

export async function startDirectory (t: Teardown): Promise<Directory> {
  const people: Directory['people'] = new Map([
    ['ann@example.com', { id: 'employee-4711', password: 'Copper kettle on a tram', name: 'Ann' }]
  ])
  const server = createServer((request, response) => {
    let body = ''
    request
      .on('data', (part) => {
        body += String(part)
      })
      .on('end', () => {
        if (directory.fault === 'silence') return
        const asked = JSON.parse(body) as { email?: string; password?: string; ticket?: string; code?: string }
        const [email, person] =
          [...people].find(([address, { id }]) => address === asked.email || `ticket of ${id}` === asked.ticket) ?? []
        const right = request.url === '/sign-in' ? asked.password === person?.password : asked.code === person?.code
        const status =
          directory.fault ??
          (request.headers.authorization !== `Bearer ${KEY}`
            ? 400
            : !person || !right
                ? 401
                : person.active === false
                  ? 403
                  : 200)
        const answer =
          person?.code !== undefined && request.url === '/sign-in'
            ? { ticket: `ticket of ${person.id}` }
            : { id: person?.id, email, name: person?.name }
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(status === 200 ? answer : {}))
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const folder = await mkdtemp(join(tmpdir(), 'directory-'))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(folder, { recursive: true, force: true })
  })
  const path = join(folder, 'directory.ts')
  await writeFile(path, placed(await workedExample()))
  const directory: Directory = {
    env: {
      AUTH_BACKEND: path,
      DIRECTORY_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      DIRECTORY_KEY: KEY
    },
    path,
    people,
    fault: undefined
  }
  return directory
}

export const workedExample = async (): Promise<string> =>
  /```ts\n([\s\S]*?)```/.exec(await readFile(new URL('../../docs/adding-a-backend.md', import.meta.url), 'utf8'))![1]!

/** As it runs in a folder of its own: its imports lead here. */
const placed = (source: string): string =>
  source
    .replace("from 'zod'", `from ${JSON.stringify(import.meta.resolve('zod'))}`)
    .replace(
      "from './auth-backends/contract.ts'",
      `from ${JSON.stringify(new URL('../../auth-backends/contract.ts', import.meta.url).href)}`
    )
