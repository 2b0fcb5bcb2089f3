// The discovery documents, at every place where some client looks for them (RFC 9728, RFC 8414, OpenID Connect
// Discovery).
import { isLocalName, sameAddress, sameHost, BEHIND_A_PROXY } from './addresses.ts'
import { checkAbilities, endpointsOf, type AuthorizationServer } from './authorization-server.ts'
import { request } from './http.ts'
import { checkOpenId } from './openid.ts'
import { readDocument } from './read-document.ts'
import type { Report } from './report.ts'

const PROTECTED_RESOURCE = '/.well-known/oauth-protected-resource'
const AUTHORIZATION_SERVER = '/.well-known/oauth-authorization-server'
const OPENID = '/.well-known/openid-configuration'

/** RFC 8414 §3.1: the well-known part comes first, and what the address has of a path after it. */
const wellKnown = (base: URL, path: string): string => base.origin + path + base.pathname.replace(/\/$/, '')

/**
 * @param metadata the metadata URL in the server's challenge.
 * @returns `undefined` where no client could continue.
 * @throws NoAnswer
 */
export async function checkDiscovery (
  report: Report,
  url: URL,
  metadata: string | undefined
): Promise<AuthorizationServer | undefined> {
  report.section('Discovery')
  const resource = await checkResource(report, url, metadata)
  return resource && (await checkIssuer(report, resource))
}

interface Resource {
  resource: string
  issuer: URL
  named: string
}

async function checkResource (report: Report, url: URL, metadata: string | undefined): Promise<Resource | undefined> {
  const place = wellKnown(url, PROTECTED_RESOURCE)
  if (metadata !== undefined && !sameAddress(metadata, place)) {
    report.warn(
      `The challenge points to ${metadata}, but clients that guess look at ${place}`,
      isLocalName(metadata) ? BEHIND_A_PROXY : 'Both must answer.'
    )
  }
  const found = readDocument(report, await request(metadata ?? place), 'Clients learn from it which server issues tokens.')
  if (!found) return undefined
  report.pass(`${metadata ?? place} exists.`)
  for (const other of new Set([place, url.origin + PROTECTED_RESOURCE])) {
    if (other === metadata) continue
    const { status } = await request(other)
    if (status === 200) report.pass(`${other} exists.`)
    else {
      report.warn(
        `${other} answers ${status}.`,
        'Clients that do not read the challenge look there, and ChatGPT always does.'
      )
    }
  }
  const resource = String(found['resource'])
  if (sameAddress(resource, url.href)) report.pass(`The server gives itself the name that you typed: ${resource}`)
  else {
    report.fail(
      `The server calls itself ${resource}, not ${url.href}: Claude refuses it, and tokens are for another address.`,
      isLocalName(resource) || sameHost(resource, url)
        ? BEHIND_A_PROXY
        : 'Paste the address that the server calls itself.'
    )
  }
  const issuers = Array.isArray(found['authorization_servers']) ? found['authorization_servers'].map(String) : []
  if (issuers.length === 0 || !URL.canParse(issuers[0]!)) {
    report.fail('authorization_servers is empty or invalid.', 'It must contain the issuer.')
    return undefined
  }
  if (issuers.length > 1) {
    report.warn(`${issuers.length} authorization servers are listed.`, 'Claude uses only the first.')
  }
  return { resource, issuer: new URL(issuers[0]!), named: issuers[0]! }
}

async function checkIssuer (
  report: Report,
  { resource, issuer, named }: Resource
): Promise<AuthorizationServer | undefined> {
  const document = readDocument(
    report,
    await request(wellKnown(issuer, AUTHORIZATION_SERVER)),
    'Every client reads it.'
  )
  const openid = await request(wellKnown(issuer, OPENID))
  await checkOpenId(report, openid, named)
  const found = document ?? (openid.status === 200 ? openid.json : undefined)
  if (!found) return undefined
  if (document) report.pass(`${wellKnown(issuer, AUTHORIZATION_SERVER)} exists.`)
  if (found['issuer'] === named) report.pass(`The issuer is ${named}`)
  else {
    report.fail(
      `The issuer calls itself ${String(found['issuer'])}, but is listed as ${named}: clients compare them exactly.`,
      BEHIND_A_PROXY
    )
  }
  checkAbilities(report, found)
  return endpointsOf(report, found, issuer, resource)
}
