// Who may do what: the scopes a message needs, what nobody has to sign in for, and the challenge that leads to a
// sign-in (MCP "Scope Challenge Handling"; OpenAI "mixed authentication").
import type { OAuthError } from '../../errors.ts'
import { missingScope, missingToken } from '../oauth/bearer.ts'
import { resourceScopes } from '../oauth/scopes.ts'
import type { McpResponse, McpRequest, Message } from './contract.ts'
import type { Offered } from './sdk/server.ts'

/** What may be asked without a token as soon as some tool is for everybody: how to talk, and what there is. */
const INTRODUCTIONS = new Set([
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
 * @returns a refusal inside a result, for a client that can show a sign-in from there; undefined if the exchange may go
 * on.
 * @throws OAuthError 401 or 403 with everything the exchange needs in one challenge, before anything runs.
 */
export function checkAccess (exchange: McpRequest, offered: Offered, resourceMetadata: string): McpResponse | undefined {
  const { body, access } = exchange
  const messages = [body].flat()
  const needed = messages.map((message) => scopesOf(message, offered))
  const scopes = [...new Set(needed.flat().filter((scope) => scope !== undefined))] as string[]
  const refusal =
    access === null
      ? needed.every((each) => each !== undefined && each.length === 0)
        ? undefined
        : missingToken({ resourceMetadata, scopes: resourceScopes })
      : scopes.every((scope) => access.scopes.includes(scope))
        ? undefined
        : missingScope(resourceMetadata, scopes)
  if (refusal === undefined) return undefined
  if (showsSignIn(body)) return inBand(body, missingScope(resourceMetadata, scopes), access === null)
  throw refusal
}

/**
 * @returns the scopes a message needs, none if anybody may send it, undefined if some sign-in has to be there, whatever
 * its scopes.
 */
function scopesOf (
  { method, params }: Message,
  { catalogue, resources, prompts }: Offered
): readonly string[] | undefined {
  const named = (key: string) => (typeof params?.[key] === 'string' ? (params[key] as string) : '')
  const ofResource = (uri: unknown) => (typeof uri === 'string' ? (resources.find(uri)?.resource.scopes ?? []) : [])
  switch (method) {
    case 'tools/call': {
      const tool = catalogue.find(named('name'))?.tool
      return tool?.noauth ? [] : tool?.scopes
    }
    case 'resources/read':
    case 'resources/subscribe':
      return atLeastOne(ofResource(params?.['uri']))
    case 'prompts/get':
      return prompts.find(named('name'))?.scopes
    case 'subscriptions/listen':
      return atLeastOne(
        [(params?.['notifications'] as { resourceSubscriptions?: unknown } | undefined)?.resourceSubscriptions]
          .flat()
          .flatMap(ofResource)
      )
    default:
      return INTRODUCTIONS.has(method) ? [] : undefined
  }
}

const atLeastOne = (scopes: readonly string[]) => (scopes.length > 0 ? scopes : undefined)

/**
 * OpenAI's clients say who they are working for in `_meta`, and they alone show a sign-in from inside a result; all
 * others need the status.
 */
function showsSignIn (body: McpRequest['body']): body is Message & { id: string | number } {
  return (
    !Array.isArray(body) &&
    body.method === 'tools/call' &&
    'id' in body &&
    Object.keys(body.params?._meta ?? {}).some((key) => key.startsWith('openai/'))
  )
}

function inBand (body: Message & { id: string | number }, { headers }: OAuthError, anonymous: boolean): McpResponse {
  const challenge = headers['www-authenticate']!
  const result = {
    resultType: 'complete',
    isError: true,
    content: [
      {
        type: 'text',
        text: anonymous
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
