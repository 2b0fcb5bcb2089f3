// The authorization server: refreshes and whole sign-ins in a second of the server's processor time, beside panva's
// oidc-provider with its storage in memory.
import type { Bench } from '../run.ts'
import { connect, type Connection } from '../connection.ts'
import { post } from '../../test/helpers/oauth.ts'
import { startProcess, type Running } from '../processes.ts'
import { compare, type Row } from '../table.ts'
import { signInAtProvider, type ProviderConnection } from '../provider-client.ts'

const CHAINS = 16

export async function oauth ({ place, rounds, seconds }: Bench): Promise<Row[]> {
  const rows: Row[] = []
  const provider = await startProcess('provider', {})
  for (const [storage, goal] of [
    ['Redis', 2],
    ['SQLite', 1]
  ] as const) {
    const { env } = await place(storage)
    const ours = await startProcess('ours', { ...env, REFRESH_GRACE: '0' })
    const chains: Connection[] = []
    for (let count = 0; count < CHAINS; count++) chains.push(await connect(ours.url))
    const theirs: ProviderConnection[] = []
    for (let count = 0; count < CHAINS; count++) theirs.push(await signInAtProvider(provider.url))
    rows.push(
      await compare(
        `refreshes, ${storage}: × oidc-provider in memory`,
        goal,
        rounds,
        ['ours', 'provider'],
        async () => ({
          ours: await perSecond(
            seconds,
            ours,
            chains.map((chain) => async () => {
              const { status, body } = await post(`${ours.url}/token`, {
                ...chain.client,
                grant_type: 'refresh_token',
                refresh_token: chain.refresh
              })
              if (status !== 200) throw new Error(`a refresh was answered ${status}`)
              chain.refresh = body['refresh_token'] as string
            })
          ),
          provider: await perSecond(
            seconds,
            provider,
            theirs.map((chain) => async () => {
              const { status, body } = await post(`${provider.url}/token`, {
                client_id: 'bench',
                grant_type: 'refresh_token',
                refresh_token: chain.refresh
              })
              if (status !== 200) throw new Error(`a refresh at oidc-provider was answered ${status}`)
              chain.refresh = body['refresh_token'] as string
            })
          )
        })
      )
    )
    rows.push(
      await compare(
        `whole sign-ins, ${storage}: × oidc-provider in memory`,
        2,
        rounds,
        ['ours', 'provider'],
        async () => ({
          ours: await perSecond(
            seconds,
            ours,
            chains.map(({ client }) => async () => {
              await connect(ours.url, client)
            })
          ),
          provider: await perSecond(
            seconds,
            provider,
            Array.from({ length: CHAINS }, () => async () => {
              await signInAtProvider(provider.url)
            })
          )
        })
      )
    )
    await ours.stop()
  }
  await provider.stop()
  return rows
}

/**
 * How often the server does this in a second of its processor time: a client that walks through pages has more to do
 * than the server.
 */
async function perSecond (seconds: number, server: Running, chains: Array<() => Promise<void>>): Promise<number> {
  const end = performance.now() + seconds * 1000
  const before = await server.usage()
  let done = 0
  await Promise.all(
    chains.map(async (step) => {
      while (performance.now() < end) {
        await step()
        done++
      }
    })
  )
  return (done / ((await server.usage()).cpu - before.cpu)) * 1e6
}
