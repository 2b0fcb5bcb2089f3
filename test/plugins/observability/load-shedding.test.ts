// A process that falls behind refuses in time, and says when it has caught up.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { paths } from '../../../paths.ts'
import { MAX_EVENT_LOOP_DELAY_MS } from '../../../plugins/observability/load-shedding.ts'
import { authorizeUrl, newClient, tokensFor } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'

const TOKEN = 'f3b1c9a07d5e42688e1d'

t.test('a process that falls behind says so at once, and is itself again when it has caught up', async (t) => {
  const { url, app } = await startServer(t, {
    env: { METRICS_TOKEN: TOKEN },
    maxEventLoopDelayMs: MAX_EVENT_LOOP_DELAY_MS
  })
  const { access } = await tokensFor(url, await newClient(url))
  // Stands in for tools that compute too long: the loop turns once in more than a second.
  const block = () => {
    for (const end = performance.now() + 1_300; performance.now() < end;);
  }
  let busy = true
  const keepBusy = () => {
    if (busy) {
      setTimeout(() => {
        block()
        keepBusy()
      }, 5)
    }
  }
  keepBusy()
  t.teardown(() => {
    busy = false
  })
  const until = async (status: number) => {
    for (let tries = 0; tries < 200; tries++) {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
        body: '{"jsonrpc":"2.0","id":1,"method":"ping"}'
      })
      if (answer.status === status) return answer
      await sleep(50)
    }
    throw new Error(`never answered ${status}`)
  }
  const refused = await until(503)
  t.equal(refused.headers.get('retry-after'), '5')
  t.match(await refused.json(), { error: 'temporarily_unavailable' })
  const page = await fetch(authorizeUrl(url, { client_id: 'x' }), { headers: { accept: 'text/html' } })
  t.equal(page.status, 503)
  t.match(await page.text(), /more to do than it can/)
  t.equal((await fetch(url + paths.live)).status, 200, 'it lives')
  t.equal((await fetch(url + paths.ready)).status, 503, 'and takes no more')
  t.equal(
    (await fetch(url + paths.metrics, { headers: { authorization: `Bearer ${TOKEN}` } })).status,
    200,
    'and can be looked at'
  )
  busy = false
  await until(200)
  await app.close()
})
