// Existing servers as pages, metrics and the start table see them, without a process or a connection.
import type { Upstream, UpstreamState, Upstreams } from '../../plugins/upstreams/contract.ts'
import type { ToolScope } from '../../authoring/context.ts'
import { settingsOf } from './memory-upstream.ts'

interface Shown {
  name: string
  /** Names as our clients see them. */
  tools?: string[]
  scopes?: ToolScope[]
  uris?: string[]
  state?: UpstreamState
  fault?: string
  secrets?: string[]
}

export function shownUpstreams (fakes: readonly Shown[]): Pick<Upstreams, 'all'> {
  return {
    all: fakes.map(({
      name,
      tools = [],
      scopes = ['mcp:read'],
      uris = [],
      state = 'idle',
      fault,
      secrets = []
    }): Upstream => ({
      settings: settingsOf({ name, prefix: `${name}_`, secrets }),
      catalogue: {
        tools: tools.map((tool) => ({
          upstream: name,
          name: tool,
          ownName: tool,
          listed: { name: tool, inputSchema: { type: 'object' } },
          scopes,
          timeoutMs: 1_000
        })),
        prompts: [],
        templates: [],
        hasResources: uris.length > 0,
        instructions: undefined,
        uris
      },
      status: () => ({ name, state, fault, connections: 0, findings: [] }),
      request: async () => ({ kind: 'result', result: {} }),
      subscribe: async () => {},
      restart: async () => {}
    }))
  }
}
