// Existing MCP servers behind two instances on one Redis, behind a round-robin proxy: calls, who calls, and questions whose
// answers arrive at the other instance.
import t from 'tap'
import { startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { skip, startInstances } from './instances/cluster.ts'
import { eras, join } from './upstreams/clients.ts'
import { everything, startV1, startV2, writeMcpJson } from './upstreams/servers.ts'

const ROUNDS = 3

t.test('two instances act as one: a question is answered wherever the answer arrives', { skip }, async (t) => {
  const redis = (await startRedis())!
  t.teardown(() => redis.stop())
  const issuer = Promise.withResolvers<string>()
  const file = await writeMcpJson(t, {
    every: everything,
    headers: { ...(await startV1(t)), identity: 'headers' },
    token: await startV2(t, issuer.promise)
  })
  const { proxy } = await startInstances(t, redis.url, { UPSTREAMS: file, AUTH_BACKEND: 'local' })
  issuer.resolve(proxy.url)
  for (const [index, era] of eras.slice(0, 2).entries()) {
    await t.test(era.name, async (t) => {
      const caller = await join(proxy.url, era, `ann${index}@example.com`)
      const { client, call, asked } = caller
      const lists = async () => {
        const { tools } = await client.listTools(undefined, { cacheMode: 'bypass' })
        return ['every_echo', 'headers_whoami', 'token_whoami'].every((name) => tools.some((tool) => tool.name === name))
      }
      // Of both.
      t.ok(await until(async () => (await lists()) && (await lists())))
      const before = [...proxy.counts]
      for (let round = 0; round < ROUNDS; round++) {
        t.match((await call('every_trigger-elicitation-request'))['content'], [{}, { text: /Name: Otter/ }, {}])
      }
      t.equal(asked.length, ROUNDS)
      const users = new Set<string>()
      for (let round = 0; round < ROUNDS; round++) {
        users.add(JSON.parse((await call('headers_whoami'))['content'][0].text)['x-forwarded-user'])
        users.add(JSON.parse((await call('token_whoami'))['content'][0].text).sub)
      }
      t.equal(users.size, 1, 'the same person at both')
      t.ok(proxy.counts.every((count, server) => count > before[server]!), `both took part: ${proxy.counts}`)
      await caller.close()
    })
  }
})
