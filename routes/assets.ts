// Files that pages and clients show: the stylesheet, named by its content so that browsers cache it for ever, and the
// server's icon (MCP "Icons").
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { stylesheet } from '../plugins/pages/index.ts'

/** 128 × 128 pixels, as ChatGPT's form requires. Its source is views/icon.svg. */
const icon = readFileSync(new URL('../views/icon.png', import.meta.url))

/** @param path where the stylesheet is served. */
export const styleUrl = (path: string): string => `${path}?v=${stylesheet.hash}`

export default async function assets (app: FastifyInstance) {
  const { paths } = app
  app.get(paths.style, (_request, reply) =>
    reply
      .header('content-type', 'text/css; charset=utf-8')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .send(stylesheet.body)
  )
  app.get(paths.icon, (_request, reply) =>
    reply
      .header('content-type', 'image/png')
      .header('cache-control', 'public, max-age=86400')
      // Clients show it on their own pages.
      .header('cross-origin-resource-policy', 'cross-origin')
      .send(icon)
  )
}
