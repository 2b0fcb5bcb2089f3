// The door: what the address says to a client without a token, with a wrong one, and to the programs of the assistants
// (MCP authorization; RFC 6750 §3, RFC 9728 §5.1).
import { request, type Answer } from './http.ts'
import { INITIALIZE, MCP_HEADERS } from './mcp.ts'
import type { Report } from './report.ts'

export interface Challenge {
  /** Whether a token is asked for. */
  signIn: boolean
  /** Where the challenge says that it is told who gives tokens. */
  metadata?: string
}

/** How the assistants' servers name themselves: what guards a site against bots decides by these. */
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

const knock = (url: URL, headers: Record<string, string> = {}): Promise<Answer> =>
  request(url, { headers: { ...MCP_HEADERS, ...headers }, json: INITIALIZE })

/** @returns nothing where no MCP server answers. @throws NoAnswer */
export async function checkChallenge (report: Report, url: URL): Promise<Challenge | undefined> {
  report.section('The door')
  const answer = await knock(url)
  const gate = readGate(report, answer)
  if (!gate) return undefined
  if (gate.signIn) await checkWrongToken(report, url)
  await checkAgents(report, url, answer.status)
  return gate
}

function readGate (report: Report, answer: Answer): Challenge | undefined {
  const { status } = answer
  if (status === 200) {
    report.warn(
      'It serves everybody without a sign-in.',
      'Right for public data only. Otherwise switch the sign-in on (AUTH_BACKEND).'
    )
    return { signIn: false }
  }
  if (status >= 300 && status < 400) {
    report.fail(
      `It sends the client on to ${answer.header('location')}: clients do not follow, or lose the token on the way.`,
      'Paste that address instead, or let the proxy answer here.'
    )
    return undefined
  }
  if (status !== 401) {
    report.fail(`A client without a token gets ${status}${guardOf(answer)}; it should be 401.`, adviceFor(answer))
    return undefined
  }
  const challenge = answer.header('www-authenticate')
  const metadata = parameter(challenge, 'resource_metadata')
  if (metadata === undefined) {
    report.fail(
      'The 401 does not say where to sign in: WWW-Authenticate has no resource_metadata.',
      'Without it ChatGPT never begins the sign-in. If the server sends it, the proxy takes the header away.'
    )
  } else report.pass(`A client without a token gets 401, and is shown to ${metadata}`)
  return { signIn: true, ...(metadata !== undefined && { metadata }) }
}

function adviceFor (answer: Answer): string {
  if (isPage(answer)) { return 'Something in front of the server answers with a page: allow POST requests of programs at this host (at Cloudflare: Bot Fight Mode, "Block AI bots", WAF rules).' }
  if (answer.status === 404 || answer.status === 405) { return 'There is no MCP server at this path: look for the address in the server’s start page or documentation.' }
  if (answer.status >= 500) return 'Look at the server’s log, and whether the proxy reaches it.'
  return 'Only 401 makes a client sign in: 403 and 200 with an error do not.'
}

async function checkWrongToken (report: Report, url: URL): Promise<void> {
  const answer = await knock(url, { authorization: 'Bearer made-up-by-the-doctor' })
  const error = parameter(answer.header('www-authenticate'), 'error')
  if (answer.status === 200) {
    report.fail(
      'Any token is good: a made-up one was let in.',
      'Nothing protects this server. Its check of tokens has to be mended before anybody uses it.'
    )
  } else if (answer.status !== 401) {
    report.fail(
      `A wrong token gets ${answer.status}; it should be 401.`,
      'Clients renew a token that ended only after a 401.'
    )
  } else if (error !== 'invalid_token') {
    report.warn(
      'The 401 for a wrong token does not say error="invalid_token".',
      'With it ChatGPT renews the token at once; without it people may have to sign in again.'
    )
  } else report.pass('A wrong token gets 401 with invalid_token.')
}

async function checkAgents (report: Report, url: URL, expected: number): Promise<void> {
  const kept: string[] = []
  for (const [name, agent] of Object.entries(AGENTS)) {
    const answer = await knock(url, { 'user-agent': agent })
    if (answer.status !== expected) kept.push(`${name} (${answer.status}${guardOf(answer)})`)
  }
  if (kept.length === 0) report.pass('The programs of the assistants get the same answer.')
  else {
    report.fail(
      `Kept out by the name of the program: ${kept.join(', ')}.`,
      'Allow them in what guards the site (at Cloudflare: Bot Fight Mode, "Block AI bots", WAF rules).'
    )
  }
}

/** The value of a parameter of a challenge. */
const parameter = (challenge: string, name: string): string | undefined =>
  new RegExp(`\\b${name}="([^"]*)"`).exec(challenge)?.[1]

const isPage = (answer: Answer): boolean => /html/i.test(answer.header('content-type'))

/** Whose answer it seems to be, where not the server's own. */
function guardOf (answer: Answer): string {
  if (answer.header('cf-mitigated') || (isPage(answer) && answer.header('cf-ray'))) return ' from Cloudflare'
  return isPage(answer) ? ', a page' : ''
}
