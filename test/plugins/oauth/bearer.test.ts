// Access tokens in the Authorization header: what costs a read of storage, and what is refused before it (threats RL-06,
// RL-07).
import { ping } from '../../helpers/oauth.ts'
import { from, limitsTest } from '../../helpers/limits.ts'

await limitsTest(async (t, { start, server }) => {
  t.test('introspection without proof is refused before anything is looked up (RL-06)', async (t) => {
    const statuses = new Set<number>()
    for (let count = 0; count < 30; count++) {
      statuses.add(
        (
          await fetch(`${server.url}/introspect`, {
            method: 'POST',
            headers: from('192.0.2.77'),
            body: new URLSearchParams({ token: `mcp_at_${count}`, client_id: 'nobody' })
          })
        ).status
      )
    }
    t.same([...statuses], [401])
  })

  t.test('garbage costs no look into storage, and a well-formed made-up token one (RL-07)', async (t) => {
    const counting = await start({ METRICS_TOKEN: 'f3b1c9a07d5e42688e1d', DATA_DIR: `${server.dataDir}-5` })
    const looks = async () => {
      const text = await (
        await fetch(`${counting.url}/metrics`, { headers: { authorization: 'Bearer f3b1c9a07d5e42688e1d' } })
      ).text()
      return Number(
        /^mcp_storage_operation_duration_seconds_count\{operation="find",outcome="ok"\} (\d+)$/m.exec(text)?.[1] ?? 0
      )
    }
    const ask = (token: string) =>
      Promise.all(
        Array.from({ length: 50 }, (_, count) =>
          ping(counting.url, token.replace('#', String(count).padStart(2, '0')))
        )
      )
    const before = await looks()
    t.same([...new Set(await ask('guess-#'))], [401])
    t.same([...new Set(await ask(`mcp_at_#${'A'.repeat(62)}`))], [401], 'a letter short')
    t.equal(await looks(), before)
    t.same([...new Set(await ask(`mcp_at_#${'A'.repeat(63)}`))], [401])
    t.equal(await looks(), before + 50, 'so it is looks that were counted')
  })
})
