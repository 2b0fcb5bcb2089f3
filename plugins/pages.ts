// Pages for people: Eta templates with escaping on, and the headers that keep a page from being framed, sniffed, cached or scripted (RFC 9700 §4.16).
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import view from '@fastify/view'
import { Eta } from 'eta'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Config } from '../config.ts'
import type { PageData } from './page-data.ts'

const VIEWS = new URL('../views/', import.meta.url).pathname
const body = readFileSync(`${VIEWS}style.css`, 'utf8')

/** The stylesheet of every page, and a name for its content. */
export const stylesheet = { body, hash: createHash('sha256').update(body).digest('base64url').slice(0, 12) }

/** No `form-action`: browsers hold it against the redirect that takes the code home to the app, and cancel it. */
const POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

declare module 'fastify' {
  interface FastifyReply {
    page<Name extends keyof PageData> (name: Name, data: PageData[Name], statusCode?: number): Promise<FastifyReply>
  }
}

export default fp(async function pages (app: FastifyInstance, { publicUrl, styleUrl }: Pick<Config, 'publicUrl'> & { styleUrl: string }) {
  await app.register(view, { engine: { eta: new Eta({ autoEscape: true }) }, root: VIEWS, production: true, viewExt: 'eta' })
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': POLICY,
    'x-frame-options': 'DENY',
    // Not no-referrer: browsers would then send `Origin: null` with our own forms.
    'referrer-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    ...(publicUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' })
  }
  app.decorateReply('page', async function (this: FastifyReply, name, data, statusCode = 200) {
    const html = await this.viewAsync(name, { page: data, styleUrl })
    return this.code(statusCode).headers(headers).send(html)
  })
}, { name: 'pages' })
