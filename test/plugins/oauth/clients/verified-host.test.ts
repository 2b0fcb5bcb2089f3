// What the consent page says of an app with a metadata document (threat CL-09).
import t from 'tap'
import { verifiedHost } from '../../../../plugins/oauth/clients/verified-host.ts'
import { Browser } from '../../../helpers/browser.ts'
import { startServer } from '../../../helpers/server.ts'
import { authorizeUrl, json, pkce, startHost } from '../../../helpers/client-host.ts'

t.test('the consent page of a document says no more for the app than that of a registration (CL-09)', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const { hostname } = new URL(host.url('/'))
  const consentOf = async (path: string, redirectUri: string, website: string) => {
    host.answers.set(
      path,
      json({ client_id: host.url(path), client_name: 'ChatGPT', client_uri: website, redirect_uris: [redirectUri] })
    )
    const browser = new Browser()
    const page = await browser.submit(
      await browser.get(authorizeUrl(server, host.url(path), pkce().challenge, redirectUri)),
      ({ fields }) => fields['backend'] === 'demo'
    )
    return page.text.slice(page.text.indexOf('<h1>'), page.text.indexOf('<section')).replaceAll(/\s+/g, ' ').replaceAll(/<\/?bdi[^>]*>/g, '')
  }
  const elsewhere = await consentOf('/elsewhere', 'https://evil.example/cb', 'https://chatgpt.com')
  t.match(
    elsewhere,
    `<strong>Unverified name.</strong> Only the host that describes the app is verified: ${host.host}.`
  )
  t.match(elsewhere, 'You’ll be sent to <strong>a different host</strong>: evil.example.')
  t.notMatch(elsewhere, 'chatgpt.com', 'no website of somebody else')
  const own = await consentOf('/own', `https://${hostname}/cb`, 'https://chatgpt.com')
  t.match(own, '<strong>Unverified name.</strong>')
  t.notMatch(own, 'different host')
  const program = await consentOf('/program', 'http://localhost:4000/cb', 'https://chatgpt.com')
  t.match(program, `<strong>Unverified.</strong> ${host.host} describes this app, but any program on this computer could use the name`)
  for (const page of [elsewhere, own, program]) t.notMatch(page, 'class="verified"')
  const browser = new Browser()
  const claude = await browser.submit(
    await browser.get(
      authorizeUrl(
        server,
        'https://claude.ai/oauth/mcp-oauth-client-metadata',
        pkce().challenge,
        'https://claude.com/api/mcp/auth_callback'
      )
    ),
    ({ fields }) => fields['backend'] === 'demo'
  )
  t.match(claude.text.replaceAll(/<\/?bdi[^>]*>/g, ''), 'Verified: claude.ai')
  t.notMatch(
    claude.text, /class="warning"/,
    'an address that a well-known app is known to return to'
  )
})

t.test('a host whose name only ends like the verified one is another (CL-09)', async (t) => {
  const url = new URL('https://app.example/client.json')
  const isElsewhere = (redirect: string) => verifiedHost(url, redirect)?.isElsewhere
  t.same(
    ['https://app.example/cb', 'https://a.app.example/cb', 'https://evilapp.example/cb', 'https://example/cb'].map(isElsewhere),
    [false, false, true, true]
  )
})

t.test('an app without a document has no verified host', async (t) => {
  t.equal(verifiedHost(undefined, 'https://app.example/callback'), undefined)
})
