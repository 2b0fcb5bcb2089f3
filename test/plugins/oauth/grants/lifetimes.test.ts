// Every lifetime of a grant, by the server's clock and not by that of storage: a second before its end it works, in the
// second of its end and after it does not (threats TK-27, TK-28, RF-10, GR-01).
import type { Grants } from '../../../../plugins/oauth/grants/index.ts'
import {
  allowed,
  fits,
  grantsTest,
  LIFE,
  REFUSED,
  serviceRequest,
  type GrantHouse,
  type Life
} from '../../../helpers/grants.ts'

interface Lifetime {
  what: string
  seconds: number
  /** The second of the end counts as well. */
  includesEnd?: true
  life?: Partial<Life>
  /** Makes what has the lifetime. @returns whether it works now. */
  make(grants: Grants, house: GrantHouse): Promise<() => Promise<boolean>>
}

const DAY = 86_400
const works = (work: Promise<unknown>) =>
  work.then(
    () => true,
    (error: { code?: string }) => {
      if (error.code !== REFUSED.code) throw error
      return false
    }
  )
const isAlive = async (grants: Grants, token: string) => (await grants.verifyAccessToken(token)) !== undefined
/** Refreshes every 60 days until a minute before the end. */
async function keepUntilItsEnd (grants: Grants, house: GrantHouse) {
  let tokens = await house.connect(grants)
  const { endsAt } = tokens.grant
  while (house.now < endsAt - 60 * DAY) {
    house.now += 60 * DAY
    tokens = await grants.refresh(tokens.refreshToken!, fits)
  }
  house.now = endsAt - 60
  return { tokens: await grants.refresh(tokens.refreshToken!, fits), endsAt }
}

const lifetimes: Lifetime[] = [
  {
    what: 'an authorization code',
    seconds: LIFE.authorizationCodeTtl,
    async make (grants) {
      const code = await grants.issueCode(allowed)
      return () => works(grants.redeem(code, fits, { withRefresh: true }))
    }
  },
  {
    what: 'an access token from a code',
    seconds: LIFE.accessTokenTtl,
    async make (grants, house) {
      const { accessToken } = await house.connect(grants)
      return () => isAlive(grants, accessToken)
    }
  },
  {
    what: 'an access token from a refresh',
    seconds: LIFE.accessTokenTtl,
    async make (grants, house) {
      const { refreshToken } = await house.connect(grants)
      const { accessToken } = await grants.refresh(refreshToken!, fits)
      return () => isAlive(grants, accessToken)
    }
  },
  {
    what: 'an access token of a service',
    seconds: LIFE.accessTokenTtl,
    async make (grants) {
      const { accessToken } = await grants.issueToService(serviceRequest)
      return () => isAlive(grants, accessToken)
    }
  },
  {
    what: 'what outlives its request, of a service, and the record of its tokens',
    seconds: LIFE.accessTokenTtl,
    async make (grants) {
      const { accessToken } = await grants.issueToService(serviceRequest)
      const access = (await grants.verifyAccessToken(accessToken))!
      return async () => grants.stillAllows(access)
    }
  },
  {
    what: 'a refresh token, as introspection tells of it',
    seconds: LIFE.refreshTokenTtl,
    async make (grants, house) {
      const { grant, refreshToken } = await house.connect(grants)
      return async () => grants.isCurrentRefreshToken(grant, refreshToken!)
    }
  },
  {
    what: 'a refresh token that is not used',
    seconds: LIFE.refreshTokenTtl,
    async make (grants, house) {
      const { refreshToken } = await house.connect(grants)
      return () => works(grants.refresh(refreshToken!, fits))
    }
  },
  {
    what: 'a refresh token after a refresh',
    seconds: LIFE.refreshTokenTtl,
    async make (grants, house) {
      const { refreshToken } = await house.connect(grants)
      house.now += LIFE.refreshTokenTtl - 10
      const next = await grants.refresh(refreshToken!, fits)
      return () => works(grants.refresh(next.refreshToken!, fits))
    }
  },
  {
    what: 'a refresh token that an access token outlives',
    seconds: 100,
    life: { refreshTokenTtl: 100, accessTokenTtl: 1_000 },
    async make (grants, house) {
      const { refreshToken } = await house.connect(grants)
      return () => works(grants.refresh(refreshToken!, fits))
    }
  },
  {
    what: 'the grace after a refresh',
    seconds: LIFE.refreshGrace,
    includesEnd: true,
    async make (grants, house) {
      const { refreshToken } = await house.connect(grants)
      await grants.refresh(refreshToken!, fits)
      return () => works(grants.refresh(refreshToken!, fits))
    }
  },
  {
    what: 'the grace, where the clock was set back',
    seconds: -LIFE.refreshGrace,
    includesEnd: true,
    async make (grants, house) {
      const { refreshToken } = await house.connect(grants)
      await grants.refresh(refreshToken!, fits)
      return () => works(grants.refresh(refreshToken!, fits))
    }
  },
  {
    what: 'the last access token of a grant that is refreshed until its end',
    seconds: 60,
    async make (grants, house) {
      const {
        tokens: { accessToken }
      } = await keepUntilItsEnd(grants, house)
      return () => isAlive(grants, accessToken)
    }
  },
  {
    what: 'the last refresh token of it',
    seconds: 60,
    async make (grants, house) {
      const {
        tokens: { refreshToken }
      } = await keepUntilItsEnd(grants, house)
      return () => works(grants.refresh(refreshToken!, fits))
    }
  },
  {
    what: 'what outlives its request, of a temporary account',
    seconds: 1_000,
    async make (grants, house) {
      const { accessToken } = await house.connect(grants, { accountEndsAt: house.now + 1_000 })
      const access = (await grants.verifyAccessToken(accessToken))!
      return async () => grants.stillAllows(access)
    }
  },
  ...['access', 'refresh'].map((kind): Lifetime => ({
    what: `the ${kind} token of a temporary account`,
    seconds: 1_000,
    async make (grants, house) {
      const { accessToken, refreshToken } = await house.connect(grants, { accountEndsAt: house.now + 1_000 })
      return () => (kind === 'access' ? isAlive(grants, accessToken) : works(grants.refresh(refreshToken!, fits)))
    }
  }))
]

