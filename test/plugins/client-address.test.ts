// Whose request it is: X-Forwarded-For only from the proxies that are named, from the right; and a header of the host's
// own, which nothing that a visitor sends replaces (threats RL-01, GR-08).
import Fastify from 'fastify'
import { Writable } from 'node:stream'
import t from 'tap'
import { startServer } from '../helpers/server.ts'
import { loadConfig } from '../../config/index.ts'
import { dropForwardedPorts, networkOf, siteOf, trustedProxies, useClientIpHeader } from '../../plugins/client-address.ts'

async function addressOf (
  env: Record<string, string>,
  headers: Record<string, string | string[]>,
  remoteAddress = '10.0.0.9'
) {
  const config = await loadConfig(env)
  const app = Fastify({ trustProxy: trustedProxies(config) })
  useClientIpHeader(app, config)
  dropForwardedPorts(app, config)
  app.get('/', async (request) => networkOf(request))
  const { body } = await app.inject({ url: '/', headers: headers as never, remoteAddress })
  await app.close()
  return body
}
const forwarded = (value: string) => ({ 'x-forwarded-for': value })

t.test('the networks of one /48 are one site, and an IPv4 address is one', async (t) => {
  t.equal(siteOf('2001:db8:1:5::'), siteOf('2001:db8:1:6::'))
  t.not(siteOf('2001:db8:1:5::'), siteOf('2001:db8:2:5::'))
  t.equal(siteOf('192.0.2.1'), '192.0.2.1')
})

t.test('what is no address, or none at all, counts as one, and is not kept (OW-48, OW-49)', async (t) => {
  t.equal(networkOf({ ip: undefined }), 'unknown')
  t.equal(siteOf('unknown'), 'unknown')
  const env = { TRUST_PROXY: '10.0.0.0/8' }
  for (const written of ['x'.repeat(8_000), '1'.repeat(8_000), 'unknown', '_hidden', '192.0.2.1:x', '[x]:1', '192.0.2.1, -']) {
    t.equal(await addressOf(env, forwarded(written)), 'unknown', written.slice(0, 20))
  }
})

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
  const network = { TRUST_PROXY: 'uniquelocal' }
  t.equal(await addressOf(network, forwarded('203.0.113.66, 192.168.1.7')), '203.0.113.66', 'who is in a trusted network is a proxy')
  t.equal(await addressOf(network, forwarded('192.168.1.7')), '192.168.1.7', 'and a visitor where the header is written anew')
  t.equal(
    await addressOf(env, forwarded('2001:DB8:0:7:1::9')),
    await addressOf(env, forwarded('2001:db8:0:7::1')),
    'one IPv6 network in any spelling'
  )
})

t.test('TRUST_PROXY: a port after an address, as some proxies write it, is no other address (OW-47)', async (t) => {
  const env = { TRUST_PROXY: '10.0.0.0/8,198.51.100.0/24' }
  for (const [written, address] of [
    ['192.0.2.1:50001', '192.0.2.1'],
    ['203.0.113.66, 192.0.2.1:50002', '192.0.2.1'],
    ['192.0.2.1:50003, 198.51.100.7:443', '192.0.2.1'],
    ['[2001:db8:0:7::1]:50004', '2001:db8:0:7::'],
    ['[2001:db8:0:7::2]', '2001:db8:0:7::'],
    ['2001:db8:0:7::1:5005', '2001:db8:0:7::'],
    ['::ffff:192.0.2.1', networkOf({ ip: '::ffff:192.0.2.1' })],
    ['nobody', 'unknown']
  ] as const) t.equal(await addressOf(env, forwarded(written)), address, written)
  t.equal(await addressOf({}, forwarded('192.0.2.1:50001')), '10.0.0.9')
  const { url } = await startServer(t, { env: { TRUST_PROXY: '127.0.0.1', RATE_LIMITS: 'on' } })
  const statuses = []
  for (let port = 50_000; port < 50_040; port++) {
    const headers = { 'content-type': 'application/json', ...forwarded(`192.0.2.1:${port}`) }
    statuses.push((await fetch(`${url}/register`, { method: 'POST', headers, body: '{}' })).status)
  }
  t.ok(statuses.includes(429), 'the limit of an address holds')
})

for (const [name, env, header] of [
  ['Fly.io', { FLY_APP_NAME: 'my-app' }, 'fly-client-ip'],
  ['CLIENT_IP_HEADER', { CLIENT_IP_HEADER: 'X-Real-IP' }, 'x-real-ip']
] as const) {
  t.test(`${name}: the one address in ${header}`, async (t) => {
    t.equal(await addressOf(env, { [header]: '192.0.2.1' }), '192.0.2.1')
    t.equal(await addressOf(env, { [header]: '192.0.2.1:80' }), '192.0.2.1')
    t.equal(
      await addressOf(env, { [header]: '192.0.2.1', ...forwarded('203.0.113.66, 203.0.113.67') }),
      '192.0.2.1',
      'X-Forwarded-For adds nothing'
    )
    t.equal(await addressOf(env, forwarded('203.0.113.66')), '10.0.0.9', 'and takes its place nowhere')
    for (const odd of ['', 'x', '192.0.2.1, 203.0.113.66', '192.0.2.1:x', '999.0.0.1']) { t.equal(await addressOf(env, { [header]: odd, ...forwarded('203.0.113.66') }), '10.0.0.9', JSON.stringify(odd)) }
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

t.test('a proxy that is not named in TRUST_PROXY is said once, when its first request arrives', async (t) => {
  const lines: string[] = []
  const logTo = new Writable({
    write (chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    }
  })
  const said = () => lines.filter((line) => line.includes('is not in TRUST_PROXY')).length
  const ask = (url: string) => fetch(`${url}/health`, { headers: { 'x-forwarded-for': '203.0.113.5' } })
  const env = { AUTH_BACKEND: 'none', LOG_LEVEL: 'warn' }
  const { url } = await startServer(t, { env, logTo })
  await fetch(`${url}/health`)
  t.equal(said(), 0)
  await ask(url)
  await ask(url)
  t.equal(said(), 1)
  await ask((await startServer(t, { env: { ...env, TRUST_PROXY: '127.0.0.1' }, logTo })).url)
  t.equal(said(), 1, 'a named one is as it should be')
})
