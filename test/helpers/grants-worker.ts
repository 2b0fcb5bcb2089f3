// One of several processes that work on the same grants: does what the test tells it, and says what came of it.
import { createGrants } from '../../plugins/oauth/grants/index.ts'
import type { Lifetimes } from '../../plugins/oauth/grants/transitions.ts'
import { createSealing } from '../../plugins/secrets.ts'
import { openRedisStorage } from '../../plugins/storage/redis/index.ts'
import { allowed, everybody } from './grant.ts'

export type Order =
  | { do: 'issue' }
  | { do: 'redeem'; code: string; client: string }
  | { do: 'refresh'; token: string; client: string }
  | { do: 'revoke'; token: string; client: string }
  | { do: 'lock' }
  | { do: 'verify'; tokens: string[] }

/** `refused` names the reason; `spent` says that the refusal ended the grant. */
export interface Outcome {
  code?: string
  access?: string
  refresh?: string
  refused?: string
  spent?: boolean
  live?: number
  currents?: number
}

const [url, user, life] = process.argv.slice(2) as [string, string, string]
const LIFE = {
  mcpUrl: 'https://mcp.example.com',
  backends: [{ id: 'local' }] as never,
  idJagIssuers: [],
  ...(JSON.parse(life) as Lifetimes & { authorizationCodeTtl: number; grantTtl: number })
}
let now = 0
const storage = await openRedisStorage(url, { warn () {} })
const grants = createGrants(
  storage.collection('grant'),
  storage.collection('grantList'),
  createSealing(['x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A']),
  () => now,
  LIFE,
  everybody
)
const of = (client: string) => (grant: { clientId: string }) =>
  grant.clientId === client ? undefined : "not this client's"

async function obey (order: Order): Promise<Outcome> {
  switch (order.do) {
    case 'issue':
      return {
        code: await grants.issueCode({ ...allowed, user: { id: user } })
      }
    case 'redeem': {
      const { accessToken, refreshToken } = await grants.redeem(order.code, of(order.client), { withRefresh: true })
      return { access: accessToken, refresh: refreshToken! }
    }
    case 'refresh': {
      const { accessToken, refreshToken } = await grants.refresh(order.token, of(order.client))
      return { access: accessToken, refresh: refreshToken! }
    }
    case 'revoke':
      return { spent: (await grants.revokeToken(order.token, order.client)) !== undefined }
    case 'lock':
      await grants.revokeAllOf(user)
      return { spent: true }
    case 'verify': {
      const found = await Promise.all(order.tokens.map((token) => grants.verifyAccessToken(token)))
      const families = await Promise.all(
        order.tokens.map(async (token) => {
          const grant = await grants.findByRefreshToken(token)
          return grant !== undefined && grants.isCurrentRefreshToken(grant, token)
        })
      )
      return { live: found.filter(Boolean).length, currents: families.filter(Boolean).length }
    }
  }
}

process.on('message', ({ id, at, order }: { id: number; at: number; order: Order }) => {
  now = at
  obey(order)
    .catch((error: Error & { cause?: { name?: string } }) => ({
      refused: error.message,
      spent: error.cause?.constructor.name === 'TokenReuse'
    }))
    .then((outcome) => process.send!({ id, outcome }))
    .catch(() => process.exit(1))
})
process.on('disconnect', () => process.exit(0))
process.send!({ id: 0, outcome: {} })
