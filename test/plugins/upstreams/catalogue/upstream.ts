// What the tests of this room use for an upstream: its settings, its answers, and the lines that the operator gets.
import type { UpstreamSettings } from '../../../../config/upstreams.ts'
import type { Connection } from '../../../../plugins/upstreams/contract.ts'
import { readCatalogue } from '../../../../plugins/upstreams/catalogue/read.ts'

export const settingsOf = (more: Partial<UpstreamSettings> = {}): UpstreamSettings => ({
  name: 'crm',
  target: { kind: 'http', url: 'https://crm.internal/mcp', headers: {} },
  prefix: 'crm_',
  deny: [],
  annotations: [],
  scopes: [],
  identity: 'none',
  timeoutMs: 1_000,
  secrets: [],
  ...more
})

/** @param answers by method, one for each page. */
export function connectionTo (
  answers: Readonly<Record<string, readonly unknown[]>>,
  more: Partial<Connection> = {}
): Connection & { asked: Array<[method: string, params: unknown]> } {
  const asked: Array<[string, unknown]> = []
  return {
    asked,
    capabilities: { tools: {}, prompts: {}, resources: {} },
    protocolVersion: '2025-11-25',
    instructions: undefined,
    async ask (method, params) {
      const page = asked.filter(([other]) => other === method).length
      asked.push([method, params])
      const answer = answers[method]?.[page]
      if (answer instanceof Error) throw answer
      return (answer ?? EMPTY) as Record<string, unknown>
    },
    ...more
  }
}

const EMPTY = { tools: [], prompts: [], resources: [], resourceTemplates: [] }

export const schema = { type: 'object' as const, properties: {} }

export function operatorLog () {
  const lines: string[] = []
  const add = (message: string) => {
    lines.push(message)
  }
  return { lines, info: add, warn: add, error: add }
}

/** What becomes of these tools. */
export async function readTools (tools: unknown, settings: Partial<UpstreamSettings> = {}) {
  const log = operatorLog()
  const connection = connectionTo({ 'tools/list': [{ tools }] })
  const catalogue = await readCatalogue(connection, settingsOf(settings), log)
  return { tools: catalogue.tools, lines: log.lines }
}
