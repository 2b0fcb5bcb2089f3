// What anyone can repeat is recorded a few times for an address (threat GR-13).
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { EventName } from '../../../../plugins/observability/audit/contract.ts'
import { createOnce } from '../../../../plugins/observability/audit/repeated-events.ts'
import { register } from '../../../helpers/oauth.ts'
import { storageTest } from '../../../helpers/storages.ts'

storageTest(
  'what anybody can repeat is told a few times for an address, whatever it calls itself (GR-13)',
  async (t, start) => {
    let now = 1_800_000_000
    const { url, app } = await start({
      now: () => now,
      env: { RATE_LIMITS: 'registration=5', TRUST_PROXY: '127.0.0.1' }
    })
    const told: EventName[] = []
    app.audit.listen(({ event }) => told.push(event))
    const count = (name: EventName) => told.filter((each) => each === name).length
    const probe = (agent: string, address = '192.0.2.1') =>
      fetch(`${url}/mcp`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': agent, 'x-forwarded-for': address },
        body: '{}'
      })
    const attempt = () => register(url, { redirect_uris: ['http://elsewhere.example/'] })

    for (let n = 0; n < 60; n++) await probe(`agent ${n}`)
    t.equal(
      count('challenge'), 20, 'several programs of one address are told, and no more of them'
    )
    await probe('another', '192.0.2.2')
    t.equal(count('challenge'), 21, 'another address has its own')
    for (let n = 0; n < 30; n++) await attempt()
    t.equal(count('limit'), 1, 'one for the address and the minute')
    now += 61
    for (let n = 0; n < 30; n++) await attempt()
    t.equal(count('limit'), 2)
    now += 3_600
    await probe('agent 1')
    t.equal(count('challenge'), 22, 'an hour later it is told again')
  }
)

t.test('the longest ids of apps, from thousands of networks, take little memory (GR-13)', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const id = JSON.stringify(`https://app.example/${'a'.repeat(492)}`)
  const once = createOnce(() => 0)
  collect()
  const before = process.memoryUsage().heapUsed
  for (let network = 0; network < 2_000; network++) {
    for (let n = 0; n < 20; n++) once.isNew(`network ${network}`, `agent ${n} ${JSON.parse(id)}`, 20, 60)
  }
  collect()
  t.equal(once.isNew('network 0', `agent 0 ${JSON.parse(id)}`, 30, 60), false, 'each is known')
  t.equal(once.isNew('network 0', `agent 20 ${JSON.parse(id)}`, 30, 60), true)
  const kilobytes = (process.memoryUsage().heapUsed - before) / 1024
  t.ok(kilobytes < 12 * 1024, `${Math.round(kilobytes)} KB`)
})

t.test('of ten thousand networks it is known what was told; with one more, counting begins again', async (t) => {
  const once = createOnce(() => 0)
  const tell = (n: number) => once.isNew(`challenge 10.0.0.${n}`, '', 1, 60)
  for (let n = 0; n < 10_000; n++) tell(n)
  t.equal(tell(0), false)
  t.equal(tell(10_000), true)
  t.equal(tell(10_000), false)
  t.equal(tell(0), true)
})
