// The doctor at a healthy server, and at one with each fault it can tell: the fault is named, with what to do, and
// nothing else is blamed.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { reasonOf } from '../../doctor/http.ts'
import { examine } from '../../doctor/examine.ts'
import { createReport } from '../../doctor/report.ts'
import { Browser } from '../helpers/browser.ts'
import { freePort } from '../helpers/ports.ts'
import { startServer } from '../helpers/server.ts'
import { startChangingProxy, type ChangingProxy, type Exchange } from './changing-proxy.ts'

interface Findings {
  good: string[]
  doubts: string[]
  faults: string[]
  all: string
}

async function findings (address: string, show?: (url: string) => void): Promise<Findings> {
  const lines: string[] = []
  const { report } = createReport((line) => lines.push(line))
  await examine(report, { address, show })
  const marked = (mark: string) => lines.filter((line) => line.startsWith(`  ${mark} `)).map((line) => line.slice(4))
  return { good: marked('✓'), doubts: marked('!'), faults: marked('✗'), all: lines.join('\n') }
}

/** A server behind a proxy, both under the proxy's address. */
async function startBoth (
  t: { teardown(work: () => Promise<void> | void): void },
  env: Record<string, string> = {}
): Promise<{ url: string; proxy: ChangingProxy }> {
  const proxy = await startChangingProxy(t)
  const server = await startServer(t, { env: { AUTH_BACKEND: 'demo', PUBLIC_URL: proxy.url, ...env } })
  proxy.target = `http://127.0.0.1:${server.config.port}`
  return { url: proxy.url, proxy }
}

/** Signs in as the person at the browser would, and allows the access. */
async function person (url: string): Promise<void> {
  const browser = new Browser()
  const consent = await browser.submit(await browser.get(url), ({ fields: { backend } }) => backend === 'demo')
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  await fetch(browser.left!)
}

const LOCAL = /on this computer, without https/
const document = (exchange: Exchange, change: (json: Record<string, unknown>) => void): void => {
  const json = JSON.parse(exchange.answer.body) as Record<string, unknown>
  change(json)
  exchange.answer.body = JSON.stringify(json)
}
const at =
  (path: string, change: (json: Record<string, unknown>) => void) =>
    (exchange: Exchange): void => {
      if (exchange.request.path === path && exchange.answer.status === 200) document(exchange, change)
    }

t.test('a healthy server: everything is good, from the door to the revocation', async (t) => {
  const { url } = await startBoth(t)
  const found = await findings(url, (page) => {
    person(page).catch((error: Error) => t.fail(error.message))
  })
  t.same(found.faults, [], found.all)
  t.match(found.doubts, [LOCAL])
  t.equal(found.doubts.length, 1, found.all)
  for (const good of [
    /shown to .*oauth-protected-resource/,
    /invalid_token/,
    /programs of the assistants/,
    /as it was typed/,
    /With a document.*ChatGPT, Claude/,
    /can register: ChatGPT, Claude, Claude Code, Cursor, VS Code/,
    /PKCE is refused/,
    /exchanged/,
    /refresh token replaced/,
    /2025-11-25 and 2026-07-28/,
    /search and fetch answer/,
    /the token is dead/
  ]) {
    t.ok(
      found.good.some((line) => good.test(line)),
      String(good)
    )
  }
})

t.test('a healthy server under /mcp', async (t) => {
  const { url } = await startBoth(t)
  const found = await findings(`${url}/mcp`)
  t.same(found.faults, [], found.all)
})

t.test('a server without a sign-in: its tools are looked at all the same', async (t) => {
  const { url } = await startBoth(t, { AUTH_BACKEND: 'none' })
  const found = await findings(url)
  t.same(found.faults, [], found.all)
  t.match(found.doubts, [LOCAL, /everybody without a sign-in/])
  t.ok(found.good.some((line) => /search and fetch answer/.test(line)))
})

interface Fault {
  name: string
  change: (exchange: Exchange) => void
  says: RegExp
  advises: RegExp
  signsIn?: true
  isDoubt?: true
}