for (const { what, seconds, includesEnd = false, life, make } of lifetimes) {
  grantsTest(`${what}: ${seconds} s`, async (t, house) => {
    const towards = Math.sign(seconds)
    for (const [when, works] of [
      [seconds - towards, true],
      [seconds, includesEnd],
      [seconds + towards, false]
    ] as const) {
      house.now = 1_800_000_000
      const isGood = await make(house.open(life), house)
      house.now += when
      t.equal(await isGood(), works, `after ${when} s`)
    }
  })
}

grantsTest('a retry in the grace whose access token has expired meanwhile gets one that works', async (t, house) => {
  const grants = house.open({ accessTokenTtl: 10 })
  const { refreshToken } = await house.connect(grants)
  const first = await grants.refresh(refreshToken!, fits)
  for (const seconds of [9, 1]) {
    house.now += seconds
    const { accessToken, expiresIn } = await grants.refresh(refreshToken!, fits)
    t.ok(await isAlive(grants, accessToken))
    t.equal(accessToken === first.accessToken, seconds === 9, `after ${seconds} more s`)
    t.equal(expiresIn, seconds === 9 ? 1 : 10)
  }
})

grantsTest('a grant ends 366 days after the consent, and not before (GR-01)', async (t, house) => {
  const begin = house.now
  const { endsAt } = await keepUntilItsEnd(house.open(), house)
  t.equal(endsAt, begin + 366 * DAY)
})

grantsTest('what an answer says of a lifetime is how long the token lives', async (t, house) => {
  const grants = house.open()
  const { refreshToken, expiresIn } = await house.connect(grants, { accountEndsAt: house.now + 5_000 })
  t.equal(expiresIn, 3_600)
  house.now += 4_000
  const last = await grants.refresh(refreshToken!, fits)
  t.equal(last.expiresIn, 1_000, 'cut at the end of the grant')
  house.now += 10
  t.equal(
    (await grants.refresh(refreshToken!, fits)).expiresIn,
    990,
    'a retry gets the same token, with what is left of it'
  )
})
