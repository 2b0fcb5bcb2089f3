// The format of codes and tokens: what does not have it never reaches storage.
import { createSecretKey, randomBytes } from 'node:crypto'
import t from 'tap'
import {
  accessTokenOf,
  newGrantId,
  newToken,
  parseToken,
  refreshToken
} from '../../../../plugins/oauth/grants/token-format.ts'

const id = newGrantId()
const key = createSecretKey(randomBytes(32))
const SECRET = 'x'.repeat(43)

t.test('each kind is read back with its grant, and as no other kind', async (t) => {
  const tokens = { ac: newToken('ac', id), at: newToken('at', id), rt: refreshToken(id, key, 35) }
  for (const [kind, token] of Object.entries(tokens)) {
    for (const as of ['ac', 'at', 'rt'] as const) {
      const expected = kind === as ? { kind, grantId: id, generation: kind === 'rt' ? 35 : 0 } : undefined
      t.same(parseToken(as, token), expected, `${kind} as ${as}`)
    }
  }
  t.not(newToken('at', id), newToken('at', id))
})

t.test('refresh and access tokens of a generation come out the same again, and differ from all others', async (t) => {
  const derived = [0, 1, 2, 36].flatMap((generation) => [
    refreshToken(id, key, generation),
    accessTokenOf(id, key, generation)
  ])
  t.equal(refreshToken(id, key, 2), derived[4])
  t.equal(accessTokenOf(id, key, 2), derived[5])
  const others = [refreshToken(newGrantId(), key, 0), refreshToken(id, createSecretKey(randomBytes(32)), 0)]
  const secrets = [...derived, ...others].map((token) => token.slice(-43))
  t.equal(new Set(secrets).size, secrets.length, 'no secret is that of another')
  t.equal(parseToken('at', derived[5]!)!.grantId, id)
  t.equal(parseToken('rt', derived[6]!)!.generation, 36)
})

t.test('a character more or less, another alphabet, or a generation where none belongs is no token', async (t) => {
  t.ok(parseToken('at', `mcp_at_${id}${SECRET}`))
  t.ok(parseToken('rt', `mcp_rt_${id}zzzzzzz.${SECRET}`))
  for (const [kind, token] of [
    ['at', ''],
    ['at', `mcp_at_${id}${SECRET}x`],
    ['at', `mcp_at_${id}${SECRET.slice(1)}`],
    ['at', `mcp_at_${id}${SECRET}\n`],
    ['at', ` mcp_at_${id}${SECRET}`],
    ['at', `MCP_AT_${id}${SECRET}`],
    ['at', `mcp_at_${id}0.${SECRET}`],
    ['at', `mcp_at_${id}${'x'.repeat(42)}=`],
    ['at', `mcp_at_${'*'.repeat(22)}${SECRET}`],
    ['rt', `mcp_rt_${id}${SECRET}`],
    ['rt', `mcp_rt_${id}.${SECRET}`],
    ['rt', `mcp_rt_${id}zzzzzzzz.${SECRET}`],
    ['rt', `mcp_rt_${id}A.${SECRET}`],
    ['rt', `mcp_rt_${id}-1.${SECRET}`]
  ] as const) {
    t.equal(parseToken(kind, token), undefined, token)
  }
})