const PRM = '/.well-known/oauth-protected-resource'
const AS = '/.well-known/oauth-authorization-server'
const OPENID = '/.well-known/openid-configuration'
const html = (answer: Exchange['answer'], status: number): void => {
  answer.status = status
  answer.headers = { 'content-type': 'text/html', 'cf-ray': '1' }
  answer.body = '<h1>Just a moment</h1>'
}
/** Answers of tools/list and tools/call, whichever way they travel. */
const result =
  (method: string, change: (result: Record<string, unknown>) => void) =>
    ({ request, answer }: Exchange): void => {
      if (!request.body.includes(`"${method}"`) || answer.status !== 200) return
      const message = JSON.parse(answer.body) as { result: Record<string, unknown> }
      change(message.result)
      answer.body = JSON.stringify(message)
    }

const faults: Fault[] = [
  {
    name: 'a guard keeps programs out',
    change: ({ request, answer }) => {
      if (request.method === 'POST') html(answer, 403)
    },
    says: /without a token gets 403 from Cloudflare/,
    advises: /Bot Fight Mode/
  },
  {
    name: 'a guard keeps one assistant out',
    change: ({ request, answer }) => {
      if (/claude-user/i.test(request.headers['user-agent'] ?? '')) html(answer, 403)
    },
    says: /Kept out by the name of the program: Claude \(403 from Cloudflare\)/,
    advises: /Bot Fight Mode/
  },
  {
    name: 'no MCP server there',
    change: ({ request, answer }) => {
      if (request.path === '/') answer.status = 404
    },
    says: /gets 404/,
    advises: /no MCP server at this path/
  },
  {
    name: 'the server is down behind the proxy',
    change: ({ request, answer }) => {
      if (request.path === '/') answer.status = 502
    },
    says: /gets 502/,
    advises: /whether the proxy reaches it/
  },
  {
    name: 'the proxy redirects',
    change: ({ request, answer }) => {
      if (request.path === '/') { Object.assign(answer, { status: 301, headers: { location: 'https://www.example.com/' } }) }
    },
    says: /sends the client on to https:\/\/www\.example\.com/,
    advises: /Paste that address/
  },
  {
    name: 'the proxy takes the challenge away',
    change: ({ answer }) => {
      delete answer.headers['www-authenticate']
    },
    says: /no resource_metadata/,
    advises: /proxy takes the header away/
  },
  {
    name: 'any token is good',
    change: ({ request, answer }) => {
      if (request.headers.authorization) answer.status = 200
    },
    says: /a made-up one was let in/,
    advises: /mended/
  },
  {
    name: 'a wrong token gets 403',
    change: ({ request, answer }) => {
      if (request.headers.authorization) answer.status = 403
    },
    says: /A wrong token gets 403/,
    advises: /only after a 401/
  },
  {
    name: 'a wrong token without its error',
    change: ({ answer }) => {
      answer.headers['www-authenticate'] = String(answer.headers['www-authenticate'] ?? '').replace(
        /error="[^"]*",?/,
        ''
      )
    },
    says: /does not say error="invalid_token"/,
    advises: /renews the token/,
    isDoubt: true
  },
  {
    name: 'the proxy keeps /.well-known/',
    change: ({ request, answer }) => {
      if (request.path.startsWith('/.well-known/')) html(answer, 404)
    },
    says: /oauth-protected-resource answers 404/,
    advises: /keeps \/\.well-known\/ for itself/
  },
  {
    name: 'the server does not know its own name',
    change: at(PRM, (json) => {
      json['resource'] = 'http://127.0.0.1:3000'
    }),
    says: /calls itself http:\/\/127\.0\.0\.1:3000/,
    advises: /Set PUBLIC_URL/
  },
  {
    name: 'nobody gives tokens',
    change: at(PRM, (json) => {
      json['authorization_servers'] = []
    }),
    says: /authorization_servers names nobody/,
    advises: /issuer/
  },
  {
    name: 'another issuer',
    change: at(AS, (json) => {
      json['issuer'] = 'http://127.0.0.1:3000'
    }),
    says: /The issuer calls itself http:\/\/127/,
    advises: /PUBLIC_URL/
  },
  {
    name: 'endpoints that only the server reaches',
    change: at(AS, (json) => {
      json['token_endpoint'] = 'http://internal:3000/token'
    }),
    says: /Not reachable for clients: http:\/\/internal/,
    advises: /PUBLIC_URL/
  },
  {
    name: 'no S256',
    change: at(AS, (json) => {
      json['code_challenge_methods_supported'] = []
    }),
    says: /does not name S256/,
    advises: /refuse/
  },
  {
    name: 'clients must have a secret',
    change: at(AS, (json) => {
      json['token_endpoint_auth_methods_supported'] = ['client_secret_basic']
    }),
    says: /does not name none/,
    advises: /no secret/
  },
  {
    name: 'no way in for new clients',
    change: at(AS, (json) => {
      delete json['registration_endpoint']
      delete json['client_id_metadata_document_supported']
    }),
    says: /cannot introduce itself/,
    advises: /by hand/
  },
  {
    name: 'no offline_access',
    change: at(AS, (json) => {
      json['scopes_supported'] = ['mcp:read']
    }),
    says: /does not name offline_access/,
    advises: /each hour/,
    isDoubt: true
  },
  {
    name: 'an OpenID document that is none',
    change: at(OPENID, (json) => {
      delete json['jwks_uri']
    }),
    says: /no true OpenID document/,
    advises: /or answer 404/
  },
  {
    name: 'no OpenID document',
    change: ({ request, answer }) => {
      if (request.path === OPENID) answer.status = 404
    },
    says: /openid-configuration is not there/,
    advises: /A 404 is allowed/,
    isDoubt: true
  },
  {
    name: 'Cursor cannot register',
    change: ({ request, answer }) => {
      if (request.path === '/register' && request.body.includes('cursor:')) {
        Object.assign(answer, {
          status: 400,
          body: '{"error":"invalid_redirect_uri","error_description":"no scheme of its own"}'
        })
      }
    },
    says: /Cursor cannot register.*400 invalid_redirect_uri no scheme/,
    advises: /ends the whole registration/
  },
  {
    name: 'documents cannot be fetched',
    change: ({ request, answer }) => {
      if (request.path === '/authorize' && request.query.get('client_id')?.includes('vscode.dev')) html(answer, 400)
    },
    says: /VS Code, which comes with the document .* does not reach the sign-in: 400/,
    advises: /way out to the internet/
  },
  {
    name: 'a stranger gets the codes',
    change: ({ request, answer }) => {
      if (request.path === '/authorize' && request.query.get('redirect_uri')?.includes('attacker')) {
        Object.assign(answer, {
          status: 302,
          headers: { location: 'https://attacker.example/callback?error=access_denied' }
        })
      }
    },
    says: /never registered/,
    advises: /Do not use this server/
  },
  {
    name: 'without PKCE',
    change: ({ request, answer }) => {
      if (request.path === '/authorize' && !request.query.has('code_challenge')) { Object.assign(answer, { status: 200, headers: { 'content-type': 'text/html' }, body: '<form>' }) }
    },
    says: /begins without PKCE/,
    advises: /code_challenge/
  },
  {
    name: 'a wrong code is a fault of the server',
    change: ({ request, answer }) => {
      if (request.path === '/token') html(answer, 500)
    },
    says: /A made-up code gets 500/,
    advises: /begin a new sign-in/
  },
  {
    name: 'asked too often',
    change: ({ request, answer }) => {
      if (request.path === '/register') answer.status = 429
    },
    says: /register answers 429/,
    advises: /Wait some minutes/,
    isDoubt: true
  },
  {
    name: 'a policy that stops the way home',
    change: ({ answer }) => {
      if (answer.headers['content-security-policy']) answer.headers['content-security-policy'] += "; form-action 'self'"
    },
    says: /form-action/,
    advises: /Leave form-action out/,
    isDoubt: true
  },
  {
    name: 'pages that can be framed',
    change: ({ answer }) => {
      delete answer.headers['x-frame-options']
      delete answer.headers['content-security-policy']
    },
    says: /inside a page of somebody else/,
    advises: /X-Frame-Options/,
    isDoubt: true
  },
  {
    name: 'no refresh token',
    change: at('/token', (json) => {
      delete json['refresh_token']
    }),
    says: /no refresh token/,
    advises: /sign in again/,
    signsIn: true,
    isDoubt: true
  },
  {
    name: 'tokens that may be cached',
    change: ({ request, answer }) => {
      if (request.path === '/token') answer.headers['cache-control'] = 'public'
    },
    says: /without Cache-Control: no-store/,
    advises: /keep them/,
    signsIn: true,
    isDoubt: true
  },
  {
    name: 'revocation that does nothing',
    change: ({ request, answer }) => {
      if (request.path === '/revoke') answer.status = 503
    },
    says: /could not be revoked: 503/,
    advises: /expects that it is over/,
    signsIn: true
  },
  {
    name: 'no tools',
    change: result('tools/list', (list) => {
      list['tools'] = []
    }),
    says: /There are no tools/,
    advises: /No app actions available/,
    signsIn: true
  },
  {
    name: 'tools without hints',
    change: result('tools/list', (list) => {
      delete (list['tools'] as Array<Record<string, unknown>>)[0]!['annotations']
    }),
    says: /Without all of readOnlyHint/,
    advises: /asks before each call/,
    signsIn: true,
    isDoubt: true
  },
  {
    name: 'search in another shape',
    change: result('tools/call', (call) => {
      call['content'] = [{ type: 'text', text: 'Tides are caused by the moon.' }]
    }),
    says: /search does not answer as/,
    advises: /"results"/,
    signsIn: true
  },
  {
    name: 'fetch without its text',
    change: result('tools/call', ({ content }) => {
      const [first] = content as Array<{ text: string }>
      first!.text = first!.text.replace('"text":', '"body":')
    }),
    says: /What fetch answers has no text/,
    advises: /"text", "url"/,
    signsIn: true
  },
  {
    name: 'a server that refuses to list',
    change: ({ request, answer }) => {
      if (request.body.includes('"tools/list"')) { answer.body = '{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"broken \\u001b[2J"}}' }
    },
    says: /refuses what a client asks: broken +\[2J/,
    advises: /log/,
    signsIn: true
  }
]

