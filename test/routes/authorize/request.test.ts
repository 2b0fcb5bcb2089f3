// What is wrong with an authorization request, and who learns of it (threats AZ).
import { Browser } from '../../helpers/browser.ts'
import { json, startHost } from '../../helpers/client-host.ts'
import {
  authorizeUrl,
  CALLBACK,
  newClient,
  pkce,
  walk,
  type Fields
} from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'

const CHATGPT = '0a1b2c3d-0000-4000-8000-000000000001'

storageTest(
  'before client and redirect URI are right there is a page, no form, no redirect (AZ-01 to AZ-12, AZ-35)',
  async (t, start) => {
    const { url } = await start()
    const { challenge } = pkce()
    const web = await newClient(url, { redirect_uris: ['https://app.example/callback?x=1'] })
    const two = await newClient(url, { redirect_uris: [CALLBACK, 'https://app.example/second'] })
    const loopback = await newClient(url, { redirect_uris: ['http://127.0.0.1:4000/cb'] })
    const registered = 'https://app.example/callback?x=1'
    const swapped: Record<string, string[]> = {
      'AZ-04': ['https://app.example/other?x=1', 'https://elsewhere.example/callback?x=1'],
      'AZ-05': [
        `${registered}/evil`,
        `${registered}x`,
        'https://app.example.evil.example/callback?x=1',
        'https://app.example/',
        'https://app.example/callback/../evil?x=1',
        `${registered},https://evil.example`
      ],
      'AZ-06': [
        'https://user@app.example/callback?x=1',
        'https://app.example:444/callback?x=1',
        'https://app.example:443/callback?x=1',
        'https://app.example:/callback?x=1',
        'https://sub.app.example/callback?x=1',
        'https://app.example\\@evil.example/callback?x=1',
        'https://app.example%2f@evil.example/callback?x=1',
        '//app.example/callback?x=1'
      ],
      'AZ-07': [
        'https://APP.example/callback?x=1',
        'https://app.example/Callback?x=1',
        'https://app.example/%63allback?x=1',
        'https://app.example/callback/?x=1',
        'https://app.example/./callback?x=1',
        'https://app.example/..;/callback?x=1',
        'https://app.example./callback?x=1',
        'https://аpp.example/callback?x=1'
      ],
      'AZ-08': ['https://app.example/callback', `${registered}&y=2`, `${registered}#f`, `${registered}#`],
      'AZ-09': ['javascript:alert(1)', 'data:text/html,x', 'myapp://callback', 'file:///etc/passwd'],
      'AZ-10': [
        ` ${registered}`,
        `${registered}\t`,
        `${registered}\0`,
        `${registered}\r\nx: y`,
        `${registered}%0d%0ax:%20y`
      ],
      'AZ-35': [`${url}/login`, `${url}/consent`, url]
    }
    const loopbacks = [
      'http://127.0.0.1:4001/other',
      'http://127.0.0.1:4001/cb?q=1',
      'http://127.0.0.1:4001/CB',
      'https://127.0.0.1:4001/cb',
      'http://localhost:4001/cb',
      'http://[::1]:4001/cb',
      'http://127.1:4001/cb',
      'http://0x7f.0.0.1:4001/cb',
      'http://u@127.0.0.1:4001/cb',
      'http://127.0.0.1:99999/cb',
      'http://127.0.0.1:4001@evil.example/cb'
    ]
    const chatgpt = [
      { client_id: CHATGPT, redirect_uri: CALLBACK },
      { client_id: CHATGPT, redirect_uri: undefined },
      { client_id: 'chatgpt', redirect_uri: 'https://chatgpt.com/connector/oauth/a/b' },
      { client_id: 'chatgpt', redirect_uri: 'https://chatgpt.com.evil.example/connector_platform_oauth_redirect' }
    ]
    const cases: Array<[string, Fields]> = [
      ...[undefined, ''].map((id): [string, Fields] => ['AZ-01', { client_id: id }]),
      ...['nobody', '__proto__', '*', "' OR 1=1 --", 'x'.repeat(4096), 'https://127.0.0.1/c'].map(
        (id): [string, Fields] => ['AZ-02', { client_id: id }]
      ),
      ['AZ-03', { client_id: two.client_id, redirect_uri: undefined }],
      ...Object.entries(swapped).flatMap(([id, uris]) =>
        uris.map((uri): [string, Fields] => [id, { client_id: web.client_id, redirect_uri: uri }])
      ),
      ...loopbacks.map((uri): [string, Fields] => ['AZ-12', { client_id: loopback.client_id, redirect_uri: uri }]),
      ...chatgpt.map((fields): [string, Fields] => ['AZ-04', fields])
    ]
    for (const [id, fields] of cases) {
      const browser = new Browser()
      const page = await browser.get(authorizeUrl(url, { code_challenge: challenge, state: 's', ...fields }))
      t.match(
        { status: page.status, left: browser.left, forms: page.forms.length },
        { status: /^4\d\d$/, left: undefined, forms: 0 },
        `${id}: ${JSON.stringify(fields).slice(0, 120)}`
      )
    }
  }
)

