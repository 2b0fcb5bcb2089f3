// Pages for people: Eta templates with escaping on, and headers against framing, sniffing, caching and scripts (RFC 9700
// §4.2, §4.16).
// This room owns how a page is sent: the data each template is given, headers, error pages, and the zone in which the
// page routes are registered. It hands `reply.page` to the routes; the words are in views/.
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

/** The stylesheet of every page, and a hash of its content, so that browsers may cache it for ever. */
export const stylesheet = { body, hash: createHash('sha256').update(body).digest('base64url').slice(0, 16) }

/** No `form-action`: browsers apply it to the redirect that takes the code to the app, and cancel that. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

declare module 'fastify' {
  interface FastifyInstance {
    /** Where the home page is. */
    homeUrl: string
  }
  interface FastifyReply {
    /** Sends a page. @param statusCode 200 by default. Settles when the response is on its way: return it. */
    page<Name extends keyof PageData>(name: Name, data: PageData[Name], statusCode?: number): Promise<FastifyReply>
  }
}

/**
 * @param options.homeUrl where the home page is; the public URL if absent.
 * @param options.styleUrl where {@link stylesheet} is served.
 */
export default fp(
  async function pages (
    app: FastifyInstance,
    { publicUrl, homeUrl = publicUrl, styleUrl }: Pick<Config, 'publicUrl'> & { homeUrl?: string; styleUrl: string }
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
      // Not no-referrer: browsers would send `Origin: null` with our own forms then.
      'referrer-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
      ...(publicUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' })
    }
    const site = { host: new URL(publicUrl).host, home: homeUrl, styleUrl, findLink }

    app.decorate('homeUrl', homeUrl)
    app.decorateReply('page', async function (this: FastifyReply, name, data, statusCode = 200) {
      // Not spread: a field of the data must not shadow what a template relies on.
      const html = await this.viewAsync(name, { page: data, site })
      return this.code(statusCode).headers(headers).send(html)
    })
  },
  { name: 'pages' }
)

/**
 * What is allowed in an `href`. Escaping alone would leave `javascript:` a working link.
 * @param href a path of ours, or an http(s) address from anywhere.
 * @returns undefined for anything else: the page shows no link then.
 */
export function findLink (href: string | undefined): { href: string; host: string } | undefined {
  if (href === undefined) return undefined
  // Printable ASCII only: browsers drop tabs and line ends, and `/<tab>/evil.example` leaves the site.
  if (/^\/(?![/\\])[\x21-\x7e]*$/.test(href)) return { href, host: '' }
  const url = URL.parse(href)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? { href: url.href, host: url.host } : undefined
}
