// Whose request it is: X-Forwarded-For only from the proxies that are named, from the right; and a header of the host's
// own, which nothing that a visitor sends replaces (threats RL-01, GR-08).
import Fastify from 'fastify'
import t from 'tap'
import { loadConfig } from '../../config/index.ts'
import { networkOf, trustedProxies, useClientIpHeader } from '../../plugins/client-address.ts'

async function addressOf (
  env: Record<string, string>,
  headers: Record<string, string | string[]>,
  remoteAddress = '10.0.0.9'
) {
  const config = await loadConfig(env)
  const app = Fastify({ trustProxy: trustedProxies(config) })
  useClientIpHeader(app, config)
  app.get('/', async (request) => networkOf(request))
  const { body } = await app.inject({ url: '/', headers: headers as never, remoteAddress })
  await app.close()
  return body
}
const forwarded = (value: string) => ({ 'x-forwarded-for': value })

t.test('without a word nothing that is sent counts', async (t) => {
  t.equal(
    await addressOf({}, { ...forwarded('192.0.2.1'), 'fly-client-ip': '192.0.2.2', 'x-real-ip': '192.0.2.3' }),
    '10.0.0.9'
  )
})

t.test('TRUST_PROXY: from the right, the first address that is none of the proxies', async (t) => {
  const env = { TRUST_PROXY: '10.0.0.0/8,198.51.100.0/24' }
  t.equal(
    await addressOf(env, forwarded('203.0.113.66, 192.0.2.1, 198.51.100.7')),
    '192.0.2.1',
    'what a visitor put first is not believed'
  )
  t.equal(await addressOf(env, forwarded('192.0.2.1'), '192.0.2.99'), '192.0.2.99', 'from elsewhere nothing is')
  t.equal(
    await addressOf(env, forwarded('2001:DB8:0:7:1::9')),
    await addressOf(env, forwarded('2001:db8:0:7::1')),
    'one IPv6 network in any spelling'
  )
})

for (const [name, env, header] of [
  ['Fly.io', { FLY_APP_NAME: 'my-app' }, 'fly-client-ip'],
  ['CLIENT_IP_HEADER', { CLIENT_IP_HEADER: 'X-Real-IP' }, 'x-real-ip']
] as const) {
  t.test(`${name}: the one address in ${header}`, async (t) => {
    t.equal(await addressOf(env, { [header]: '192.0.2.1' }), '192.0.2.1')
    t.equal(
      await addressOf(env, { [header]: '192.0.2.1', ...forwarded('203.0.113.66, 203.0.113.67') }),
      '192.0.2.1',
      'X-Forwarded-For adds nothing'
    )
    t.equal(await addressOf(env, forwarded('203.0.113.66')), '10.0.0.9', 'and takes its place nowhere')
    for (const odd of ['', 'x', '192.0.2.1, 203.0.113.66', '192.0.2.1:80', '999.0.0.1']) { t.equal(await addressOf(env, { [header]: odd, ...forwarded('203.0.113.66') }), '10.0.0.9', JSON.stringify(odd)) }
  })
}

t.test('on Fly.io TRUST_PROXY decides where it is set; together with CLIENT_IP_HEADER it is refused', async (t) => {
  t.equal(
    await addressOf(
      { FLY_APP_NAME: 'my-app', TRUST_PROXY: '10.0.0.9' },
      { 'fly-client-ip': '203.0.113.66', ...forwarded('192.0.2.1') }
    ),
    '192.0.2.1'
  )
  await t.rejects(loadConfig({ CLIENT_IP_HEADER: 'X-Real-IP', TRUST_PROXY: '10.0.0.9' }), {
    name: 'ConfigError',
    message: /CLIENT_IP_HEADER: TRUST_PROXY is set as well/
  })
  for (const wrong of ['X-Forwarded-For', 'forwarded', 'a b', 'x:y']) {
    await t.rejects(loadConfig({ CLIENT_IP_HEADER: wrong }), {
      name: 'ConfigError',
      message: /CLIENT_IP_HEADER: write the name of a header/
    })
  }
})
