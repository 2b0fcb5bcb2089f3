// A refusal is said in the language of whoever reads it, on a page that tells them what to do next; a program gets the
// same in the English of the protocol.
import Fastify, { type FastifyRequest } from 'fastify'
import t from 'tap'
import identity from '../../../plugins/identity.ts'
import languagesPlugin from '../../../plugins/languages.ts'
import pages from '../../../plugins/pages/index.ts'
import { toOAuthError } from '../../../plugins/pages/error-handlers.ts'
import { WorkersBusy } from '../../../plugins/workers.ts'
import { escapeHtml } from '../../../languages/fill.ts'
import { languages, wordsOf, type Key, type Values } from '../../../languages/index.ts'
import { Browser, type Page } from '../../helpers/browser.ts'
import { identityOf } from '../../helpers/identity.ts'
import { authorizeUrl, newClient, pkce } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'
import { examples } from './page-examples.ts'
import { englishIn } from './english-in.ts'
import { inLanguage } from './in-language.ts'
import { serve, STYLE } from './serve.ts'

const OWN_SCHEME = 'com.example.app:/callback'
const MANY = 'authorization=100000,sign-up=100000,sign-in=100000'

/** What a page must say, as the catalogue has it. */
interface Refusal {
  ask(browser: Browser, headers: Record<string, string>): Promise<Page>
  status: number
  title: Key
  text: Key
  values?: Values
  /** For developers, in English. */
  reason?: string
  action: Key
  actionValues?: Values
}

async function refusalsOf (url: string): Promise<Record<string, Refusal>> {
  const client = (await newClient(url)).client_id
  const ownScheme = (await newClient(url, { redirect_uris: [OWN_SCHEME] })).client_id
  const { challenge } = pkce()
  const authorize = (fields: Record<string, string>): Refusal['ask'] => (browser, headers) =>
    browser.get(authorizeUrl(url, { client_id: client, code_challenge: challenge, ...fields }), headers)
  return {
    'no such page': {
      ask: (browser, headers) => browser.get(`${url}/nowhere`, headers),
      ...{ status: 404, title: 'problems.notFoundTitle', text: 'problems.notFound', action: 'common.home' },
      reason: 'There is nothing at this address.'
    },
    'a sign-in that is over': {
      ask: (browser, headers) => browser.get(`${url}/consent?interaction=made-up`, headers),
      ...{ status: 400, title: 'problems.expiredTitle', text: 'problems.expired', action: 'common.signIn' }
    },
    'an unknown app': {
      ask: authorize({ client_id: 'made-up' }),
      ...{ status: 401, title: 'problems.unknownAppTitle', text: 'problems.unknownApp', action: 'common.home' }
    },
    'an address that is not the app\'s': {
      ask: authorize({ redirect_uri: 'https://evil.example/' }),
      ...{ status: 400, title: 'problems.requestTitle', text: 'problems.wrongRedirect', action: 'common.home' },
      reason: 'is not one it has registered'
    },
    'an app that does not speak the protocol': {
      ask: authorize({ code_challenge: '' }),
      ...{ status: 400, title: 'problems.appTitle', text: 'problems.app', action: 'problems.backToApp' },
      actionValues: { host: 'app.example' },
      reason: 'code_challenge is missing: PKCE is required'
    },
    'an app with a scheme of its own that does not speak it': {
      ask: authorize({ client_id: ownScheme, redirect_uri: OWN_SCHEME, code_challenge: '' }),
      ...{ status: 400, title: 'problems.appTitle', text: 'problems.app', action: 'common.home' },
      reason: 'code_challenge is missing: PKCE is required'
    },
    'a form from another site': {
      ask: (browser, headers) => browser.post(`${url}/signup`, {}, { ...headers, origin: 'https://evil.example' }),
      ...{ status: 403, title: 'problems.accessTitle', text: 'problems.foreignForm', action: 'common.home' },
      values: { server: url }
    },
    'a link that was used': {
      ask: (browser, headers) => browser.get(`${url}/password/reset?link=used`, headers),
      ...{ status: 400, title: 'sign-up.linkTitle', text: 'sign-up.resetLink', action: 'common.signIn' }
    }
  }
}

t.test('each refusal is said in the language of the request, with what to do next', async (t) => {
  const { url } = await startServer(t, { env: { AUTH_BACKEND: 'local', SIGNUP: 'open', RATE_LIMITS: MANY, ALLOWED_REDIRECT_URIS: OWN_SCHEME } })
  const refusals = await refusalsOf(url)
  for (const language of languages) {
    const { text } = wordsOf(language)
    const has = (key: Key, values?: Values) => escapeHtml(text(key, values))
    for (const [what, refusal] of Object.entries(refusals)) {
      const page = await refusal.ask(new Browser(), { 'accept-language': language })
      const name = `${what}, ${language}`
      t.equal(page.status, refusal.status, name)
      t.equal(page.headers.get('content-language'), language, name)
      t.match(page.text, `<html lang="${language}">`)
      t.match(page.text, `<h1>${has(refusal.title)}</h1>`, name)
      t.match(page.text, `<p class="lead">${has(refusal.text, refusal.values)}</p>`, name)
      t.match(page.text, `>${has(refusal.action, refusal.actionValues)}</a>`, name)
      t.match(page.text, `<summary>${has('problems.details')}</summary>`, name)
      t.match(page.text, /<dd><code>[0-9a-f-]{36}<\/code><\/dd>/, `${name}: the request can be found in the log`)
      const reason = /<dd lang="en">([^<]*)</.exec(page.text)?.[1]
      if (refusal.reason === undefined) t.equal(reason, undefined, name)
      else t.match(reason, refusal.reason, `${name}: folded, for developers`)
      if (language === 'de') t.same(englishIn(page.text, language), [], name)
    }
  }
})

