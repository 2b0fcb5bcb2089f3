// What upstreams offer, joined to ours: built once, and again
// whenever an upstream offers something else.
// Tested in test/plugins/mcp/relay/changes.test.ts.
import type { Rights } from '../../access-rules/contract.ts'
import { resourceScopes } from '../../oauth/scopes.ts'
import type { Upstream, Upstreams } from '../../upstreams/contract.ts'
import { isUsable } from '../../upstreams/usable.ts'
import { createAnswers } from '../kept-answers.ts'
import type { Offered } from '../sdk/contract.ts'
import type { Change } from '../streams/change-log.ts'
import { createRelayedChanges } from './changes.ts'
import { createOwners } from './owners.ts'
import { withRelayedPrompts } from './prompts.ts'
import { createRelay } from './relay.ts'
import { withRelayedResources } from './resources.ts'
import { relayedTools } from './tools.ts'
import type { CallableTool } from '../handlers/callable-tool.ts'

export interface Relayed {
  tools(): CallableTool[]
  /** Ours, and those of upstreams. */
  join(own: Pick<Offered, 'prompts' | 'resources'>): Pick<Offered, 'prompts' | 'resources'>
  /** What upstreams say about themselves to a caller. */
  instructionsFor(rights: Rights): string | undefined
  /** @param listener gets what is to be announced, after everything here knows of it. */
  onChange(listener: (changes: readonly Change[], isOffer: boolean) => void): void
}

interface Options {
  local: boolean
  signIn: boolean
  log: { warn(message: string): void }
}

export function createRelayed (upstreams: Upstreams, { signIn, ...options }: Options): Relayed {
  const relay = createRelay(upstreams, options)
  const owners = createOwners(upstreams)
  let said = createAnswers()
  upstreams.onChange(({ kind }) => {
    if (kind === 'lists') said = createAnswers()
  })
  return {
    tools: () => relayedTools(relay),
    join: ({ prompts, resources }) => ({
      prompts: withRelayedPrompts(prompts, relay, signIn),
      resources: withRelayedResources(resources, relay, owners, signIn)
    }),
    instructionsFor (rights) {
      const known = said.get(rights.key)
      if (known !== undefined) return known === '' ? undefined : String(known)
      const text = instructionsOf(upstreams.all.filter((upstream) => isUsable(upstream, rights, resourceScopes)))
      said.set(rights.key, text ?? '')
      return text
    },
    onChange (listener) {
      const changesOf = createRelayedChanges(upstreams, owners)
      upstreams.onChange((change) => {
        const isOffer = change.kind === 'lists'
        if (isOffer) owners.refresh()
        listener(changesOf(change), isOffer)
      })
    }
  }
}

/** Characters that upstreams take of the instructions together: all of it is in the context of every conversation. */
const MAX_INSTRUCTIONS = 6_000

function instructionsOf (upstreams: readonly Upstream[]): string | undefined {
  const paragraphs = upstreams.flatMap(({ settings: { name }, catalogue: { instructions } }) =>
    instructions === undefined ? [] : [`${name}: ${instructions}`])
  const text = paragraphs.join('\n\n').slice(0, MAX_INSTRUCTIONS)
  return text === '' ? undefined : text
}
