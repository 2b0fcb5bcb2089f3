// A call ends at its timeout, and when its client disconnects.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { open, tool } from '../../../helpers/mcp-authored.ts'
import { MODERN, start } from '../../../helpers/mcp-endpoint.ts'

t.test('a call ends at its timeout, and its tool is aborted', async (t) => {
  const { eras, aborted } = await start(t, { timeout: 50 })
  for (const [era, request] of eras) {
    for (const name of ['hang', 'deaf']) {
      const { json } = await request('tools/call', { name, arguments: {} })
      t.match(
        json.result,
        { isError: true, content: [{ text: /did not finish within 0\.05 seconds/ }] },
        `${era} ${name}`
      )
    }
  }
  t.strictSame(aborted, ['hang', 'hang'])
})

t.test('a client that disconnects stops its tool, and the server lives on', async (t) => {
  const { url, ran, aborted, legacy } = await start(t)
  for (const [count, headers] of [
    [1, {}],
    [2, { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'hang' }]
  ] as const) {
    const leave = new AbortController()
    const meta =
      count === 2
        ? {
            _meta: {
              'io.modelcontextprotocol/protocolVersion': MODERN,
              'io.modelcontextprotocol/clientCapabilities': {}
            }
          }
        : {}
    const call = fetch(url, {
      method: 'POST',
      signal: leave.signal,
      headers: { authorization: 'Bearer alice', 'content-type': 'application/json', ...headers },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'hang', arguments: {}, ...meta }
      })
    })
    while (ran.length < count) await delay(5)
    const leftAt = performance.now()
    leave.abort()
    await t.rejects(call)
    while (aborted.length < count) await delay(5)
    t.equal(aborted.length, count)
    const ms = performance.now() - leftAt
    t.ok(ms < 10_000, `long before its time is up: ${ms}`)
  }
  t.equal((await legacy('ping')).status, 200)
})

t.test('a tool may have a timeout of its own', async (t) => {
  const { eras } = await open(t, [
    tool(
      'slow',
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
      { timeout: 30 }
    )
  ])
  for (const [era, request] of eras) {
    t.match(
      (await request('tools/call', { name: 'slow', arguments: {} })).json.result,
      { isError: true, content: [{ text: /did not finish within 0\.03 seconds/ }] },
      era
    )
  }
})
