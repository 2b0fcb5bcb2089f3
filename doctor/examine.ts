// The whole examination, in the order of a client's steps: a check that fails early makes the later ones pointless.
import { checkAddress } from './address.ts'
import type { AuthorizationServer } from './authorization-server.ts'
import { NoAnswer, RateLimited } from './http.ts'
import { checkClients } from './clients.ts'
import { checkDiscovery } from './discovery.ts'
import { checkChallenge } from './challenge.ts'
import { checkKey } from './key.ts'
import { listen, type LoopbackCallback } from './loopback.ts'
import type { Report } from './report.ts'
import { signIn, signOut } from './sign-in.ts'
import { checkTools, acceptsToken } from './tools.ts'
import { checkUpstreams } from './upstreams.ts'

export interface Examination {
  /** The address that people paste. */
  address: string
  /** Gives a person the address to open in a browser. Without it, checks that need a sign-in are left out. */
  show?: ((url: string) => void) | undefined
  /** An access key to try. */
  key?: string | undefined
  /** Opens the metrics, which name the existing servers behind it. */
  metricsToken?: string | undefined
}

/** A server may answer anything. */
const ODD = 'One of its members is not of the kind that clients expect. What comes after it was not checked.'

export async function examine (report: Report, examination: Examination): Promise<void> {
  try {
    await runChecks(report, examination)
  } catch (error) {
    if (!(error instanceof NoAnswer)) report.fail(`An answer could not be read: ${(error as Error).message}`, ODD)
    else if (error instanceof RateLimited) report.warn(`${error.url} answers 429.`, error.message)
    else report.fail(`${error.url} does not answer.`, error.message)
  }
}

async function runChecks (report: Report, { address, show, key, metricsToken }: Examination): Promise<void> {
  const url = await checkAddress(report, address)
  const challenge = url && (await checkChallenge(report, url))
  if (!url || !challenge) return
  if (metricsToken !== undefined) await checkUpstreams(report, url, metricsToken)
  if (key !== undefined) await checkKey(report, url, key)
  if (!challenge.signIn) {
    await checkTools(report, url, undefined)
    return
  }
  const server = await checkDiscovery(report, url, challenge.metadata)
  if (!server) return
  const back = await listen()
  try {
    const client = await checkClients(report, server, back.redirect)
    if (client !== undefined && show) await checkSignedIn(report, { url, server, client, back, show })
  } finally {
    back.close()
  }
}

interface SignedInChecks {
  url: URL
  server: AuthorizationServer
  client: string
  back: LoopbackCallback
  show: (url: string) => void
}

async function checkSignedIn (report: Report, { url, server, client, back, show }: SignedInChecks): Promise<void> {
  const tokens = await signIn(report, server, client, back, show)
  if (!tokens) return
  try {
    await checkTools(report, url, tokens.access)
  } finally {
    await signOut(report, server, client, tokens, () => acceptsToken(url, tokens.access))
  }
}
