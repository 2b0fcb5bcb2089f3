// What a running tool gets, over a real library and real notes: a server without routes, in folders of its own, closed
// after the test.
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import { monotonicClock } from '../../clock.ts'
import { ALL_RIGHTS, EVERYBODY } from '../../plugins/access-rules/contract.ts'
import library, { type LibraryOptions } from '../../plugins/library/index.ts'
import notes, { type NotesOptions } from '../../plugins/notes/index.ts'
import postgres from '../../plugins/postgres.ts'
import storage from '../../plugins/storage/index.ts'
import workers from '../../plugins/workers.ts'
import type { SourceUser } from '../../authoring/source.ts'
import type { ToolContext } from '../../authoring/tool.ts'
import { quietContext } from './quiet-context.ts'
import { withSharedReader } from './shared-reader.ts'

interface Teardown {
  teardown(work: () => unknown): void
}

export const documentUrl = (path: string): string => `https://mcp.example/documents/${path}`

/** A folder of its own. */
export async function folder (t: Teardown): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'mcp-test-')))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

export async function fill (root: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [id, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, id)), { recursive: true })
    await writeFile(join(root, id), content)
  }
}

export type HouseOptions = Partial<
  LibraryOptions & NotesOptions & {
    databaseUrl: string
    log: (level: number, message: string) => void
    /** Documents are read by the worker that the houses of the room have in common. */
    sharesReader: boolean
  }
>

/**
 * A house with storage, notes and library, over a folder of documents. It may still be reading them:
 * `app.library.ready`.
 */
export async function openHouse (
  t: Teardown,
  docsDir: string,
  { log, sharesReader = false, ...options }: HouseOptions = {}
): Promise<{ app: FastifyInstance; dataDir: string }> {
  const write = (line: string) => {
    const { level, msg } = JSON.parse(line)
    log?.(level, msg)
  }
  const app: FastifyInstance = Fastify({ logger: { level: 'info', stream: { write } } })
  if (sharesReader) withSharedReader(app)
  const dataDir = options.dataDir ?? (await folder(t))
  const settings = {
    docsDir,
    docsBaseUrl: undefined,
    redisUrl: undefined,
    databaseUrl: undefined,
    secretKeys: [],
    sources: [],
    accessRules: { audienceOf: () => EVERYBODY, onChange () {} },
    documentUrl,
    noteUrl: documentUrl,
    now: monotonicClock,
    steady: monotonicClock,
    ...options,
    dataDir
  }
  t.teardown(() => app.close())
  await app.register(workers)
  await app.register(storage, settings)
  await app.register(postgres, settings)
  await app.register(notes, settings)
  await app.register(library, { ...settings, notes: app.notes })
  await app.ready()
  return { app, dataDir }
}

/** @returns for each user what a tool of theirs gets. */
export async function toolContexts (
  t: Teardown,
  files: Record<string, string | Buffer>,
  options: HouseOptions = {}
): Promise<(user: SourceUser | null) => ToolContext> {
  const place = await folder(t)
  const docsDir = join(place, 'docs')
  await mkdir(docsDir)
  await fill(docsDir, files)
  // What no id may lead to.
  await writeFile(join(place, 'secret.md'), 'hippopotamus')
  const { app } = await openHouse(t, docsDir, { sharesReader: true, ...options })
  await app.library.ready
  return (user) => ({
    ...quietContext,
    user: user && { groups: [], ...user },
    caller: user ? user.id : 'address 127.0.0.1',
    library: app.library.of(user, ALL_RIGHTS.documents),
    notes: app.notes.of(user),
    signal: new AbortController().signal,
    runInWorker: (task, input, { timeout = 25_000, reads } = {}) =>
      app.workers.run(task, input, { person: user?.id ?? 'address 127.0.0.1', timeout, reads }),
    log: { info () {}, warn () {} }
  })
}
