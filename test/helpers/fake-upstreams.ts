// Upstreams without any process or connection: they offer what a test says, and answer by a function of it.
import type { Prompt, ResourceTemplateType, Tool } from '@modelcontextprotocol/client'
import type { UpstreamSettings } from '../../config/upstreams.ts'
import type {
  Answered,
  Catalogue,
  Exchange,
  Upstream,
  UpstreamCaller,
  UpstreamChange,
  UpstreamPrompt,
  UpstreamRequest,
  Upstreams,
  UpstreamTool
} from '../../plugins/upstreams/contract.ts'

/** What one of them offers, under its own names; outer names begin with `NAME_`. */
export interface FakeOffer {
  name: string
  tools?: ReadonlyArray<Partial<Tool> & { name: string }>
  prompts?: ReadonlyArray<Omit<Prompt, 'arguments'> & { arguments?: Prompt['arguments'] }>
  templates?: readonly ResourceTemplateType[]
  uris?: readonly string[]
  instructions?: string
  timeoutMs?: number
  secrets?: readonly string[]
  answer?(request: UpstreamRequest, exchange: Exchange): Answered | Promise<Answered>
}

export interface FakeUpstreams extends Upstreams {
  /** Every request that was sent, oldest first. */
  readonly sent: ReadonlyArray<UpstreamRequest & { upstream: string; exchange: Exchange }>
  readonly subscribed: ReadonlyArray<{ upstream: string; uri: string; caller: UpstreamCaller | undefined }>
  /** Offers something else from now on, and says so. */
  offer(offer: FakeOffer): void
  tell(change: UpstreamChange): void
}

export const result = (result: Record<string, unknown>): Answered => ({ kind: 'result', result })
export const says = (text: string): Answered => result({ content: [{ type: 'text', text }] })
/** @param params of an elicitation. */
export const asks = (params: Record<string, unknown>, state = 'its state', name = 'question'): Answered =>
  ({ kind: 'questions', requests: { [name]: { method: 'elicitation/create', params } }, state })

export function fakeUpstreams (...offers: FakeOffer[]): FakeUpstreams {
  const byName = new Map(offers.map((offer) => [offer.name, offer]))
  const sent: Array<FakeUpstreams['sent'][number]> = []
  const subscribed: Array<FakeUpstreams['subscribed'][number]> = []
  const listeners: Array<(change: UpstreamChange) => void> = []
  const all = (): Upstream[] =>
    [...byName.values()].map((offer) => ({
      settings: settingsOf(offer),
      catalogue: catalogueOf(offer),
      status: () => ({ name: offer.name, state: 'ready', connections: 1, findings: [] }),
      async request (request, exchange) {
        sent.push({ ...request, upstream: offer.name, exchange })
        return await (offer.answer?.(request, exchange) ?? says('done'))
      },
      async subscribe (uri, caller) {
        subscribed.push({ upstream: offer.name, uri, caller })
      },
      async restart () {}
    }))
  let current = all()
  const tell = (change: UpstreamChange) => listeners.forEach((listener) => listener(change))
  return {
    sent,
    subscribed,
    tell,
    offer (offer) {
      byName.set(offer.name, offer)
      current = all()
      tell({ kind: 'lists', upstream: offer.name })
    },
    get all () { return current },
    get tools () { return current.flatMap(({ catalogue }) => catalogue.tools) },
    get prompts () { return current.flatMap(({ catalogue }) => catalogue.prompts) },
    find: (name) => current.find(({ settings }) => settings.name === name),
    onChange: (listener) => { listeners.push(listener) },
    onCall () {},
    changes: async () => [],
    async looked () {},
    async replace () {}
  }
}

const settingsOf = ({ name, timeoutMs = 5_000, secrets = [] }: FakeOffer): UpstreamSettings => ({
  name,
  target: { kind: 'http', url: `http://${name}.internal/mcp`, headers: {} },
  prefix: `${name}_`,
  deny: [],
  annotations: [],
  scopes: [],
  identity: 'none',
  timeoutMs,
  secrets
})

function catalogueOf (offer: FakeOffer): Catalogue {
  const { name: upstream, tools = [], prompts = [], templates = [], uris = [], instructions, timeoutMs = 5_000 } = offer
  return {
    tools: tools.map((tool): UpstreamTool => {
      const name = `${upstream}_${tool.name}`
      const listed = { inputSchema: { type: 'object' as const }, ...tool, name }
      const scopes = [tool.annotations?.readOnlyHint ? 'mcp:read' as const : 'mcp:write' as const]
      return { upstream, name, ownName: tool.name, listed, scopes, timeoutMs }
    }),
    prompts: prompts.map((prompt): UpstreamPrompt => {
      const name = `${upstream}_${prompt.name}`
      return { upstream, name, ownName: prompt.name, listed: { ...prompt, name } }
    }),
    templates,
    hasResources: templates.length + uris.length > 0,
    instructions,
    uris
  }
}
