// What a person allowed an app, as a new grant takes it.
import type { NewGrant } from '../../plugins/oauth/grants/index.ts'

export const allowed: NewGrant = {
  clientId: 'c',
  clientName: 'App',
  user: { id: 'u' },
  backend: 'local',
  scopes: ['mcp:read'],
  resource: 'https://mcp.example.com',
  redirectUri: 'https://app.example/cb',
  redirectUriGiven: true,
  attempt: 'story',
  challenge: 'x',
  isStillSignedIn: async () => true
}
