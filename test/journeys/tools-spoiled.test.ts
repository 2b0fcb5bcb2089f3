// Every argument of every tool, spoiled in every way: an error that names the argument, and nothing of the inside.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Client } from '@modelcontextprotocol/client'
import t, { type Test } from 'tap'
import { asNewAccount, PASSWORD, signInWith, v2Dialects } from '../helpers/sdk-client.ts'
import { startServer } from '../helpers/server.ts'
import { documents, INSIDE } from './tools/contract.ts'
import { cases, shop, label } from './tools/calls.ts'

/** Of any type and length, for every argument of every tool. */
const ODD: unknown[] = [
  null,
  true,
  0,
  -1,
  1e300,
  [],
  {},
  [[[]]],
  { $gt: '' },
  { __proto__: null },
  '',
  ' ',
  '\0',
  '\ud800',
  '\udfff\ud800',
  'x'.repeat(20_000),
  '\u202e',
  '🙂'.repeat(5_000),
  '%s%n',
  '#{7*7}',
  '\r\nSet-Cookie: x=y'
]
const loopbackUrls = (port: number): string[] =>
  [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    'user@127.0.0.1',
    'localhost.'
  ].map((host) => `http://${host}:${port}/canary`)
/**
 * Every argument of every tool, one after the other, with each of these values beside what is right.
 * @returns all that was answered.
 */
async function spoil (t: Test, client: Client, values: unknown[]): Promise<string[]> {
  const said: string[] = []
  for (const { name, inputSchema } of (await client.listTools()).tools) {
    for (const argument of Object.keys(inputSchema.properties ?? {})) {
      for (const value of values) {
        const result = await client.callTool({ name, arguments: { ...cases[name]!.right, [argument]: value } })
        const text = JSON.stringify(result)
        if (INSIDE.test(text.replaceAll(JSON.stringify(value).slice(1, -1), ''))) {
          t.fail(label(name, argument, value, text))
        }
        said.push(text)
      }
    }
    t.pass(name)
  }
  return said
}

t.test('every argument of every tool, spoilt in every way', async (t) => {
  let visits = 0
  const canary = createServer((_request, response) => {
    visits++
    response.end()
  }).listen(0)
  t.teardown(() => {
    canary.closeAllConnections()
    canary.close()
  })
  await once(canary, 'listening')
  const { port } = canary.address() as AddressInfo

  const secrets = {
    SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A',
    METRICS_TOKEN: 'metrics-0123456789abcdefghijklmnopqrstuv'
  }
  const server = await startServer(t, {
    env: { AUTH_BACKEND: 'local', DATABASE_FILES: await shop(t), ...secrets },
    documents
  })
  const { connect, keychain } = await signInWith(server.url, v2Dialects[0], asNewAccount('dee@example.com'))
  const client = await connect()
  t.teardown(() => client.close())

  const said: string[] = []
  await t.test('of a wrong type, odd or long: a result, refused or not, and never an internal error (TL-03)', async (t) => {
    said.push(...(await spoil(t, client, ODD)))
  })
  await t.test('addresses on this computer are never visited (TL-07)', async (t) => {
    said.push(...(await spoil(t, client, loopbackUrls(port))))
    t.equal(visits, 0)
    await fetch(`http://127.0.0.1:${port}/`)
    t.equal(visits, 1, 'and the canary does sing')
  })
  await t.test('no answer contains a token, a key or a hash (TL-08)', async (t) => {
    const { access_token: access, refresh_token: refresh } = keychain.kept!
    const hidden = [access, refresh!, ...Object.values(secrets), PASSWORD, server.dataDir].flatMap((secret) => [
      secret,
      createHash('sha256').update(secret).digest('hex'),
      createHash('sha256').update(secret).digest('base64url')
    ])
    t.same(
      said.filter((text) => hidden.some((secret) => text.includes(secret)) || /\$argon2|mcp_(?:at|rt)_/.test(text)),
      []
    )
  })
  await t.test('200 calls of every tool at once are all answered (TL-09)', async (t) => {
    const names = Object.keys(cases)
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        client.callTool({ name: names[index % names.length]!, arguments: cases[names[index % names.length]!]!.right })
      )
    )
    t.equal(answers.length, 200)
    t.same(
      answers.filter(
        ({ isError, content }) => isError && !/There is no note|busy with other work|Too many of your own calls are waiting/.test(JSON.stringify(content))
      ),
      [],
      'refused only where it should be'
    )
    t.match(await client.callTool({ name: 'calculate', arguments: { expression: '6 * 7' } }), {
      structuredContent: { result: '42' }
    })
  })
})
