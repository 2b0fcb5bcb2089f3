// The life of a grant: what a refusal leaves as it was, when a grant ends, and who is notified.
import type { Grant, TokenSet } from '../../../../plugins/oauth/grants/contract.ts'
import { GRANT_BOUNDS } from '../../../../plugins/oauth/grants/new-grant.ts'
import { allowed, eachStoredGrants, fits, KEYS, LIFE, refused } from '../../../helpers/stored-grants.ts'

eachStoredGrants(async (t, stored) => {
  const { place, storage, grants, openGrants, issue } = stored

  t.test('a check that refuses leaves the record as it was', async (t) => {
    const code = await grants.issueCode(allowed)
    const before = await place.dump()
    await t.rejects(
      grants.redeem(code, () => 'no', { withRefresh: true }),
      refused
    )
    await t.rejects(
      grants.redeem(code.slice(0, -1) + (code.endsWith('A') ? 'B' : 'A'), fits, { withRefresh: true }),
      refused
    )
    t.equal(await place.dump(), before)
    const { refreshToken } = await grants.redeem(code, fits, { withRefresh: true })
    const after = await place.dump()
    await t.rejects(
      grants.refresh(refreshToken!, () => 'no'),
      refused
    )
    await t.rejects(
      grants.refresh(refreshToken!.slice(0, -1) + (refreshToken!.endsWith('A') ? 'B' : 'A'), fits),
      refused,
      'a forged token of the right grant and generation'
    )
    t.equal(await place.dump(), after)
  })

  t.test(
    'a grant ends at its absolute end however often it is refreshed, and without refreshing at its sliding one',
    async (t) => {
      const begun = stored.now
      let { refreshToken: token, grant } = await issue()
      const idle = await issue()
      t.equal(grant.endsAt, begun + LIFE.grantTtl)
      let last = ''
      for (stored.now += 950; stored.now < grant.endsAt; stored.now += 850) {
        const next = await grants.refresh(token!, fits)
        token = next.refreshToken
        last = next.accessToken
        t.equal(next.grant.endsAt, grant.endsAt, 'no refresh moves it')
        if (stored.now === begun + 950) {
          stored.now += 51
          await t.rejects(grants.refresh(idle.refreshToken!, fits), refused, 'the idle one')
        }
      }
      stored.now = grant.endsAt - 1
      ;({ refreshToken: token, accessToken: last } = await grants.refresh(token!, fits))
      t.match(await grants.verifyAccessToken(last), { expiresAt: grant.endsAt }, 'no token outlives it')
      stored.now = grant.endsAt
      t.equal(await grants.verifyAccessToken(last), undefined)
      await t.rejects(grants.refresh(token!, fits), refused)
    }
  )

  t.test('a consent whose session cannot be asked for leaves nothing (OW-01)', async (t) => {
    const kept = async () => (await Array.fromAsync(storage.collection('grant').all())).map(({ id }) => id).sort()
    const before = await kept()
    const away = new Error('storage is away')
    const consent = { ...allowed, user: { id: 'newcomer' }, isStillSignedIn: () => Promise.reject(away) }
    await t.rejects(grants.issueCode(consent), away)
    t.same(await kept(), before)
    t.equal(await storage.collection('grantList').find('newcomer'), undefined)
  })

  t.test('whoever asks is told of each grant that ends before its time, once, after it is gone', async (t) => {
    const told: string[] = []
    grants.onEnd(async ({ id }) => {
      told.push((await storage.collection<Grant>('grant').find(id)) === undefined ? id : `${id} is still there`)
    })
    const ends: Array<(tokens: TokenSet) => Promise<unknown>> = [
      ({ grant }) => grants.revoke(grant.id),
      ({ accessToken }) => grants.revokeToken(accessToken, 'c'),
      ({ refreshToken }) => grants.revokeToken(refreshToken!, 'c'),
      ({ grant }) => grants.revokeAllOf(grant.user.id),
      async ({ refreshToken }) => {
        await grants.refresh(refreshToken!, fits)
        stored.now += LIFE.refreshGrace + 1
        await t.rejects(grants.refresh(refreshToken!, fits), refused)
      }
    ]
    await grants.revokeAllOf('u')
    for (const end of ends) {
      told.length = 0
      const tokens = await issue()
      await end(tokens)
      t.same(told, [tokens.grant.id])
      await grants.revoke(tokens.grant.id)
      t.same(told, [tokens.grant.id], 'what is gone does not end again')
    }
  })

  t.test(
    'while the way the person signed in is not in use nothing of a grant works, and nothing of it is spent',
    async (t) => {
      const without = openGrants([KEYS[0]!], storage, { ...LIFE, backends: [{ id: 'another' }] as never })
      const code = await grants.issueCode(allowed)
      const { accessToken, refreshToken } = await issue()
      const before = await place.dump()
      await t.rejects(without.redeem(code, fits, { withRefresh: true }), {
        ...refused,
        message: /no longer in use/
      })
      await t.rejects(without.refresh(refreshToken!, fits), { ...refused, message: /no longer in use/ })
      t.equal(await without.verifyAccessToken(accessToken), undefined)
      t.equal(await place.dump(), before)
      t.ok(await grants.redeem(code, fits, { withRefresh: true }), 'named again, it goes on')
    }
  )

  t.test('at another address nothing of a grant works, its refresh token neither, and nothing of it is spent (WB-46)', async (t) => {
    const elsewhere = openGrants([KEYS[0]!], storage, { ...LIFE, mcpUrl: 'https://elsewhere.example' } as never)
    const code = await grants.issueCode(allowed)
    const { accessToken, refreshToken, grant } = await issue()
    const before = await place.dump()
    const other = { ...refused, message: /another address now/ }
    await t.rejects(elsewhere.redeem(code, fits, { withRefresh: true }), other)
    await t.rejects(elsewhere.refresh(refreshToken!, fits), other)
    t.equal(await elsewhere.verifyAccessToken(accessToken), undefined)
    t.same([elsewhere, grants].map((one) => one.isCurrentRefreshToken(grant, refreshToken!)), [false, true])
    t.equal(await place.dump(), before)
    t.ok(await grants.refresh(refreshToken!, fits), 'at the first one again, it goes on')
  })

  t.test('the apps of a client are its own, and not those of services', async (t) => {
    const { grant } = await issue()
    await grants.issueCode({ ...allowed, clientId: 'other' })
    await grants.issueToService({
      clientId: 'c',
      service: { user: { id: 'c', name: 'C' }, version: '1', scopes: ['mcp:read'] } as never,
      scopes: ['mcp:read'],
      resource: LIFE.mcpUrl,
      attempt: 'story'
    })
    const found = await Array.fromAsync(grants.allOf('c'))
    t.ok(found.some(({ id }) => id === grant.id))
    t.ok(found.every(({ clientId, service }) => clientId === 'c' && !service))
    t.equal((await Array.fromAsync(grants.allOf('other'))).length, 1)
    const connected = await Array.fromAsync(grants.all())
    t.ok(connected.some(({ id }) => id === grant.id))
    t.ok(connected.every(({ code, service }) => !service && code?.used))
  })

  t.test('a grant that cannot be ended for a new one stays in the list of its person, and nothing is given (OW-05)', async (t) => {
    const given = { ...allowed, user: { id: 'busy' } }
    for (let count = 0; count < GRANT_BOUNDS.perClient; count++) await grants.issueCode(given)
    const listed = () => storage.collection('grantList').find('busy')
    const before = await listed()
    const away = new Error('storage is away')
    const collection = (kind: string) => {
      const real = storage.collection(kind)
      return kind === 'grant' ? { ...real, take: () => Promise.reject(away) } : real
    }
    const failing = openGrants([KEYS[0]!], { ...storage, collection } as never)
    await t.rejects(failing.issueCode(given), away)
    t.same(await listed(), before)
  })
})