storageTest('what is wrong with the request (AZ-13 to AZ-17, AZ-25 to AZ-28, AZ-36, CL-07)', async (t, start) => {
  const { url } = await start()
  const { challenge } = pkce()
  const client = await newClient(url)
  const cases: Array<[string, Fields, string]> = [
    ['AZ-13', { code_challenge: undefined }, 'invalid_request'],
    ['AZ-13', { code_challenge: '' }, 'invalid_request'],
    ['AZ-14', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['AZ-14', { code_challenge_method: undefined }, 'invalid_request'],
    ['AZ-14', { code_challenge_method: 's256' }, 'invalid_request'],
    ['AZ-15', { code_challenge: 'abcde' }, 'invalid_request'],
    ['AZ-15', { code_challenge: 'a'.repeat(129) }, 'invalid_request'],
    ['AZ-15', { code_challenge: challenge.slice(1) + '=' }, 'invalid_request'],
    ['AZ-16', { response_type: 'token' }, 'unsupported_response_type'],
    ['AZ-16', { response_type: 'code token' }, 'unsupported_response_type'],
    ['AZ-16', { response_type: 'CODE' }, 'unsupported_response_type'],
    ['AZ-16', { response_type: undefined }, 'invalid_request'],
    ['AZ-25', { scope: 'admin *' }, 'invalid_scope'],
    ['AZ-26', { resource: 'https://evil.example' }, 'invalid_target'],
    ['AZ-26', { resource: `${url}#x` }, 'invalid_target'],
    ['AZ-26', { resource: 'x' }, 'invalid_target'],
    ['AZ-28', { nonce: 'x'.repeat(4097) }, 'invalid_request'],
    ['AZ-28', { response_mode: 'fragment' }, 'invalid_request'],
    ['AZ-28', { response_mode: 'form_post' }, 'invalid_request'],
    ['AZ-27', { request: 'x.y.z' }, 'request_not_supported'],
    ['AZ-27', { request_uri: 'https://evil.example/r' }, 'request_uri_not_supported']
  ]
  const { browser: signedIn } = await walk(url, client)
  for (const [id, fields, error] of cases) {
    const all = { client_id: client.client_id, code_challenge: challenge, state: 'ä &=#', ...fields }
    const stranger = new Browser()
    const page = await stranger.get(authorizeUrl(url, all))
    t.match(
      { status: page.status, left: stranger.left },
      { status: 400, left: undefined },
      `${id}, AZ-36: ${error} is a page for a signed-out browser`
    )
    t.match(page.text, error)
    const told = await signedIn.get(authorizeUrl(url, all))
    t.match(
      { status: told.status, left: signedIn.left },
      { status: 400, left: undefined },
      `${id}, CL-07: and for a browser that is signed in`
    )
    const link = new URL(/<a class="button" href="([^"]*)"/.exec(told.text)![1]!.replaceAll('&amp;', '&'))
    t.match(
      {
        to: link.origin + link.pathname,
        error: link.searchParams.get('error'),
        state: link.searchParams.getAll('state'),
        iss: link.searchParams.getAll('iss'),
        code: link.searchParams.get('code'),
        hash: link.hash
      },
      { to: CALLBACK, error, state: ['ä &=#'], iss: [url], code: null, hash: '' },
      `${id}, AZ-17: ${error} goes home to the app when the person says so`
    )
    const chatgpt = new Browser()
    await chatgpt.get(
      authorizeUrl(url, {
        ...all,
        client_id: 'chatgpt',
        redirect_uri: 'https://chatgpt.com/connector_platform_oauth_redirect'
      })
    )
    t.match(
      { host: chatgpt.left?.host, error: chatgpt.left?.searchParams.get('error') },
      { host: 'chatgpt.com', error },
      `${id}: at once where the redirect URI is known to be the app's`
    )
  }
  const cursor = await newClient(url, { redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'] })
  const inCursor = await new Browser().get(
    authorizeUrl(url, { client_id: cursor.client_id, redirect_uri: 'cursor://anysphere.cursor-mcp/oauth/callback' })
  )
  t.notMatch(inCursor.text, 'href="cursor:', 'no link with a scheme of a program (CL-07)')
  const good = authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge })
  for (const twice of [
    'client_id',
    'redirect_uri',
    'response_type',
    'code_challenge',
    'code_challenge_method',
    'state=a&state',
    'scope=a&scope'
  ]) {
    const browser = new Browser()
    t.equal((await browser.get(`${good}&${twice}=https://evil.example`)).status, 400, `${twice} (AZ-19)`)
    t.equal(browser.left, undefined)
  }
  for (const odd of ['client_id[]=x', 'redirect_uri[$ne]=x', '__proto__[x]=1', '%', `a=${'x'.repeat(14_000)}`]) { t.ok((await new Browser().get(`${url}/authorize?${odd}`)).status < 500, `${odd.slice(0, 20)} (AZ-20, AZ-21)`) }
})

storageTest(
  'an error goes back by itself only to an app that the operator knows; whoever registered or describes itself gets a page (AZ-35)',
  async (t, start) => {
    const host = await startHost(t)
    const operators = { client_id: 'own', client_name: 'Own', redirect_uris: [CALLBACK] }
    const { url } = await start({ env: { CLIENT_METADATA_INSECURE_HOSTS: host.host, CLIENTS: JSON.stringify([operators]) } })
    const described = host.url('/client.json')
    host.answers.set(
      '/client.json',
      json({ client_id: described, client_name: 'App', redirect_uris: [CALLBACK] })
    )
    const { client_id: registered } = await newClient(url)
    for (const [id, redirectUri, goesBack] of [
      [CHATGPT, 'https://chatgpt.com/connector_platform_oauth_redirect', true],
      ['own', CALLBACK, true],
      [registered, CALLBACK, false],
      [described, CALLBACK, false]
    ] as const) {
      const browser = new Browser()
      const asked = { client_id: id, redirect_uri: redirectUri, response_type: 'token', code_challenge: pkce().challenge, state: 's' }
      const page = await browser.get(authorizeUrl(url, asked))
      t.equal(
        browser.left?.href.split('?')[0],
        goesBack ? redirectUri : undefined,
        id
      )
      if (goesBack) t.match(browser.left?.searchParams.get('error'), 'unsupported_response_type')
      else t.match(page, { status: 400, text: /unsupported_response_type/ })
    }
  }
)
