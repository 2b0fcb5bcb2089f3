// Files that pages and clients show: the stylesheet and the scripts, named by their content so that browsers cache them for ever, and
// the server's picture (MCP "Icons").
import type { FastifyInstance } from 'fastify'
import type { Paths } from '../paths.ts'
import type { Identity } from '../plugins/identity.ts'

/**
 * @returns the path of the picture; one of the operator's own is named by its content as well.
 */
export function iconPath ({ icon }: Pick<Identity, 'icon'>, paths: Pick<Paths, 'icon' | 'vectorIcon'>): string {
  return `${icon.type === 'image/png' ? paths.icon : paths.vectorIcon}${icon.hash && `?v=${icon.hash}`}`
}

export default async function assets (app: FastifyInstance) {
  const { paths, identity } = app
  const { icon } = identity
  app.get(paths.style, (_request, reply) =>
    reply
      .header('content-type', 'text/css; charset=utf-8')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .send(app.stylesheet.body)
  )
  for (const { body, url } of app.scripts.all) {
    app.get(url.split('?')[0]!, (_request, reply) =>
      reply
        .header('content-type', 'text/javascript; charset=utf-8')
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('x-content-type-options', 'nosniff')
        .send(body)
    )
  }
  app.get(iconPath(identity, paths).split('?')[0]!, (_request, reply) =>
    reply
      .headers({
        'content-type': icon.type,
        'cache-control': 'public, max-age=86400',
        // An SVG is a document that can hold scripts: opened by itself, it runs none and loads nothing.
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        'x-content-type-options': 'nosniff',
        // Clients show it on their own pages.
        'cross-origin-resource-policy': 'cross-origin'
      })
      .send(icon.body)
  )
}
