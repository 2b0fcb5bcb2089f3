// The whole examination, in the order in which a client meets things: what fails early makes what follows pointless.
import { checkAddress } from './address.ts'
import { NoAnswer, TooOften } from './http.ts'
import { checkClients } from './clients.ts'
import { checkDiscovery, type AuthorizationServer } from './discovery.ts'
import { checkChallenge } from './challenge.ts'
import type { Report } from './report.ts'
import { listen, signIn, signOut, type Return } from './sign-in.ts'
import { checkTools, isOpenTo } from './tools.ts'

export interface Examination {
  /** The address that people paste. */
  address: string
  /** Gives a person the address to open in a browser. Without it, what needs a sign-in is not looked at. */
  show?: ((url: string) => void) | undefined
}

export async function examine (report: Report, examination: Examination): Promise<void> {
  try {
    await lookAtAll(report, examination)
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    if (error instanceof TooOften) report.warn(`${error.url} answers 429.`, error.message)
    else report.fail(`${error.url} is not answered.`, error.message)
  }
}

async function lookAtAll (report: Report, { address, show }: Examination): Promise<void> {
  const url = await checkAddress(report, address)
  const gate = url && (await checkChallenge(report, url))
  if (!url || !gate) return
  if (!gate.signIn) {
    await checkTools(report, url, undefined)
    return
  }
  const server = await checkDiscovery(report, url, gate.metadata)
  if (!server) return
  const back = await listen()
  try {
    const client = await checkClients(report, server, back.redirect)
    if (client !== undefined && show) await enter(report, { url, server, client, back, show })
  } finally {
    back.close()
  }
}

interface Entrance {
  url: URL
  server: AuthorizationServer
  client: string
  back: Return
  show: (url: string) => void
}

async function enter (report: Report, { url, server, client, back, show }: Entrance): Promise<void> {
  const tokens = await signIn(report, server, client, back, show)
  if (!tokens) return
  try {
    await checkTools(report, url, tokens.access)
  } finally {
    await signOut(report, server, client, tokens, () => isOpenTo(url, tokens.access))
  }
}
