// Pages for people: Eta templates with escaping on, and headers against framing, sniffing, caching and scripts (RFC 9700
// §4.2, §4.16).
// This room owns how a page is sent: the data each template is given, headers, error pages, and the zone in which the
// page routes are registered. It hands `reply.page` to the routes; the words are in views/.
import { fileURLToPath } from 'node:url'
import view from '@fastify/view'
import { Eta } from 'eta'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { PageData } from './page-data.ts'
import { readScripts, type Scripts } from './scripts.ts'
import { stylesheetOf, type Stylesheet } from './stylesheet.ts'

const VIEWS = fileURLToPath(new URL('../../views', import.meta.url))

/** As in views/style.css. */
const ACCENT = '#0d6354'
const SCRIPTS = "script-src 'none'"
/**
 * No `form-action`: browsers apply it to the redirect that takes the code to the app, and
 * cancel that.
 */
const POLICY =
  `default-src 'none'; style-src 'self'; img-src 'self' data:; ${SCRIPTS}; object-src 'none'; base-uri 'none'; frame-ancestors 'none'`
/** Of the few pages that have a script: ours alone, which talks to nobody else. */
const POLICY_WITH_SCRIPT = POLICY.replace(SCRIPTS, "script-src 'self'; connect-src 'self'")

declare module 'fastify' {
  interface FastifyInstance {
    /** Where the home page is. */
    homeUrl: string
    /** Where somebody may sign in; undefined on a server without sign-in. */
    signInUrl: string | undefined
    stylesheet: Stylesheet
    scripts: Scripts
  }
  interface FastifyReply {
    /**
     * Sends a page. @param statusCode 200 by default. Settles when the response is on its way:
     * return it.
     */
    page<Name extends keyof PageData>(name: Name, data: PageData[Name], statusCode?: number): Promise<FastifyReply>
  }
}

interface Options extends Pick<Config, 'publicUrl'> {
  /** Where the home page is; the public URL if absent. */
  homeUrl?: string
  signInUrl?: string | undefined
  /** Where `app.stylesheet` is served. */
  stylePath: string
  /** Below it, `app.scripts` are served. */
  scriptsPath: string
  /** Where the picture of `app.identity` is served. */
  iconUrl: string
}

export default fp(
  async function pages (
    app: FastifyInstance,
    { publicUrl, homeUrl = publicUrl, signInUrl, stylePath, scriptsPath, iconUrl }: Options
  ) {
    await app.register(view, { engine: { eta: new Eta({ autoEscape: true }) }, root: VIEWS, viewExt: 'eta', production: true })
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
    const { name, logo, palette, links } = app.identity
    const stylesheet = stylesheetOf(palette)
    const scripts = readScripts(scriptsPath)
    const site = {
      name,
      host: new URL(publicUrl).host,
      home: homeUrl,
      /** In place of the built-in mark. */
      logoUrl: logo && iconUrl,
      /** Six digits, for the built-in mark. */
      color: (palette?.light.accent ?? ACCENT).slice(1),
      links,
      styleUrl: `${stylePath}?v=${stylesheet.hash}`,
      findLink
    }
    app.decorate('stylesheet', stylesheet)
    app.decorate('scripts', scripts)

    app.decorate('homeUrl', homeUrl)
    app.decorate('signInUrl', signInUrl)
    app.decorateReply('page', async function (this: FastifyReply, name, data, statusCode = 200) {
      // Not spread: a field of the data must not shadow what a template relies on.
      const { words } = this.request
      const { text, html } = words
      const script = scripts.of(name)
      const body = await this.viewAsync(name, { page: data, site, words, text, html, script: script?.url })
      return this.code(statusCode)
        .headers({ ...headers, 'content-language': words.language, ...(script && { 'content-security-policy': POLICY_WITH_SCRIPT }) })
        .send(body)
    })
  },
  { name: 'pages', dependencies: ['identity', 'languages'] }
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
