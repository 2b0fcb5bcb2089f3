// The authorization server: refreshes and whole sign-ins, by the processor time that each takes, beside panva's oidc-provider
// with its storage in memory and its own pages.
import type { Bench } from '../run.ts'
import { connect, type Connection } from '../connection.ts'
import { post } from '../../test/helpers/oauth.ts'
import { startProcess, type Running } from '../processes.ts'
import { compareAll, type Row } from '../table.ts'
import { signInAtProvider, type ProviderConnection } from '../provider-client.ts'

/** Grants that are refreshed in turns, by so many clients at once; oidc-provider's storage in memory forgets some of more. */
const CHAINS = 64
const CLIENTS = 16
const DOES = {
  'this server, SQLite': 'every change on the disk before the answer, audit entry and its log line, limits',
  'this server, Redis': 'every change in Redis before the answer, audit entry and its log line, limits',
  'oidc-provider': 'everything in memory; no audit, no log, no limits',
  'oidc-provider with an ID token': 'the same, and an ID token signed with RS256'
} as const

/** What is asked for: with `openid` each side signs an ID token. */
const SCOPES = { 'oidc-provider': 'offline_access', 'oidc-provider with an ID token': 'openid offline_access' } as const

type Step = () => Promise<unknown>

export async function oauth (bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  const provider = await startProcess('provider', {})
  for (const storage of ['SQLite', 'Redis'] as const) {
    const ours = await startProcess('shipped', { ...(await bench.place(storage)).env, REFRESH_GRACE: '0' })
    for (const other of ['oidc-provider', 'oidc-provider with an ID token'] as const) {
      const scope = other === 'oidc-provider' ? 'mcp:read mcp:write offline_access' : 'openid mcp:read mcp:write offline_access'
      const mine: Connection[] = []
      const theirs: ProviderConnection[] = []
      for (let count = 0; count < CHAINS; count++) {
        mine.push(await connect(ours.url, undefined, { scope }))
        theirs.push(await signInAtProvider(provider.url, SCOPES[other]))
      }
      const names = { ours: `this server, ${storage}`, other }
      rows.push(...(await beside(bench, 'refresh', names,
        { server: ours, steps: inTurns(mine, (chain) => refresh(ours.url, chain)) },
        { server: provider, steps: inTurns(theirs, (chain) => refresh(provider.url, chain)) }
      )))
      rows.push(...(await beside(bench, 'whole sign-in', names,
        { server: ours, steps: inTurns(mine, ({ client }) => connect(ours.url, client, { scope })) },
        { server: provider, steps: inTurns(theirs, () => signInAtProvider(provider.url, SCOPES[other])) }
      )))
    }
    await ours.stop()
  }
  await provider.stop()
  return rows
}

/** One step for each client, which does its part of all one after the other, again and again. */
function inTurns<T> (all: readonly T[], work: (one: T) => Promise<unknown>): Step[] {
  return Array.from({ length: CLIENTS }, (_, client) => {
    let turn = client
    return () => {
      const one = all[turn % all.length]!
      turn += CLIENTS
      return work(one)
    }
  })
}

async function refresh (url: string, chain: Connection | ProviderConnection): Promise<void> {
  const { status, body } = await post(`${url}/token`, { ...chain.client, grant_type: 'refresh_token', refresh_token: chain.refresh })
  if (status !== 200) throw new Error(`a refresh at ${url} was answered ${status}`)
  chain.refresh = body['refresh_token'] as string
}

interface Side {
  server: Running
  steps: Step[]
}

async function beside (
  { rounds, seconds }: Bench,
  work: string,
  names: { ours: string; other: string },
  ours: Side,
  other: Side
): Promise<Row[]> {
  for (const side of [ours, other]) for (let warm = 0; warm < 3; warm++) await costOf(1, side)
  const seen = []
  for (let round = 0; round < rounds; round++) {
    seen.push({ [names.ours]: await costOf(seconds, ours), [names.other]: await costOf(seconds, other) })
  }
  return compareAll(work, names.ours, [[names.other, 1]], seen, { by: 'cost', does: DOES })
}

/** A client that walks through pages has more to do than the server, so its processor time is what counts. */
async function costOf (seconds: number, { server, steps }: Side) {
  const end = performance.now() + seconds * 1000
  const before = server.usage()
  const took: number[] = []
  await Promise.all(
    steps.map(async (step) => {
      while (performance.now() < end) {
        const begun = performance.now()
        await step()
        took.push(performance.now() - begun)
      }
    })
  )
  took.sort((a, b) => a - b)
  const cost = (server.usage().cpu - before.cpu) / took.length
  return { cost, rate: took.length / seconds, p99: took[Math.floor(took.length * 0.99)]! }
}
