// Two people side by side on existing MCP servers: each has a process of their own, or the server is told who calls, and
// neither is ever taken for the other. On both storages.
import type { Test } from 'tap'
import { freePort } from '../helpers/ports.ts'
import { storageTest } from '../helpers/storages.ts'
import { eras, join, type Caller } from './upstreams/clients.ts'
import { memory, newFolder, startBefore, startV1, startV2 } from './upstreams/servers.ts'

const ROUNDS = 5

const saidBy = async ({ call }: Caller, name: string): Promise<Record<string, any>> =>
  JSON.parse((await call(name))['content'][0].text)

async function remembers (t: Test, people: readonly Caller[]) {
  const words = ['otters', 'herons']
  const entity = (word: string) => ({ name: word, entityType: 'animal', observations: [`likes ${word}`] })
  await Promise.all(people.map(({ call }, index) =>
    call('memory_create_entities', { entities: [entity(words[index]!)] })))
  for (const [index, { call }] of people.entries()) {
    const graph = JSON.stringify(await call('memory_read_graph'))
    t.match(graph, words[index])
    t.notMatch(graph, words[1 - index], 'nothing of the other')
  }
}

storageTest('each has a process and knowledge of their own, and a shared server is told who calls', async (t, start) => {
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const { url } = await startBefore(t, {
    memory: memory(await newFolder(t)),
    headers: { ...(await startV1(t)), identity: 'headers' },
    token: await startV2(t, issuer)
  }, { port }, start)
  const people = [await join(url, eras[0]!, 'ann@example.com'), await join(url, eras[1]!, 'bob@example.com')]
  await remembers(t, people)

  const ids = new Set<string>()
  await Promise.all(people.map(async (person, index) => {
    const name = ['ann', 'bob'][index]!
    const { client_id: app } = person.keychain.clientInformation() as { client_id: string }
    for (let round = 0; round < ROUNDS; round++) {
      const claims = await saidBy(person, 'token_whoami')
      t.match(claims, { iss: issuer, name, sub: String, act: { sub: app } })
      t.equal(claims['exp'] - claims['iat'], 300)
      for (const tool of ['headers_whoami', 'headers_by_request']) {
        t.match(await saidBy(person, tool), { 'x-forwarded-user': claims['sub'], 'x-forwarded-name': name })
      }
      ids.add(claims['sub'])
    }
    t.ok(person.lines.includes('checking the token'), 'the lines of their own calls')
  }))
  t.equal(ids.size, 2)
  for (const { close } of people) await close()
})
