// Prompts of upstreams beside ours (MCP "Prompts").
import type { GetPromptResult } from '@modelcontextprotocol/server'
import type { Rights } from '../../access-rules/contract.ts'
import type { UpstreamPrompt } from '../../upstreams/contract.ts'
import type { Prompts } from '../handlers/prompts.ts'
import { maySee } from '../handlers/resources.ts'
import { relayCompletion } from './complete.ts'
import type { Relay } from './contract.ts'
import { relayGuarded } from './guarded.ts'
import { readResult } from './results.ts'

/** Prompts and resources of upstreams are read. */
export const READING = { scopes: ['mcp:read' as const] }

/** @param own ours; a prompt of an upstream never takes the place of one of them. */
export function withRelayedPrompts (own: Prompts, relay: Relay, signIn: boolean): Prompts {
  const mayUse = ({ upstream, name }: UpstreamPrompt, rights: Rights) =>
    !own.has(name) && rights.mayOf(upstream, 'prompts', name)
  const theirs = (name: string, rights: Rights) =>
    relay.upstreams.prompts.find((prompt) => prompt.name === name && mayUse(prompt, rights))

  return {
    ...own,
    find: (name, rights) => own.find(name, rights) ?? (theirs(name, rights) && READING),
    list (caller) {
      const { access, rights } = caller.request
      const { prompts } = own.list(caller)
      if (!maySee(READING, access, signIn)) return { prompts }
      const others = relay.upstreams.prompts.filter((prompt) => mayUse(prompt, rights))
      return { prompts: [...prompts, ...others.map(({ listed }) => listed)] }
    },
    async get (name, args = {}, caller) {
      const prompt = theirs(name, caller.request.rights)
      if (!prompt) return own.get(name, args, caller)
      const { upstream, ownName } = prompt
      const asked = {
        upstream,
        method: 'prompts/get' as const,
        params: { name: ownName, arguments: args },
        asked: [name, args],
        timeoutMs: relay.settingsOf(upstream).timeoutMs
      }
      return relayGuarded(relay, asked, caller, `The prompt ${name}`, (result) =>
        readResult(upstream, 'GetPromptResult', result, MEMBERS) as GetPromptResult
      )
    },
    async complete (name, argument, caller, context) {
      const { access, rights } = caller.request
      const prompt = maySee(READING, access, signIn) ? theirs(name, rights) : undefined
      if (!prompt) return own.complete(name, argument, caller)
      const ref = { type: 'ref/prompt' as const, name: prompt.ownName }
      const completed = { ref, argument, context }
      return relayCompletion(relay, prompt.upstream, completed, caller, `The prompt ${name}`)
    }
  }
}

const MEMBERS = ['description', 'messages']
