// Fetching a document that a stranger named: vetted addresses, no redirects, small (threats WB-09, CI-01).
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { BoundedAgent } from '../../../../plugins/oauth/clients/bounded-agent.ts'
import { isPublicAddress, isPublicName } from '../../../../plugins/oauth/clients/public-address.ts'
import { fetchDocument, type Network } from '../../../../plugins/oauth/clients/safe-fetch.ts'
import { folder } from '../../../helpers/tool-context.ts'

const PUBLIC = '93.184.215.14'

async function listen (t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A CA, and a certificate of it for one name. */
async function certificates (t: Test, name: string) {
  const at = await folder(t)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: at, stdio: 'ignore' })
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=Test CA',
    '-days',
    '2'
  )
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'host.key',
    '-out',
    'host.csr',
    '-subj',
    `/CN=${name}`,
    '-addext',
    `subjectAltName=DNS:${name}`
  )
  openssl(
    'x509',
    '-req',
    '-in',
    'host.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-copy_extensions',
    'copyall',
    '-out',
    'host.pem',
    '-days',
    '2'
  )
  const read = (file: string) => readFileSync(join(at, file))
  return { ca: read('ca.pem'), key: read('host.key'), cert: read('host.pem') }
}

/**
 * Dials loopback in place of the addresses it is told to, and remembers those; everything else, TLS too, is Node's own.
 */
class LoopbackAgent extends BoundedAgent {
  readonly dialled: string[] = []
  override createConnection (options: never, done: never) {
    const { lookup } = options as {
      lookup: (name: string, options: object, done: (error: null, found: Array<{ address: string }>) => void) => void
    }
    const remember = (name: string, asked: object, answer: (error: null, found: unknown) => void) =>
      lookup(name, { ...asked, all: true }, (_error, found) => {
        this.dialled.push(...found.map(({ address }) => address))
        const loopback = [{ address: '127.0.0.1', family: 4 }]
        if ((asked as { all?: boolean }).all) answer(null, loopback)
        else (answer as (error: null, address: string, family: number) => void)(null, '127.0.0.1', 4)
      })
    return super.createConnection({ ...(options as object), lookup: remember } as never, done)
  }
}

async function startTlsHost (
  t: Test,
  { name = 'app.example', answer }: { name?: string; answer?: RequestListener } = {}
) {
  const { ca, key, cert } = await certificates(t, name)
  const asked: string[] = []
  const server = createServer({ key, cert }, (request, response) => {
    asked.push(`${request.headers.host}${request.url}`)
    if (answer) return answer(request, response)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"hello":"world"}')
  })
  const port = await listen(t, server)
  const agent = new LoopbackAgent({ ca })
  t.teardown(() => agent.destroy())
  return { asked, port, agent }
}

t.test(
  'https: the name is looked up once, every address is vetted, and the vetted one is dialled under the name',
  async (t) => {
    const { asked, port, agent } = await startTlsHost(t)
    // DNS rebinding: whoever asks again gets another answer.
    const answers = [[PUBLIC], ['127.0.0.1'], ['127.0.0.1']]
    const names: string[] = []
    const network: Network = {
      agent,
      resolve: async (name) => {
        names.push(name)
        return answers.shift()!
      }
    }
    t.same(await fetchDocument(new URL(`https://app.example:${port}/c.json`), [], network), {
      body: { hello: 'world' },
      maxAge: 300
    })
    t.same(
      { names, dialled: agent.dialled, asked },
      { names: ['app.example'], dialled: [PUBLIC], asked: [`app.example:${port}/c.json`] }
    )

    await t.rejects(
      fetchDocument(new URL(`https://other.example:${port}/c.json`), [], { agent, resolve: async () => [PUBLIC] }),
      { name: 'FetchRefused', message: /ERR_TLS_CERT_ALTNAME_INVALID/ },
      'the certificate has to be of the name'
    )
    await t.rejects(
      fetchDocument(new URL(`https://app.example:${port}/c.json`), [], {
        agent: new LoopbackAgent(),
        resolve: async () => [PUBLIC]
      }),
      { name: 'FetchRefused' },
      'and of a CA that is trusted'
    )
    t.equal(asked.length, 1)
  }
)

t.test('of a name with thousands of addresses a few are dialled, whatever becomes of them (WB-09)', async (t) => {
  const { port, agent } = await startTlsHost(t, { answer: (_request, response) => response.writeHead(503).end() })
  const many = Array.from({ length: 2_000 }, (_, index) => `93.${index >> 8}.${index & 255}.1`)
  const resolve = async () => [...many, ...many.map((address) => `2606:4700::${address.replaceAll('.', ':')}`)]
  await t.rejects(fetchDocument(new URL(`https://app.example:${port}/c.json`), [], { agent, resolve }), { name: 'FetchRefused' })
  t.equal(agent.dialled.length, 6)
})

t.test('an address that is not public is never dialled, whatever else the name has', async (t) => {
  const { asked, port, agent } = await startTlsHost(t)
  const inner = [
    '169.254.169.254',
    '100.64.0.1',
    '10.0.0.1',
    '192.168.1.1',
    '172.16.0.1',
    '127.0.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '198.18.0.1',
    '192.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    'fec0::1',
    'ff02::1',
    '::127.0.0.1',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1'
  ]
  for (const address of inner) {
    t.notOk(isPublicAddress(address), address)
    for (const found of [[address], [PUBLIC, address], [address, PUBLIC]]) {
      await t.rejects(
        fetchDocument(new URL(`https://app.example:${port}/c.json`), [], { agent, resolve: async () => found }),
        { name: 'AddressRefused' },
        found.join()
      )
    }
    const literal = address.includes(':') ? `[${address}]` : address
    await t.rejects(
      fetchDocument(new URL(`https://${literal}:${port}/c.json`), [], {
        agent,
        resolve: async () => t.fail('an address is not looked up') as never
      }),
      { name: 'AddressRefused' },
      literal
    )
  }
  for (const name of [
    'localhost',
    'localhost.',
    'app.localhost',
    'app.example.',
    'intranet',
    'printer.local',
    'metadata.google.internal',
    'x.home.arpa',
    'x.onion'
  ]) {
    t.notOk(isPublicName(name), name)
    await t.rejects(
      fetchDocument(new URL(`https://${name}:${port}/c.json`), [], {
        agent,
        resolve: async () => t.fail('not looked up') as never
      }),
      { name: 'AddressRefused' },
      name
    )
  }
  t.same({ dialled: agent.dialled, asked }, { dialled: [], asked: [] })
  for (const address of [PUBLIC, '8.8.8.8', '2606:4700::1111']) t.ok(isPublicAddress(address), address)
})
