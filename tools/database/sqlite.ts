// database_query on SQLite files: which files may be read. Each query runs in a separate process.
import { open, readdir, realpath, stat } from 'node:fs/promises'
import { basename, extname, join, sep } from 'node:path'
import { isToolError, ToolError, type ToolContext, type ToolHost } from '../../authoring/tool.ts'
import { ASK_OPERATOR, type Answer, type Database, type Table } from './contract.ts'
import type { Look } from './sqlite-task.ts'

const TASK = new URL('./sqlite-task.ts', import.meta.url)
/** What a call may take besides its statement: opening the file, and describing it. */
const BESIDE_MS = 1_000
const HEADER = 'SQLite format 3\0'

/**
 * @param statementMs milliseconds that a statement may take.
 * @throws Error that names the file which cannot be offered: missing, no SQLite database, or one of the server's own.
 */
export async function openSqliteFiles (
  paths: readonly string[],
  statementMs: number,
  { dataDir }: ToolHost
): Promise<Database[]> {
  const files = await Promise.all(paths.map((path) => checkFile(path, dataDir)))
  const names = files.map((path) => basename(path, extname(path)))
  const twice = names.find((name, index) => name === 'postgres' || names.indexOf(name) !== index)
  if (twice !== undefined) { throw new Error(`DATABASE_FILES: the name ${twice} is taken, and calls name a file by it; rename the file`) }
  return files.map((path, index) => openFile(names[index]!, path, statementMs + BESIDE_MS))
}

async function checkFile (path: string, dataDir: string): Promise<string> {
  const refuse = (why: string): never => {
    throw new Error(`DATABASE_FILES: ${path} ${why}`)
  }
  const real = await realpath(path).catch(() => refuse('does not exist; write the path of a SQLite file'))
  const file = await open(real).catch(() => refuse('cannot be read by this server'))
  try {
    const { buffer, bytesRead } = await file
      .read(Buffer.alloc(HEADER.length), 0, HEADER.length, 0)
      .catch(() => refuse('is no file'))
    if (buffer.toString('latin1', 0, bytesRead) !== HEADER) refuse('is no SQLite database')
    const own = await realpath(dataDir).catch(() => dataDir)
    if (real.startsWith(own + sep) || (await isIn(own, await file.stat()))) { refuse(`is one of the server's own files, or lies among them: keep it outside ${dataDir}`) }
  } finally {
    await file.close()
  }
  return real
}

/** By another name: a hard link. */
async function isIn (folder: string, { dev, ino }: { dev: number; ino: number }): Promise<boolean> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const files = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)))
  return files.some((file) => file?.dev === dev && file.ino === ino)
}

function openFile (name: string, path: string, timeout: number): Database {
  async function ask<Result extends Table[] | Answer> (
    look: Omit<Look, 'path'>,
    { runInWorker, signal, log }: ToolContext
  ): Promise<Result> {
    try {
      return await runInWorker<Result>(TASK, { path, ...look } satisfies Look, { timeout, reads: [path] })
    } catch (error) {
      if ((error as Error).name === 'TimeoutError' && !signal.aborted) { throw new ToolError('The query took too long and was stopped. Narrow it with WHERE, or aggregate less.') }
      if (isToolError(error) && error.message.endsWith(ASK_OPERATOR)) log.warn(`${path} for database_query: ${error.message}`)
      throw error
    }
  }
  return {
    name,
    kind: 'SQLite',
    tables: (context) => ask<Table[]>({}, context),
    query: (question, context) => ask<Answer>({ question }, context)
  }
}
