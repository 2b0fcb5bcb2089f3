// Which `resource` values mean this server: one audience in every spelling clients send (RFC 8707 §2; with or without
// slash, and the alias path).
import { invalidTarget } from '../../errors.ts'

/**
 * @param asked the `resource` parameters of a request; none means the only resource there is.
 * @param resources the absolute URLs this server serves MCP at, canonical one first.
 * @returns the canonical resource.
 * @throws invalid_target when any of them is not ours.
 */
export function checkResource (asked: readonly string[], resources: readonly string[]): string {
  for (const resource of asked) {
    if (!isResource(resource, resources)) throw invalidTarget(`this server issues tokens for ${resources[0]} only`)
  }
  return resources[0]!
}

/** Whether it names this server. @param resources as in {@link checkResource}. */
export const isResource = (asked: string, resources: readonly string[]): boolean => resources.includes(normal(asked))

/**
 * Scheme and host in lower case, no default port (RFC 3986 §6.2.3), no trailing slash; anything with a fragment, a query
 * or credentials stays as it is and matches nothing.
 */
function normal (resource: string): string {
  if (!URL.canParse(resource)) return resource
  const url = new URL(resource)
  const isHidden = url.search || url.hash || url.username || url.password
  if (isHidden || !resource.toLowerCase().startsWith(url.origin)) return resource
  const port = url.protocol === 'https:' ? /^:443(?=\/|$)/ : /^:80(?=\/|$)/
  return url.origin + resource.slice(url.origin.length).replace(port, '').replace(/\/$/, '')
}
