// ChatGPT set up by hand sends an invented client id, a bare UUID or `chatgpt`. Such an id means nothing; what
// identifies ChatGPT are its own redirect URIs, and no one else receives codes there.
import { toDisplayName } from '../../display-name.ts'
import type { Client } from './contract.ts'
import { NOT_REGISTERED } from './redirect-uris.ts'

const BARE_ID = /^(?:chatgpt|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i

const REDIRECT_URIS: ReadonlySet<string> = new Set([
  'https://chatgpt.com/connector_platform_oauth_redirect',
  'https://chat.openai.com/connector_platform_oauth_redirect',
  'https://chatgpt.com/backend-api/aip/connectors/links/oauth/callback',
  'https://chat.openai.com/backend-api/aip/connectors/links/oauth/callback',
  'https://platform.openai.com/apps-manage/oauth'
])

/** Each connection may have its own callback; only the id varies. */
const CONNECTION_CALLBACK = /^https:\/\/chatgpt\.com\/connector\/oauth\/[A-Za-z0-9_-]{1,128}$/

/** @returns the public client behind a bare id, or undefined when the id is not of that form. */
export function findChatGptClient (id: string): Client | undefined {
  if (!BARE_ID.test(id)) return undefined
  return {
    id,
    name: toDisplayName('ChatGPT', id),
    kind: 'chatgpt',
    grantTypes: ['authorization_code', 'refresh_token'],
    uri: 'https://chatgpt.com',
    redirectUriProblem: (uri) => (REDIRECT_URIS.has(uri) || CONNECTION_CALLBACK.test(uri) ? undefined : NOT_REGISTERED),
    onlyRedirectUri: () => undefined
  }
}
