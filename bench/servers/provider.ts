// panva's oidc-provider with its storage in memory and its own pages for development: what a well-made authorization
// server does in a second.
import { Provider } from 'oidc-provider'
import { ready } from './ready.ts'

const provider = new Provider(`http://localhost:${process.env['PORT']}`, {
  clients: [
    {
      client_id: 'bench',
      redirect_uris: ['https://app.example/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none'
    }
  ],
  pkce: { required: () => true },
  issueRefreshToken: async () => true,
  rotateRefreshToken: () => true,
  scopes: ['openid', 'offline_access']
})
provider.listen(Number(process.env['PORT']), '127.0.0.1', ready)
process.once('SIGTERM', () => process.exit(0))
