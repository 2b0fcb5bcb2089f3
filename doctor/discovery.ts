// Who gives the tokens: the documents that clients look for, at every place where one of them looks (RFC 9728, RFC
// 8414, OpenID Connect Discovery).
import { isLoopback } from './address.ts'
import { request, type Answer } from './http.ts'
import type { Report } from './report.ts'

/** What the documents say, as far as the following checks need it. */
export interface AuthorizationServer {
  issuer: string
  /** What the server is called in requests for tokens. */
  resource: string
  authorize: string
  token: string
  register?: string
  revoke?: string
  /** Whether a client may be named by the address of its document (CIMD). */
  takesDocuments: boolean
  /** Whether answers name the issuer (RFC 9207). */
  sendsIssuer: boolean
  scopes: string[]
}

const BEHIND_A_PROXY =
  'Set PUBLIC_URL to the address that people paste, and start again: every address is made from it.'
const PROTECTED_RESOURCE = '/.well-known/oauth-protected-resource'
const AUTHORIZATION_SERVER = '/.well-known/oauth-authorization-server'
const OPENID = '/.well-known/openid-configuration'

/** RFC 8414 §3.1: the well-known part comes first, and what the address has of a path after it. */
const wellKnown = (base: URL, path: string): string => base.origin + path + base.pathname.replace(/\/$/, '')

/**
 * @param metadata where the challenge of the server points.
 * @returns nothing where no client could go on.
 * @throws NoAnswer
 */
export async function checkDiscovery (
  report: Report,
  url: URL,
  metadata: string | undefined
): Promise<AuthorizationServer | undefined> {
  report.section('Who gives the tokens')
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
      `The challenge points to ${metadata}, clients that guess look at ${place}`,
      isLocalName(metadata) ? BEHIND_A_PROXY : 'Both have to answer.'
    )
  }
  const found = readDocument(report, await request(metadata ?? place), 'It tells clients who gives the tokens.')
  if (!found) return undefined
  report.pass(`${metadata ?? place} is there.`)
  for (const other of new Set([place, url.origin + PROTECTED_RESOURCE])) {
    if (other === metadata) continue
    const { status } = await request(other)
    if (status === 200) report.pass(`${other} is there.`)
    else {
      report.warn(
        `${other} answers ${status}.`,
        'Clients that do not read the challenge, and ChatGPT always, look there too.'
      )
    }
  }
  const resource = String(found['resource'])
  if (sameAddress(resource, url.href)) report.pass(`The server calls itself as it was typed: ${resource}`)
  else {
    report.fail(
      `The server calls itself ${resource}, and not ${url.href}: Claude refuses it, and tokens are for another address.`,
      isLocalName(resource) || sameHost(resource, url)
        ? BEHIND_A_PROXY
        : 'Paste the address that the server calls itself.'
    )
  }
  const issuers = Array.isArray(found['authorization_servers']) ? found['authorization_servers'].map(String) : []
  if (issuers.length === 0 || !URL.canParse(issuers[0]!)) {
    report.fail('authorization_servers names nobody.', 'It must hold the issuer.')
    return undefined
  }
  if (issuers.length > 1) { report.warn(`${issuers.length} authorization servers are named.`, 'Claude uses the first one only.') }
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
  if (document) report.pass(`${wellKnown(issuer, AUTHORIZATION_SERVER)} is there.`)
  if (found['issuer'] === named) report.pass(`The issuer is ${named}`)
  else {
    report.fail(
      `The issuer calls itself ${String(found['issuer'])}, but is looked for as ${named}: clients compare each letter.`,
      BEHIND_A_PROXY
    )
  }
  checkAbilities(report, found)
  return endpointsOf(report, found, issuer, resource)
}

