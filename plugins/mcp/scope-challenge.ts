// Who may do what: the scopes a message needs, what needs no sign-in, and the challenge that leads to a sign-in (MCP
// "Scope Challenge Handling"; OpenAI "mixed authentication").
import type { OAuthError } from '../../errors.ts'
import type { Rights } from '../access-rules/contract.ts'
import { missingScope, missingToken } from '../oauth/challenge.ts'
import { resourceScopes } from '../oauth/scopes.ts'
import type { McpResponse, McpRequest, Message } from './contract.ts'
import type { Offered } from './sdk/contract.ts'
import { withinBounds } from './streams/subscribed-uris.ts'

/** Allowed without a token as soon as some tool is: how to talk to the server, and what it offers. */
const DISCOVERY = new Set([
  'initialize',
  'notifications/initialized',
  'notifications/cancelled',
  'ping',
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list'
])

/**
 * @returns undefined if the request may continue; a refusal inside a result, for a client that can show a sign-in from
 * there.
 * @throws OAuthError 401 or 403 with everything the request needs in one challenge, before anything runs.
 */
export function checkAccess (request: McpRequest, offered: Offered, resourceMetadata: string): McpResponse | undefined {
  const { body, access, rights } = request
  const messages = Array.isArray(body) ? body : [body]
  const isCovered = (message: Message) => scopesOf(message, offered, rights)?.every((scope) => access!.scopes.includes(scope)) ?? true
  if (access !== null && messages.every(isCovered)) return undefined
  const needed = messages.map((message) => scopesOf(message, offered, rights))
  const scopes = [...new Set(needed.flat().filter((scope) => scope !== undefined))] as string[]
  if (access === null && needed.every((each) => each !== undefined && each.length === 0)) return undefined
  if (showsSignIn(body)) return inBand(body, missingScope(resourceMetadata, scopes), access === null)
  throw access === null ? missingToken({ resourceMetadata, scopes: resourceScopes }) : missingScope(resourceMetadata, scopes)
}

/**
 * @returns the scopes a message needs: none if it needs no sign-in, undefined if it needs a sign-in with any scopes.
 */
function scopesOf (
  { method, params }: Message,
  { tools, resources, prompts }: Offered,
  rights: Rights
): readonly string[] | undefined {
  const ofResource = (uri: unknown) => (typeof uri === 'string' ? (resources.find(uri, rights)?.scopes ?? []) : [])
  switch (method) {
    case 'tools/call': {
      const tool = tools.find(textOf(params, 'name'), rights)
      return tool?.noauth ? [] : tool?.scopes
    }
    case 'resources/read':
    case 'resources/subscribe':
      return atLeastOne(ofResource(params?.['uri']))
    case 'prompts/get':
      return prompts.find(textOf(params, 'name'), rights)?.scopes
    case 'subscriptions/listen':
      // Whose each is takes a while to find out; of what is too much, no more than is served.
      return atLeastOne(
        withinBounds([(params?.['notifications'] as { resourceSubscriptions?: unknown } | undefined)?.resourceSubscriptions].flat())
          .flatMap(ofResource)
      )
    default:
      return DISCOVERY.has(method) ? [] : undefined
  }
}

/** Whether what a message names is still there: the rules may take it away while its call goes on, which may take minutes. */
export const isThere = (body: McpRequest['body'], offered: Offered, rights: Rights): boolean =>
  [body].flat().every(({ method, params }) => {
    if (method === 'tools/call') return offered.tools.find(textOf(params, 'name'), rights) !== undefined
    if (method === 'prompts/get') return offered.prompts.find(textOf(params, 'name'), rights) !== undefined
    if (method === 'completion/complete') return isCompleted(params?.['ref'], offered, rights)
    return method !== 'resources/read' || offered.resources.find(textOf(params, 'uri'), rights) !== undefined
  })

/** What is no reference was refused already. */
function isCompleted (ref: unknown, { prompts, resources }: Offered, rights: Rights): boolean {
  const { type, name, uri } = Object(ref) as Record<string, unknown>
  if (type === 'ref/prompt' && typeof name === 'string') return prompts.find(name, rights) !== undefined
  return type !== 'ref/resource' || typeof uri !== 'string' || resources.completes(uri, rights)
}

/** Of a message that nobody has looked at yet, or of another one in its batch: `String` throws for `{ "toString": 1 }`. */
function textOf (params: Message['params'], key: string): string {
  const value: unknown = params?.[key]
  return typeof value === 'string' ? value : ''
}

const atLeastOne = (scopes: readonly string[]) => (scopes.length > 0 ? scopes : undefined)

/**
 * OpenAI's clients name themselves in `_meta`, and they alone show a sign-in from inside a result; all others need the
 * status.
 */
function showsSignIn (body: McpRequest['body']): body is Message & { id: string | number } {
  return (
    !Array.isArray(body) &&
    body.method === 'tools/call' &&
    'id' in body &&
    Object.keys(body.params?._meta ?? {}).some((key) => key.startsWith('openai/'))
  )
}

function inBand (body: Message & { id: string | number }, { headers }: OAuthError, isAnonymous: boolean): McpResponse {
  const challenge = headers['www-authenticate']!
  const result = {
    resultType: 'complete',
    isError: true,
    content: [
      {
        type: 'text',
        text: isAnonymous
          ? 'This tool needs a sign-in. The person can connect their account, and you can then call it again.'
          : 'This tool needs more access than the person has given. They can allow it, and you can then call it again.'
      }
    ],
    _meta: { 'mcp/www_authenticate': [challenge] }
  }
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'www-authenticate': challenge },
    body: JSON.stringify({ jsonrpc: '2.0', id: body.id, result })
  }
}
