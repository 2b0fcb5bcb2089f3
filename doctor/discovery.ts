// The discovery documents, at every place where some client looks for them (RFC 9728, RFC 8414, OpenID Connect
// Discovery).
import { isLoopback } from './address.ts'
import { request, type Answer } from './http.ts'
import type { Report } from './report.ts'

/** What the following checks need from the documents. */
export interface AuthorizationServer {
  issuer: string
  /** The resource indicator of the server in token requests (RFC 8707). */
  resource: string
  authorize: string
  token: string
  register?: string
  revoke?: string
  /** Whether the URL of a metadata document is a valid client id. */
  takesDocuments: boolean
  /** Whether answers name the issuer (RFC 9207). */
  sendsIssuer: boolean
  scopes: string[]
}

const BEHIND_A_PROXY =
  'Set PUBLIC_URL to the address that people paste, and restart: every address is derived from it.'
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
  const found = readDocument(report, await request(metadata ?? place), 'It tells clients which server issues tokens.')
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

function checkAbilities (report: Report, found: Record<string, unknown>): void {
  const list = (name: string): string[] => (Array.isArray(found[name]) ? found[name].map(String) : [])
  if (!list('code_challenge_methods_supported').includes('S256')) {
    report.fail('code_challenge_methods_supported does not include S256.', 'Clients refuse a server without it.')
  }
  if (!list('token_endpoint_auth_methods_supported').includes('none')) {
    report.fail(
      'token_endpoint_auth_methods_supported does not include none.',
      'The assistants’ clients have no secret: Claude, Cursor and VS Code cannot connect.'
    )
  }
  const documents = found['client_id_metadata_document_supported'] === true
  const registers = typeof found['registration_endpoint'] === 'string'
  if (documents && registers) report.pass('Clients can use a metadata document, or register.')
  else if (!documents && !registers) {
    report.fail(
      'A new client cannot introduce itself: neither client_id_metadata_document_supported nor registration_endpoint.',
      'Each assistant would have to be registered by hand.'
    )
  } else {
    report.warn(
      documents
        ? 'Clients can use a metadata document; they cannot register.'
        : 'Clients can register; they cannot use a metadata document.',
      documents
        ? 'Older clients support registration only.'
        : 'The current protocol prefers documents (client_id_metadata_document_supported); registration is deprecated.'
    )
  }
  if (!list('grant_types_supported').includes('refresh_token')) {
    report.warn(
      'grant_types_supported does not include refresh_token.',
      'People will have to sign in again each time a token expires.'
    )
  } else if (!list('scopes_supported').includes('offline_access')) {
    report.warn(
      'scopes_supported does not include offline_access.',
      'Claude and others then never request a refresh token, and people sign in again each hour.'
    )
  }
}

function endpointsOf (
  report: Report,
  found: Record<string, unknown>,
  issuer: URL,
  resource: string
): AuthorizationServer | undefined {
  const text = (name: string): string | undefined => (typeof found[name] === 'string' ? found[name] : undefined)
  const [authorize, token, register, revoke] = [
    'authorization_endpoint',
    'token_endpoint',
    'registration_endpoint',
    'revocation_endpoint'
  ].map(text)
  if (authorize === undefined || token === undefined) {
    report.fail('authorization_endpoint or token_endpoint is missing.', 'Without them no one can sign in.')
    return undefined
  }
  const foreign = [authorize, token, register, revoke].filter(
    (address) => address !== undefined && !isReachable(address, issuer)
  )
  if (foreign.length > 0) report.fail(`Clients cannot reach ${foreign.join(', ')}`, BEHIND_A_PROXY)
  return {
    issuer: String(found['issuer']),
    resource,
    authorize,
    token,
    ...(register !== undefined && { register }),
    ...(revoke !== undefined && { revoke }),
    takesDocuments: found['client_id_metadata_document_supported'] === true,
    sendsIssuer: found['authorization_response_iss_parameter_supported'] === true,
    scopes: Array.isArray(found['scopes_supported']) ? found['scopes_supported'].map(String) : []
  }
}

/** ChatGPT reads this document as well. An invalid one breaks it; a plain 404 is better. */
async function checkOpenId (report: Report, answer: Answer, issuer: string): Promise<void> {
  if (answer.status === 404) {
    report.warn(`${answer.url} does not exist.`, 'ChatGPT requests it as well. A 404 is allowed; a valid document is better.')
    return
  }
  const document = readDocument(report, answer, 'ChatGPT requests it as well.')
  if (!document) return
  const keys =
    typeof document['jwks_uri'] === 'string' && URL.canParse(document['jwks_uri'])
      ? await request(document['jwks_uri'])
      : undefined
  const hasKey = Array.isArray(keys?.json?.['keys']) && keys.json['keys'].length > 0
  const missing = ['subject_types_supported', 'id_token_signing_alg_values_supported'].filter(
    (name) => !Array.isArray(document[name])
  )
  if (!hasKey) missing.push('a key at jwks_uri')
  if (document['issuer'] !== issuer) missing.push('the same issuer')
  if (missing.length === 0) report.pass(`${answer.url} is valid, and its keys are served.`)
  else {
    report.fail(
      `${answer.url} is not a valid OpenID document.`,
      `ChatGPT stops at an incomplete one. Missing: ${missing.join(', ')}. Complete it, or answer 404.`
    )
  }
}

/** @param why what happens to a client that does not get it. */
function readDocument (report: Report, answer: Answer, why: string): Record<string, unknown> | undefined {
  if (answer.status === 200 && answer.json && /json/.test(answer.header('content-type'))) return answer.json
  const what = answer.status !== 200 ? `answers ${answer.status}` : 'is not JSON'
  report.fail(`${answer.url} ${what}.`, `${why} If the server has it, the proxy does not pass /.well-known/ on.`)
  return undefined
}

const withoutSlash = (address: string): string => URL.parse(address)?.href.replace(/\/$/, '') ?? address
const sameAddress = (one: string, other: string): boolean => withoutSlash(one) === withoutSlash(other)
const isLocalName = (address: string): boolean => isLoopback(URL.parse(address)?.hostname ?? '')
const sameHost = (address: string, { hostname }: URL): boolean => URL.parse(address)?.hostname === hostname
/** https, unless everything is on this computer, and not a name that only the server itself can resolve. */
const isReachable = (address: string, issuer: URL): boolean =>
  URL.canParse(address) &&
  (new URL(address).protocol === 'https:'
    ? !isLocalName(address) || isLoopback(issuer.hostname)
    : isLoopback(issuer.hostname) && isLocalName(address))
