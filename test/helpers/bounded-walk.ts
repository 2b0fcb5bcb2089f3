// A server full of what is largest, and a walk that asks it one thing
// after the other and notes what costs too much.
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import type { Test } from 'tap'
import { Browser } from './browser.ts'
import { startMeasured, type Cost, type MeasuredServer } from './measured-server.ts'
import { newClient, post as postForm, walk as walkThrough } from './oauth.ts'
import { folder } from './tool-context.ts'

const MAX_BLOCK_MS = 100
const MAX_GROWTH_BYTES = 64 * 1024 * 1024
/** What a worker does for a request does not count here: a request waits no longer than this. */
const TIMEOUT_MS = 1_000

export interface Walk {
  server: MeasuredServer
  /** Where the person with all the notes is signed in. */
  browser: Browser
  /** @param what names it, where it costs too much. */
  ask(what: string, run: () => Promise<unknown>): Promise<void>
  /** One message to the MCP endpoint, by a person who may do everything; or several. */
  rpc(method: string, params: object): Promise<string>
  post(body: unknown, headers?: Record<string, string>): Promise<string>
  /** Asserts over all that was asked since the last report. */
  report(t: Test, what: string): void
}

const isTooMuch = ({ blockMs, growthBytes }: Cost): boolean => blockMs > MAX_BLOCK_MS || growthBytes > MAX_GROWTH_BYTES

export const request = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS), ...init })

let shared: Promise<Walk> | undefined

/** @param t the root test: one server, whose documents take long to index, is for all files of this process. */
export const startWalk = async (t: Test): Promise<Walk> => (shared ??= start(t))

async function start (t: Test): Promise<Walk> {
  const server = await startMeasured(t, {
    env: { AUTH_BACKEND: 'demo,local', SIGNUP: 'open', DATABASE_FILES: await shop(t) },
    documents
  })
  const browser = new Browser()
  const { form } = await walkThrough(server.url, await newClient(server.url), { scope: 'mcp:read mcp:write' }, browser)
  const { body } = await postForm(`${server.url}/token`, form)
  const access = String(body['access_token'])
  let asked = 0
  let faults: string[] = []
  let worst = { blockMs: 0, growthBytes: 0, what: '' }
  const post = async (body: unknown, headers: Record<string, string> = {}): Promise<string> =>
    (
      await request(server.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${access}`,
          ...headers
        },
        body: JSON.stringify(body)
      })
    ).text()
  const walk: Walk = {
    server,
    browser,
    post,
    rpc: (method, params) => post({ jsonrpc: '2.0', id: 1, method, params }),
    async ask (what, run) {
      const cost = await server.measure(async () => {
        try {
          await run()
        } catch (error) {
          // A large request may be cut off; the server may not.
          if (!server.isAlive()) throw error
        }
      }, isTooMuch)
      asked++
      if (cost.blockMs > worst.blockMs) worst = { ...cost, what }
      if (isTooMuch(cost)) {
        faults.push(`${what}: ${Math.round(cost.blockMs)} ms, ${Math.round(cost.growthBytes / 1e6)} MB`)
      }
    },
    report (t, what) {
      t.ok(
        asked > 0 && server.isAlive(),
        `${what}: ${asked} requests, at worst ${Math.round(worst.blockMs)} ms for ${worst.what}`
      )
      t.same(
        faults,
        [],
        `what takes longer than ${MAX_BLOCK_MS} ms belongs into a worker, what takes more memory is refused before it is begun`
      )
      asked = 0
      faults = []
      worst = { blockMs: 0, growthBytes: 0, what: '' }
    }
  }
  await fillNotes(walk)
  return walk
}

const long = (characters: number, piece: string): string =>
  piece.repeat(Math.ceil(characters / piece.length)).slice(0, characters)

/** The largest that are read. */
const FILE_BYTES = 5 * 1024 * 1024 - 100
const documents: Record<string, string> = {
  'large.md': `# Large\n\n${long(FILE_BYTES - 20, 'A sentence about the <harbour> & its "boats". ')}`,
  'dense.txt': long(FILE_BYTES, 'a'),
  'wide.txt': long(FILE_BYTES / 3, '日本語の会議'),
  ...Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [
      `many/document-${index}.md`,
      `# Document ${index}\n\n${long(300_000, `common words of the document ${index} and what is the name of it. `)}`
    ])
  )
}

async function shop (t: Test): Promise<string> {
  const path = join(await folder(t), 'shop.db')
  const db = new DatabaseSync(path)
  db.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT); INSERT INTO orders VALUES (1, 'a'), (2, 'b')")
  db.close()
  return path
}

/** As many and as long as one person may have. */
async function fillNotes ({ rpc }: Walk): Promise<void> {
  const texts = [
    long(39_000, 'a long note '),
    ...Array.from({ length: 990 }, (_, index) => long(4_900, `a note about the harbour, number ${index}. `))
  ]
  for (const [index, text] of texts.entries()) {
    await rpc('tools/call', { name: 'write', arguments: { title: `Note ${index}`, text } })
  }
}
