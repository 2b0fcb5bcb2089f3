// Calls of tools: failures that a model can act on, results of every kind, and many calls at once.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { start } from '../../../helpers/mcp-endpoint.ts'

t.test(
  '96 parallel calls of two people with equal ids each get their own answer (MC-17, CVE-2026-25536)',
  async (t) => {
    const { eras } = await start(t)
    const answers = await Promise.all(
      Array.from({ length: 96 }, async (_, i) => {
        const who = i % 2 === 0 ? 'alice' : 'bob'
        const request = eras[i % 4 < 2 ? 0 : 1][1]
        const { json } = await request(
          'tools/call',
          { name: 'whoami', arguments: { text: `${i}` } },
          { authorization: `Bearer ${who}` }
        )
        return [json.id, json.result.structuredContent.text === `${who}:${i}`]
      })
    )
    t.strictSame(
      answers,
      Array.from({ length: 96 }, () => [1, true])
    )
  }
)

t.test('120 calls that are held open do not affect others (MC-21)', async (t) => {
  const { url, eras, ran } = await start(t)
  const leave = new AbortController()
  const held = Array.from({ length: 120 }, (_, id) =>
    fetch(url, {
      method: 'POST',
      signal: leave.signal,
      headers: { authorization: 'Bearer bob', 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'hang', arguments: {} } })
    })
  )
  while (ran.length < held.length) await delay(5)
  for (const [era, request] of eras) {
    t.equal(
      (await request('tools/call', { name: 'fetch', arguments: { text: 'still here' } })).json.result.structuredContent
        .text,
      'still here',
      era
    )
  }
  leave.abort()
  t.ok(
    (await Promise.allSettled(held)).every(({ status }) => status === 'rejected'),
    'they were open until now'
  )
})

t.test('calls that are running when the server closes get their answers (WB-21)', async (t) => {
  const { app, eras, ran, release } = await start(t, { forceClose: false })
  const calls = eras.map(([, request]) =>
    request('tools/call', { name: 'held', arguments: { text: 'finished' } }, { connection: 'close' })
  )
  while (ran.length < calls.length) await delay(5)
  const closed = app.close()
  await delay(20)
  release()
  for (const { json } of await Promise.all(calls)) {
    t.equal(json.result.structuredContent.text, 'finished')
  }
  await closed
})