function checkAbilities (report: Report, found: Record<string, unknown>): void {
  const list = (name: string): string[] => (Array.isArray(found[name]) ? found[name].map(String) : [])
  if (!list('code_challenge_methods_supported').includes('S256')) { report.fail('code_challenge_methods_supported does not name S256.', 'Clients refuse a server that does not say so.') }
  if (!list('token_endpoint_auth_methods_supported').includes('none')) {
    report.fail(
      'token_endpoint_auth_methods_supported does not name none.',
      'The assistants’ clients have no secret: Claude, Cursor and VS Code then cannot begin.'
    )
  }
  const documents = found['client_id_metadata_document_supported'] === true
  const registers = typeof found['registration_endpoint'] === 'string'
  if (documents && registers) report.pass('Clients may come with a document of theirs, or register.')
  else if (!documents && !registers) {
    report.fail(
      'A new client cannot introduce itself: neither client_id_metadata_document_supported nor registration_endpoint.',
      'Each assistant would have to be entered by hand.'
    )
  } else {
    report.warn(
      documents
        ? 'Clients come with a document of theirs; they cannot register.'
        : 'Clients register; they cannot come with a document of theirs.',
      documents
        ? 'Older clients know registration only.'
        : 'The current protocol prefers documents (client_id_metadata_document_supported); registration is on its way out.'
    )
  }
  if (!list('grant_types_supported').includes('refresh_token')) {
    report.warn(
      'grant_types_supported does not name refresh_token.',
      'People will have to sign in again each time a token ends.'
    )
  } else if (!list('scopes_supported').includes('offline_access')) {
    report.warn(
      'scopes_supported does not name offline_access.',
      'Claude and others then never ask for a refresh token, and people sign in again each hour.'
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
    report.fail('authorization_endpoint or token_endpoint is missing.', 'Without them nobody can sign in.')
    return undefined
  }
  const foreign = [authorize, token, register, revoke].filter(
    (address) => address !== undefined && !isReachable(address, issuer)
  )
  if (foreign.length > 0) report.fail(`Not reachable for clients: ${foreign.join(', ')}`, BEHIND_A_PROXY)
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

/** ChatGPT reads this one too. One that is not true breaks it; a plain 404 is better. */
async function checkOpenId (report: Report, answer: Answer, issuer: string): Promise<void> {
  if (answer.status === 404) {
    report.warn(`${answer.url} is not there.`, 'ChatGPT asks for it too. A 404 is allowed; a true document is better.')
    return
  }
  const document = readDocument(report, answer, 'ChatGPT asks for it too.')
  if (!document) return
  const keys =
    typeof document['jwks_uri'] === 'string' && URL.canParse(document['jwks_uri'])
      ? await request(document['jwks_uri'])
      : undefined
  const hasKey = Array.isArray(keys?.json?.['keys']) && keys.json['keys'].length > 0
  const missing = ['subject_types_supported', 'id_token_signing_alg_values_supported'].filter(
    (name) => !Array.isArray(document[name])
  )
  if (document['issuer'] === issuer && hasKey && missing.length === 0) { report.pass(`${answer.url} is there and true: its keys are served.`) } else {
    report.fail(
      `${answer.url} is no true OpenID document.`,
      `ChatGPT stops at a half one. ${[...missing, ...(hasKey ? [] : ['a key at jwks_uri']), ...(document['issuer'] === issuer ? [] : ['the same issuer'])].join(', ')}: missing. Complete it, or answer 404.`
    )
  }
}

/** @param why what becomes of a client that does not get it. */
function readDocument (report: Report, answer: Answer, why: string): Record<string, unknown> | undefined {
  if (answer.status === 200 && answer.json && /json/.test(answer.header('content-type'))) return answer.json
  const what = answer.status !== 200 ? `answers ${answer.status}` : 'is not JSON'
  report.fail(`${answer.url} ${what}.`, `${why} If the server has it, the proxy keeps /.well-known/ for itself.`)
  return undefined
}

const withoutSlash = (address: string): string => URL.parse(address)?.href.replace(/\/$/, '') ?? address
const sameAddress = (one: string, other: string): boolean => withoutSlash(one) === withoutSlash(other)
const isLocalName = (address: string): boolean => isLoopback(URL.parse(address)?.hostname ?? '')
const sameHost = (address: string, { hostname }: URL): boolean => URL.parse(address)?.hostname === hostname
/** https, unless all of it is on this computer; and not a name that only the server itself knows. */
const isReachable = (address: string, issuer: URL): boolean =>
  URL.canParse(address) &&
  (new URL(address).protocol === 'https:'
    ? !isLocalName(address) || isLoopback(issuer.hostname)
    : isLoopback(issuer.hostname) && isLocalName(address))
