// database_query for tests, opened as the server opens it: with its variables, a log that is kept, real workers, and a
// caller of one's choice.
import Fastify from 'fastify'
import type { Test } from 'tap'
import workers from '../../../plugins/workers.ts'
import { ToolError, type Tool, type ToolContext } from '../../../authoring/tool.ts'
import databaseQuery from '../../../tools/database-query.ts'
import { configureTools, openTools } from '../../../authoring/loader/open.ts'

export interface House {
  tool: Tool | undefined
  lines: string[]
  /** Calls it as somebody, and answers what a client would get. */
  ask(args: Record<string, unknown>, caller?: Caller): Promise<Answer>
  /** The tables that resources/list has for somebody who has not signed in. */
  list(): Promise<Array<{ name: string }>>
}

export interface Caller {
  person?: string
  /** Of one who has not signed in. */
  address?: string
  supabase?: string
  claims?: Record<string, unknown>
}
export interface Answer {
  error?: string
  rows?: unknown[][]
  columns?: Array<{ name: string; type?: string }>
  truncated?: string
  databases?: Array<{ name: string; tables: Array<{ name: string; rows?: number; columns?: string[] }> }>
}

export async function openDatabaseQuery (t: Test, env: Record<string, string>, dataDir = '/nowhere'): Promise<House> {
  const app = Fastify()
  await app.register(workers)
  const lines: string[] = []
  const keep = (message: string) => {
    lines.push(message)
  }
  const { tools: configured, problems } = configureTools([databaseQuery], env)
  t.same(problems, [])
  const {
    tools: [tool],
    resources,
    close
  } = await openTools(configured, { dataDir, log: { info: keep, warn: keep } })
  t.teardown(async () => {
    await close()
    await app.close()
  })
  const signal = new AbortController().signal
  const context = ({ supabase, person = supabase, address = 'address 127.0.0.1', claims }: Caller = {}) => ({
    user: person === undefined ? null : { id: person },
    caller: person ?? address,
    signal,
    runInWorker: ((task, input, { timeout = 25_000, reads } = {}) =>
      app.workers.run(task, input, {
        person: person ?? address,
        timeout,
        signal,
        reads
      })) satisfies ToolContext['runInWorker'],
    supabaseClaims: async () => {
      if (supabase === undefined) throw new ToolError('This tool acts as the person at Supabase.')
      return { sub: supabase, role: 'authenticated', ...claims }
    },
    log: { info: keep, warn: keep }
  }) as unknown as ToolContext
  return {
    tool,
    lines,
    async list () {
      const pages = await Promise.all(resources.map(({ list }) => list?.(undefined, context())))
      return pages.flatMap((page) => page?.resources ?? [])
    },
    async ask (args, caller) {
      try {
        const input = tool!.input.safeParse(args)
        if (!input.success) return { error: `arguments: ${input.error.message}` }
        return tool!.output!.parse(await tool!.run(input.data, context(caller))) as Answer
      } catch (error) {
        if ((error as Error).name !== 'ToolError') throw error
        return { error: (error as Error).message }
      }
    }
  }
}

/** Nothing of a database's own speech, of its files or of its settings. */
export const NO_INTERNALS =
  /SQLSTATE|syntax error at|relation ".*" does not exist|SQLITE_|ERR_|\/(?:tmp|dev|var|home|usr)\/|\$argon2|SCRAM-SHA|postgres:\/\/|at .*\.ts:\d/i