t.test('each fault is named, with what to do', async (t) => {
  const { url, proxy } = await startBoth(t)
  for (const { name, change, says, advises, signsIn, isDoubt } of faults) {
    proxy.change = change
    const found = await findings(
      url,
      signsIn &&
        ((page) => {
          person(page).catch((error: Error) => t.fail(error.message))
        })
    )
    const named = (isDoubt ? found.doubts : found.faults).findIndex((line) => says.test(line))
    t.not(named, -1, `${name}: ${found.all}`)
    t.match(found.all, new RegExp(`${says.source}.*\\n.*${advises.source}`), name)
    if (isDoubt) t.same(found.faults, [], name)
  }
})

t.test('addresses that lead nowhere', async (t) => {
  t.match((await findings('')).faults, [/no address of a web server/])
  t.match((await findings('ftp://mcp.example.com')).faults, [/no address of a web server/])
  t.match((await findings('https://mcp.invalid')).faults, [/mcp\.invalid has no address/])
  const unused = await findings(`http://localhost:${await freePort()}`)
  t.match(unused.faults, [/is not answered/])
  t.match(unused.all, /Nothing listens there/)
})

t.test('https where nobody speaks it, and certificates that nobody trusts', async (t) => {
  const { url } = await startBoth(t)
  const found = await findings(url.replace('http:', 'https:'))
  t.match(found.faults, [/No connection by https/])
  t.match(found.all, /no https there/)
  for (const [code, reason] of Object.entries({
    DEPTH_ZERO_SELF_SIGNED_CERT: /signed by itself/,
    CERT_HAS_EXPIRED: /renew it/,
    ERR_TLS_CERT_ALTNAME_INVALID: /another name/,
    ELSE: /failed: it is broken ELSE/
  })) {
    t.match(reasonOf(Object.assign(new Error('it is broken'), { code })), reason)
  }
})

t.test('the command: its exit code says whether something is wrong', async (t) => {
  const { url } = await startBoth(t)
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['doctor/index.ts', ...args], {
      cwd: join(import.meta.dirname, '../..')
    }).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr })
    )
  t.match(await run(url), {
    code: 0,
    stdout: /\d+ good, 1 to look at, 0 wrong\. Nothing was found that keeps a client out\./
  })
  t.match(await run('--help'), { code: 0, stdout: /^Looks at an MCP server/ })
  for (const wrong of [[], [url, url], [url, '--sing-in']]) { t.match(await run(...wrong), { code: 2, stdout: '', stderr: /^Looks at an MCP server/ }) }
  t.match(await run('https://mcp.invalid'), { code: 1, stdout: /0 good, 0 to look at, 1 wrong\.\n$/ })
})
