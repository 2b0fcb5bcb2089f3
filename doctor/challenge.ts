// The challenge: what the address answers to a client without a token, with a wrong one, and to the assistants' programs
// (MCP authorization; RFC 6750 §3, RFC 9728 §5.1).
import { request, type Answer } from './http.ts'
import { INITIALIZE, MCP_HEADERS } from './mcp.ts'
import type { Report } from './report.ts'

export interface Challenge {
  /** Whether a token is required. */
  signIn: boolean
  /** The metadata URL in the challenge (RFC 9728 §5.1). */
  metadata?: string
}

/** The User-Agents of the assistants' servers: bot protection decides by these. */
const AGENTS: Record<string, string> = {
  ChatGPT: 'openai-mcp/1.0.0',
  'ChatGPT’s connector': 'Python/3.12 aiohttp/3.13',
  'ChatGPT’s fetcher':
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ChatGPT-User/1.0; +https://openai.com/bot)',
  Claude: 'Claude-User',
  'Claude’s connector': 'python-httpx/0.28.1',
  'Claude Code': 'claude-code/2.0.0',
  'Node programs': 'node',
  'VS Code': 'Visual Studio Code/1.106.0'
}

const probe = (url: URL, headers: Record<string, string> = {}): Promise<Answer> =>
  request(url, { headers: { ...MCP_HEADERS, ...headers }, json: INITIALIZE })

/** @returns `undefined` where no MCP server answers. @throws NoAnswer */
export async function checkChallenge (report: Report, url: URL): Promise<Challenge | undefined> {
  report.section('The challenge')
  const answer = await probe(url)
  const challenge = readChallenge(report, answer)
  if (!challenge) return undefined
  if (challenge.signIn) await checkWrongToken(report, url)
  await checkAgents(report, url, answer.status)
  return challenge
}

function readChallenge (report: Report, answer: Answer): Challenge | undefined {
  const { status } = answer
  if (status === 200) {
    report.warn(
      'It serves everyone, without a sign-in.',
      'That is right for public data only. Otherwise turn the sign-in on (AUTH_BACKEND).'
    )
    return { signIn: false }
  }
  if (status >= 300 && status < 400) {
    report.fail(
      `It redirects the client to ${answer.header('location')}: clients do not follow, or lose the token when they do.`,
      'Paste that address instead, or let the proxy answer here.'
    )
    return undefined
  }
  if (status !== 401) {
    report.fail(`A client without a token gets ${status}${sourceOf(answer)}; it should be 401.`, adviceFor(answer))
    return undefined
  }
  const metadata = parameter(answer.header('www-authenticate'), 'resource_metadata')
  if (metadata === undefined) {
    report.fail(
      'The 401 does not say where to sign in: WWW-Authenticate has no resource_metadata.',
      'Without it ChatGPT never starts the sign-in. If the server sends it, the proxy removes the header.'
    )
  } else report.pass(`A client without a token gets 401, which points to ${metadata}`)
  return { signIn: true, ...(metadata !== undefined && { metadata }) }
}

function adviceFor (answer: Answer): string {
  if (isPage(answer)) {
    return 'Something in front of the server answers with a page: allow POST requests from programs to this host (at Cloudflare: Bot Fight Mode, "Block AI bots", WAF rules).'
  }
  if (answer.status === 404 || answer.status === 405) {
    return 'There is no MCP server at this path: see the server’s home page or documentation for the address.'
  }
  if (answer.status >= 500) return 'Check the server’s log, and whether the proxy reaches it.'
  return 'Only a 401 makes a client sign in: a 403, or a 200 with an error, does not.'
}

async function checkWrongToken (report: Report, url: URL): Promise<void> {
  const answer = await probe(url, { authorization: 'Bearer made-up-by-the-doctor' })
  const error = parameter(answer.header('www-authenticate'), 'error')
  if (answer.status === 200) {
    report.fail(
      'Any token works: a made-up one was accepted.',
      'Nothing protects this server. Fix its token check before anyone uses it.'
    )
  } else if (answer.status !== 401) {
    report.fail(
      `A wrong token gets ${answer.status}; it should be 401.`,
      'Clients refresh an expired token only after a 401.'
    )
  } else if (error !== 'invalid_token') {
    report.warn(
      'The 401 for a wrong token does not say error="invalid_token".',
      'With it ChatGPT refreshes the token at once; without it people may have to sign in again.'
    )
  } else report.pass('A wrong token gets 401 with invalid_token.')
}

async function checkAgents (report: Report, url: URL, expected: number): Promise<void> {
  const blocked: string[] = []
  for (const [name, agent] of Object.entries(AGENTS)) {
    const answer = await probe(url, { 'user-agent': agent })
    if (answer.status !== expected) blocked.push(`${name} (${answer.status}${sourceOf(answer)})`)
  }
  if (blocked.length === 0) report.pass('The assistants’ own programs get the same answer.')
  else {
    report.fail(
      `Blocked by their User-Agent: ${blocked.join(', ')}.`,
      'Allow them in the site’s bot protection (at Cloudflare: Bot Fight Mode, "Block AI bots", WAF rules).'
    )
  }
}

/** The value of a parameter of a challenge. */
const parameter = (challenge: string, name: string): string | undefined =>
  new RegExp(`\\b${name}="([^"]*)"`).exec(challenge)?.[1]

const isPage = (answer: Answer): boolean => /html/i.test(answer.header('content-type'))

/** Where the answer seems to come from, if not from the server. */
function sourceOf (answer: Answer): string {
  if (answer.header('cf-mitigated') || (isPage(answer) && answer.header('cf-ray'))) return ' from Cloudflare'
  return isPage(answer) ? ', a page' : ''
}
