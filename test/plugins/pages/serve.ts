// A server that shows pages as they are given, and hostile data for them, for tests of pages.
import Fastify, { type FastifyInstance } from 'fastify'
import { type Test } from 'tap'
import identity from '../../../plugins/identity.ts'
import languages from '../../../plugins/languages.ts'
import pages from '../../../plugins/pages/index.ts'
import { identityOf } from '../../helpers/identity.ts'
import { type Example } from './page-examples.ts'

export const STYLE = '/style.css'
export const PUBLIC = 'https://mcp.example.com'
const ICON = '/icon'

/** A server that serves each of `shown` at `/NAME`. @param env whose server it is. */
export async function serve (
  t: Test,
  shown: Readonly<Record<string, Example>>,
  publicUrl = PUBLIC,
  env: Record<string, string> = {}
): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(identity, { identity: identityOf(env) })
  await app.register(languages)
  await app.register(pages, { publicUrl, stylePath: STYLE, scriptsPath: '/assets', iconUrl: ICON })
  app.get(ICON, (_request, reply) => reply.type(app.identity.icon.type).send(app.identity.icon.body))
  app.get(STYLE, (_request, reply) => reply.type('text/css; charset=utf-8').send(app.stylesheet.body))
  // Pages are as they are before their script has run; scripts have tests of their own.
  app.get('/assets/*', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(''))
  for (const [name, { view, data }] of Object.entries(shown)) { app.get(`/${name}`, (_request, reply) => reply.page(view, data)) }
  return app
}

/** The same value with every string in it replaced. */
export function mapStrings<T> (value: T, change: (text: string, key: string) => string, key = ''): T {
  if (typeof value === 'string') return change(value, key) as T
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change, key)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapStrings(item, change, name)])) as T
}

/** Each breaks out of another context, were it not escaped. */
export const MARKUP = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)' x='",
  '</title></textarea></style><svg onload=alert(1)>',
  '<%= it.site %>&lt;b&gt;',
  '\u0000<!--<base href=//evil.example>'
]

export const isAddress = (text: string, key: string) =>
  ['href', 'uri', 'login', 'logout', 'signup', 'consent', 'switchAccount', 'home'].includes(key) &&
  /^(\/|https?:)/.test(text)

// Left as they are: what picks a template, a field or a form, what the sanitizer made, and the
// address a server has by
// configuration. No address
// of ours holds a space.
export const isFixed = (example: Example, key: string) =>
  ['view', 'kind', 'mark', 'field', 'url', 'html', 'qr'].includes(key) || (key === 'id' && example.view === 'login')

export const hostile = (example: Example, markup: string): Example =>
  mapStrings(example, (text, key) =>
    isFixed(example, key) ? text : isAddress(text, key) ? `${text}?${markup.replaceAll(/[^!-~]/g, '')}` : text + markup
  )