t.test('what programs read is English and ASCII, whoever asks', async (t) => {
  const { url } = await startServer(t, { env: { RATE_LIMITS: MANY } })
  const asked = { accept: 'application/json', 'accept-language': 'de' }
  const answers = [
    await fetch(`${url}/nowhere`, { headers: asked }),
    await fetch(`${url}/token`, { method: 'POST', headers: asked, body: new URLSearchParams({ grant_type: 'x', client_id: 'made-up' }) })
  ]
  for (const answer of answers) {
    const { error, error_description: description } = (await answer.json()) as Record<string, string>
    t.match(error, /^[a-z_]+$/)
    // RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E
    t.match(description, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
    t.match(description, /There is nothing at this address|use authorization_code/)
  }
  for (const [key, message] of Object.entries((await import('../../../languages/en/problems.json', { with: { type: 'json' } })).default)) {
    t.match(message, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, `${key} may become an error_description`)
  }
})

t.test('who asks too often reads how long to wait, in the singular too', async (t) => {
  const { url } = await startServer(t, { env: { RATE_LIMITS: 'authorization=1' } })
  const browser = new Browser()
  const ask = () => browser.get(`${url}/password/forgot`, { 'accept-language': 'de' })
  await ask()
  const page = await ask()
  t.equal(page.status, 429)
  const seconds = Number(page.headers.get('retry-after'))
  t.match(page.text, wordsOf('de').text('problems.tooMany', { seconds }))
  t.match(wordsOf('de').text('problems.tooMany', { seconds: 1 }), 'Warten Sie 1 Sekunde und')
  t.match(wordsOf('de').text('problems.tooMany', { seconds: 2 }), 'Warten Sie 2 Sekunden und')
})

t.test('a refusal beside a field of the sign-up is in the language of the form', async (t) => {
  const { url } = await startServer(t, { env: { AUTH_BACKEND: 'local', SIGNUP: 'open', RATE_LIMITS: MANY } })
  for (const language of languages) {
    const { text } = wordsOf(language)
    const browser = new Browser()
    const headers = { 'accept-language': language }
    const form = await browser.get((await browser.get(`${url}/signup`)).url, headers)
    t.match(form.text, `<h1>${escapeHtml(text('sign-up.title'))}</h1>`, language)
    for (const [typed, key, values] of [
      [{ email: 'ann@example.com', password: 'short' }, 'sign-up.shortPassword', { min: 8 }],
      [{ email: 'ann@example.com', password: 'password1' }, 'sign-up.commonPassword', {}],
      [{ email: 'ann@example.com', password: 'qwertyuiop77' }, 'sign-up.commonPassword', {}],
      [{ email: 'ann', password: 'Copper kettle on a tram' }, 'sign-up.wrongAddress', {}]
    ] as const) {
      const { fields } = form.forms[0]!
      const page = await browser.post(`${url}/signup`, { ...fields, ...typed }, headers)
      t.equal(page.status, 400)
      const field = key.endsWith('Password') ? 'password' : 'email'
      const alert = `role="alert" id="${field}-error">`
      t.match(page.text, `${alert}${escapeHtml(text(key, values))}<`, `${key} ${language}`)
      if (language === 'de') t.same(englishIn(page.text, language), [])
    }
  }
})

t.test('no page of consent, sign-up and passwords has English left in it', async (t) => {
  const ours = Object.entries(examples).filter(([, { view, data }]) => ['consent', 'signup', 'forgot', 'reset', 'confirm'].includes(view) && !('error' in data))
  for (const language of languages.filter((one) => one !== 'en')) {
    const app = await serve(t, Object.fromEntries(ours.map(([name, example]) => [name, inLanguage(example, language)])))
    for (const [name] of ours) {
      const { body } = await app.inject({ url: `/${name}`, headers: { 'accept-language': language } })
      t.match(body, `<html lang="${language}">`)
      t.same(englishIn(body, language), [], `${name} ${language}`)
    }
  }
})

t.test('who finds all workers busy is told to try again, and nothing is reported as broken', async (t) => {
  const logged: string[] = []
  const log = { warn: () => logged.push('warn'), error: () => logged.push('error') }
  const refusal = toOAuthError(new WorkersBusy(), { log } as unknown as FastifyRequest)
  t.match(refusal, { statusCode: 503, code: 'temporarily_unavailable', headers: { 'retry-after': '5' } })
  t.same(logged, ['warn'])
})

t.test(
  'a page that cannot be rendered is an error without its inside, and the status of a page is the one given (WR-02)',
  async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(identity, { identity: identityOf() })
    await app.register(languagesPlugin)
    await app.register(pages, {
      publicUrl: 'https://mcp.example.com',
      stylePath: STYLE,
      scriptsPath: '/assets',
      iconUrl: '/icon.png'
    })
    app.setErrorHandler((_error, _request, reply) =>
      reply.page(
        'error',
        { statusCode: 500, title: 'Something went wrong', text: 'Try again.', code: 'server_error', requestId: 'r-1' },
        500
      )
    )
    app.get('/broken', (_request, reply) => reply.page('login', {} as never))
    const { statusCode, body, headers } = await app.inject('/broken')
    t.equal(statusCode, 500)
    t.match(headers, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    t.match(body, 'r-1')
    t.notMatch(body, /\.eta|\.ts|views|undefined/)
  }
)
