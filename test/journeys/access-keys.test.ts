// The official clients with a static header, as a program without a browser uses them: they list and call on one
// instance, and are refused on it at the next request after the key was revoked on another (threat AK-04).
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client'
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { demoPerson, keyFor } from '../helpers/access-keys.ts'
import { another } from '../helpers/another-instance.ts'
import { ping } from '../helpers/oauth.ts'
import type { Connected } from '../helpers/sdk-client.ts'
import { storageTest } from '../helpers/storages.ts'
import { until } from '../helpers/until.ts'

type Connect = (url: URL, requestInit: RequestInit) => Promise<Connected>

const about = { name: 'job', version: '1' }
const v2 = (mode: 'legacy' | { pin: string }): Connect => async (url, requestInit) => {
  const client = new ModernClient(about, { versionNegotiation: { mode } })
  await client.connect(new ModernTransport(url, { requestInit }))
  return client as unknown as Connected
}

const clients: Record<string, Connect> = {
  'SDK v2, 2026 era': v2({ pin: '2026-07-28' }),
  'SDK v2, 2025 era': v2('legacy'),
  'SDK v1': async (url, requestInit) => {
    const client = new V1Client(about)
    await client.connect(new V1Transport(url, { requestInit }) as never)
    return client as unknown as Connected
  }
}

storageTest('the official clients list and call with a key, until it is revoked on another instance (AK-04)', async (t, start) => {
  const one = await start()
  const two = await another(t, one)
  const { id: person } = await demoPerson(one)
  for (const [name, connect] of Object.entries(clients)) {
    const { secret, id } = await keyFor(one, person)
    const headers = { authorization: `Bearer ${secret}` }
    const client = await connect(new URL(one.url), { headers })
    t.ok(
      (await client.listTools()).tools.some((tool) => tool.name === 'calculate'),
      name
    )
    const call = () => client.callTool({ name: 'calculate', arguments: { expression: '6*7' } })
    t.match(await call(), { content: [{ text: /42/ }] }, name)

    await two.app.accessKeys.revoke(id)
    // Redis may report the change of another instance up to 100 ms late.
    t.ok(await until(async () => (await ping(one.url, secret)) === 401))
    await t.rejects(call(), `${name}: refused`)
    await client.close()
    await t.rejects(
      connect(new URL(one.url), { headers }),
      `${name}: no new connection`
    )
    await t.rejects(
      connect(new URL(two.url), { headers }),
      `${name}: nor on the other instance`
    )
  }
})
