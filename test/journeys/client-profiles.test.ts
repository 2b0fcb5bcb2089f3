// Each well-known client, replayed as it comes: the 401, its probes in its order, its registration or document, its
// redirect URI, scopes and resource, its first messages, a refresh with the resource, and its way out.
import { clientProfiles, type ClientProfile } from '../helpers/client-profiles.ts'
import { newClient, post, register, walk } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'

const message = (method: string, version: string) => {
  const params =
    method === 'initialize'
      ? { protocolVersion: version, capabilities: {}, clientInfo: { name: 'replay', version: '1' } }
      : version >= '2026'
        ? {
            _meta: {
              'io.modelcontextprotocol/protocolVersion': version,
              'io.modelcontextprotocol/clientCapabilities': {}
            }
          }
        : undefined
  return { jsonrpc: '2.0', ...(!method.startsWith('notifications/') && { id: 1 }), method, ...(params && { params }) }
}

async function send (
  url: string,
  { userAgent, version }: ClientProfile,
  method: string,
  token?: string
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'user-agent': userAgent,
      ...(method !== 'initialize' && { 'mcp-protocol-version': version }),
      ...(version >= '2026' && { 'mcp-method': method }),
      ...(token && { authorization: `Bearer ${token}` })
    },
    body: JSON.stringify(message(method, version))
  })
}

storageTest('clients as they come', async (t, start) => {
  const { url } = await start()
  for (const profile of clientProfiles) {
    await t.test(profile.name, async (t) => {
      const refused = await send(url, profile, profile.opens)
      t.equal(refused.status, 401)
      t.match(refused.headers.get('www-authenticate'), /resource_metadata="[^"]+"/)
      for (const path of profile.probes) {
        const response = await fetch(url + path, { headers: { 'user-agent': profile.userAgent } })
        t.match(
          { status: response.status, type: response.headers.get('content-type') },
          { status: 200, type: /json/ },
          path
        )
      }
      const client = profile.registration
        ? await newClient(url, profile.registration)
        : { client_id: profile.document ?? profile.clientId! }
      if (profile.registration) {
        t.match(
          await register(url, profile.registration),
          { status: 201, body: { redirect_uris: profile.registration['redirect_uris'] } },
          'and again, as some do'
        )
      }

      const resource = profile.resource && profile.resource.replace('url', url)
      const { redirect, form } = await walk(url, client, {
        redirect_uri: profile.redirectUri,
        state: 'a state',
        ...(profile.scope && { scope: profile.scope }),
        ...(resource && { resource }),
        ...profile.extra
      })
      t.ok(redirect.href.startsWith(profile.redirectUri), 'it gets its answer where it waits')
      t.match([...redirect.searchParams.keys()], ['code', 'state', 'iss'])
      const tokens = await post(`${url}/token`, { ...form, ...(resource && { resource }) })
      t.match(
        tokens,
        { status: 200, body: { token_type: 'Bearer', refresh_token: /./ } },
        'with a refresh token, whether it asked for one or not'
      )
      if (profile.scope) t.same(new Set((tokens.body['scope'] as string).split(' ')), new Set(profile.scope.split(' ')))

      for (const method of profile.calls) {
        const answer = await send(
          profile.resource === 'url/mcp' ? `${url}/mcp` : url,
          profile,
          method,
          tokens.body['access_token'] as string
        )
        t.equal(answer.status, method.startsWith('notifications/') ? 202 : 200, method)
        if (method === 'tools/list') t.match(await answer.text(), '"search"')
      }
      const refreshed = await post(`${url}/token`, {
        ...client,
        grant_type: 'refresh_token',
        refresh_token: tokens.body['refresh_token'] as string,
        ...(resource && { resource })
      })
      t.equal(refreshed.status, 200)
      t.equal(
        (await post(`${url}/revoke`, { ...client, token: refreshed.body['refresh_token'] as string })).status,
        200
      )
      t.equal((await send(url, profile, 'tools/list', refreshed.body['access_token'] as string)).status, 401)
    })
  }
})
