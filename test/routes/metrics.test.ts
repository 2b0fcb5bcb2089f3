// Who may read the figures for Prometheus.
import t from 'tap'
import { paths } from '../../paths.ts'
import { newClient, tokensFor } from '../helpers/oauth.ts'
import { startServer } from '../helpers/server.ts'

const TOKEN = 'f3b1c9a07d5e42688e1d'

t.test('/metrics does not exist without METRICS_TOKEN', async (t) => {
  const { url, app } = await startServer(t)
  const answer = await fetch(url + paths.metrics, { headers: { authorization: 'Bearer undefined' } })
  t.equal(answer.status, 404)
  t.equal(app.metrics, undefined)
})

t.test('/metrics with METRICS_TOKEN: 401 for anything but the token in the Authorization header', async (t) => {
  const { url } = await startServer(t, { env: { METRICS_TOKEN: TOKEN } })
  const ask = (path: string, authorization?: string) =>
    fetch(url + path, authorization === undefined ? {} : { headers: { authorization } })
  for (const authorization of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Basic ${TOKEN}`,
    TOKEN
  ]) {
    const answer = await ask(paths.metrics, authorization)
    t.equal(answer.status, 401, String(authorization))
    t.match(answer.headers.get('www-authenticate'), /^Bearer realm="metrics"/)
    t.notMatch(await answer.text(), /mcp_/)
  }
  t.equal((await ask(`${paths.metrics}?access_token=${TOKEN}`)).status, 401, 'never in the URL')
  t.equal(
    (await fetch(url + paths.metrics, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } })).status,
    404
  )
  const { access } = await tokensFor(url, await newClient(url))
  t.equal(
    (await ask(paths.metrics, `Bearer ${access}`)).status,
    401,
    'an access token opens the tools, not the figures'
  )

  const right = await ask(paths.metrics, `bearer ${TOKEN}`)
  t.equal(right.status, 200)
  t.match(right.headers.get('content-type'), /^text\/plain/)
  t.equal(right.headers.get('cache-control'), 'no-store')
  t.equal(right.headers.get('access-control-allow-origin'), null)
})
