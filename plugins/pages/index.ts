// Pages for people: Eta templates with escaping on, and the headers that keep a page from being framed, sniffed, cached
// or scripted (RFC 9700 §4.2, §4.16).
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import view from '@fastify/view'
import { Eta } from 'eta'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { PageData } from './page-data.ts'

const VIEWS = fileURLToPath(new URL('../../views', import.meta.url))
const body = readFileSync(join(VIEWS, 'style.css'), 'utf8')

/**
 * The stylesheet of every page, and a name for its content, so that whoever serves it may let browsers keep it for
 * ever.
 */
export const stylesheet = { body, hash: createHash('sha256').update(body).digest('base64url').slice(0, 16) }

/** No `form-action`: browsers hold it against the redirect that takes the code home to the app, and cancel it. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

declare module 'fastify' {
  interface FastifyReply {
    /** Sends a page. @param statusCode 200 unless told. Settles when the answer is on its way: return it. */
    page<Name extends keyof PageData>(name: Name, data: PageData[Name], statusCode?: number): Promise<FastifyReply>
  }
}

/** @param options.styleUrl where {@link stylesheet} is served. */
export default fp(
  async function pages (
    app: FastifyInstance,
    { publicUrl, styleUrl }: Pick<Config, 'publicUrl'> & { styleUrl: string }
  ) {
    await app.register(view, {
      engine: { eta: new Eta({ autoEscape: true }) },
      root: VIEWS,
      viewExt: 'eta',
      production: true
    })
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      // Not no-referrer: browsers would then send `Origin: null` with our own forms.
      'referrer-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
      ...(publicUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' })
    }
    const site = { host: new URL(publicUrl).host, home: publicUrl, styleUrl, findLink }

    app.decorateReply('page', async function (this: FastifyReply, name, data, statusCode = 200) {
      // One name each, never spread: a field of the data can shadow nothing a template relies on.
      const html = await this.viewAsync(name, { page: data, site })
      return this.code(statusCode).headers(headers).send(html)
    })
  },
  { name: 'pages' }
)

/**
 * What may stand in an `href`. Escaping alone would leave `javascript:` a working link.
 * @param href a path of ours, or an http(s) address from anywhere.
 * @returns undefined for everything else: the page then shows no link.
 */
export function findLink (href: string | undefined): { href: string; host: string } | undefined {
  if (href === undefined) return undefined
  // Printable ASCII only, because browsers drop tabs and line ends, and `/<tab>/evil.example` leaves the site.
  if (/^\/(?![/\\])[\x21-\x7e]*$/.test(href)) return { href, host: '' }
  const url = URL.parse(href)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? { href: url.href, host: url.host } : undefined
}
