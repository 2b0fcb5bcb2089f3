// Copies of the metadata documents of well-known clients, for when their host turns our request away (bot protection)
// or is down. Kept as data; what the host answers comes first.
import type { ClientDocument } from './metadata-document.ts'

const public_ = { grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none' }

export const knownDocuments: Readonly<Record<string, ClientDocument>> = Object.fromEntries(
  [
    {
      client_id: 'https://chatgpt.com/oauth/client.json',
      client_name: 'ChatGPT',
      client_uri: 'https://chatgpt.com',
      redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
      jwks_uri: 'https://chatgpt.com/oauth/jwks.json'
    },
    {
      client_id: 'https://chatgpt.com/oauth/codex/client.json',
      client_name: 'Codex',
      client_uri: 'https://chatgpt.com',
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
      ...public_
    },
    {
      client_id: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
      client_name: 'Claude',
      client_uri: 'https://claude.ai',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback'],
      ...public_
    },
    {
      client_id: 'https://claude.ai/oauth/claude-code-client-metadata',
      client_name: 'Claude Code',
      client_uri: 'https://claude.ai',
      redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
      ...public_
    },
    {
      client_id: 'https://cursor.com/oauth/mcp-client.json',
      client_name: 'Cursor',
      client_uri: 'https://cursor.com',
      redirect_uris: ['https://www.cursor.com/agents/mcp/oauth/callback', 'http://localhost:8787/callback'],
      ...public_
    },
    {
      client_id: 'https://vscode.dev/oauth/client-metadata.json',
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      redirect_uris: [
        'http://127.0.0.1:33418/',
        'http://127.0.0.1:33418',
        'https://vscode.dev/redirect',
        'https://insiders.vscode.dev/redirect'
      ],
      ...public_
    }
  ].map((document) => [document.client_id, document])
)
