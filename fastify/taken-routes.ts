// Whether the application has taken a path of the server's: a sentence for each, with what to do.
// Tested in test/fastify/plugin.test.ts.
import type { FastifyInstance } from 'fastify'
import type { Paths } from '../paths.ts'

/** @returns a line for each URL that the application answers itself. */
export function findTaken (
  application: Pick<FastifyInstance, 'hasRoute'>,
  routes: ReadonlyMap<string, ReadonlySet<string>>,
  paths: Pick<Paths, 'home'>
): string[] {
  return [...routes].flatMap(([url, methods]) => {
    const taken = [...methods].filter((method) => application.hasRoute({ method, url }))
    return taken.length > 0 ? [`  - ${taken.join(', ')} ${url}: ${remedy(url, paths)}`] : []
  })
}

function remedy (url: string, { home }: Pick<Paths, 'home'>): string {
  if (url.startsWith('/.well-known/')) {
    return 'clients find the sign-in by this document, which has to be there (RFC 8414, RFC 9728). Remove yours, or give the server an origin of its own'
  }
  return url === home || url.startsWith(`${home}/.well-known/`) ? 'set mcpPath to another path' : 'set basePath, or mcpPath, to another path'
}
