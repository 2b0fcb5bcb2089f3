// What a person allowed an app, as a new grant takes it.
import type { CurrentUser } from '../../plugins/accounts/user-store.ts'
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

/** Where only grants are under test: every person is there, and not locked. */
export const everybody: CurrentUser = (id) => ({ id })
