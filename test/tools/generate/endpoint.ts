// An OpenAI-compatible endpoint for tests: it answers as it is told, and records what it was asked.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import generate from '../../../tools/generate.ts'
import { configureTools, openTools } from '../../../authoring/loader/open.ts'
import { toolContexts } from '../../helpers/tool-context.ts'

export const context = (await toolContexts(t, {}))(null)
export const KEY = 'sk-never-shown-0123456789'

export interface Asked {
  path: string
  headers: IncomingHttpHeaders
  body: {
    model: string
    messages: Array<{ role: string; content: string }>
    max_tokens?: number
    max_completion_tokens?: number
  }
}

export type Turn = string | ((response: ServerResponse) => void)

export const status =
  (code: number, body: unknown = { error: { message: `internal detail about ${KEY}` } }, headers = {}) =>
    (response: ServerResponse) => {
      response
        .writeHead(code, { 'content-type': 'application/json', 'retry-after': '0', ...headers })
        .end(JSON.stringify(body))
    }

/** Answers each request with the next turn; the last one stays. */
export async function endpoint (t: Test, ...turns: Turn[]) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let text = ''
    request
      .on('data', (chunk) => {
        text += chunk
      })
      .on('end', () => {
        asked.push({ path: request.url!, headers: request.headers, body: JSON.parse(text) })
        const turn = turns.length > 1 ? turns.shift()! : turns[0]!
        if (typeof turn === 'function') return turn(response)
        status(200, {
          id: '1',
          object: 'chat.completion',
          created: 1,
          model: 'm',
          choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: turn } }],
          usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 }
        })(response)
      })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` }
}

export async function open (t: Test, env: Record<string, string>) {
  const lines: string[] = []
  const keep = (line: string) => {
    lines.push(line)
  }
  const { tools: configured, problems } = configureTools([generate], env)
  t.same(problems, [])
  const {
    tools: [tool]
  } = await openTools(configured, { dataDir: '/nowhere', log: { info: keep, warn: keep } })
  return {
    lines,
    run: async (args: Record<string, unknown>) =>
      tool!.run(tool!.input.parse(args) as never, context) as Promise<{ data?: unknown[]; text?: string }>
  }
}

export const withModel = async (t: Test, ...turns: Turn[]) => {
  const { asked, url } = await endpoint(t, ...turns)
  return { asked, ...(await open(t, { GENERATE_BASE_URL: url, GENERATE_MODEL: 'small', GENERATE_API_KEY: KEY })) }
}
