// The stylesheet of the pages: named by its content, so browsers keep it for ever.
import type { FastifyInstance } from 'fastify'
import { paths } from '../paths.ts'
import { stylesheet } from '../plugins/pages.ts'

export const styleUrl = `${paths.style}?v=${stylesheet.hash}`

export default async function assets (app: FastifyInstance) {
  app.get(paths.style, (_request, reply) => reply
    .header('content-type', 'text/css; charset=utf-8')
    .header('cache-control', 'public, max-age=31536000, immutable')
    .send(stylesheet.body))
}
