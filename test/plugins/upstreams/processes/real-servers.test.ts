// Servers that nobody here wrote, in processes of upstreams.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import t from 'tap'
import { folder } from '../../../helpers/tool-context.ts'
import {
  callText,
  connectClient,
  startProcesses,
  upstreamSettings
} from '../../../helpers/upstream-processes.ts'

const ROOT = new URL('../../../..', import.meta.url).pathname
const MODULES = join(ROOT, 'node_modules/@modelcontextprotocol')
const program = (name: string, ...args: string[]) => [
  join(MODULES, name, 'dist/index.js'),
  ...args
]

t.test('@modelcontextprotocol/server-filesystem reads a file', async (t) => {
  const dir = await folder(t)
  await writeFile(join(dir, 'a.txt'), 'from a file')
  const { processes, said } = startProcesses(t)
  const settings = upstreamSettings([], { args: program('server-filesystem', dir) })
  const client = await connectClient(processes.open(settings, undefined))
  const read = await callText(client, 'read_text_file', { path: join(dir, 'a.txt') })
  t.equal(read, 'from a file')
  t.match(said(), /running on stdio/)
})

t.test('@modelcontextprotocol/server-memory remembers as long as its process runs', async (t) => {
  const file = join(await folder(t), 'memory.json')
  const { processes } = startProcesses(t)
  const settings = upstreamSettings([], {
    args: program('server-memory'),
    env: { MEMORY_FILE_PATH: file }
  })
  const client = await connectClient(processes.open(settings, undefined))
  const entities = [
    {
      name: 'Ada',
      entityType: 'person',
      observations: ['wrote a program']
    }
  ]
  await callText(client, 'create_entities', { entities })
  t.match(await callText(client, 'read_graph'), /wrote a program/)
  await client.close()
  t.equal(processes.count, 0)
})

t.test('a version is negotiated with a server of an earlier one', async (t) => {
  const { processes } = startProcesses(t)
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    { versionNegotiation: { mode: 'auto' } }
  )
  await client.connect(processes.open(upstreamSettings(), undefined))
  t.equal(await callText(client, 'echo', { a: 1 }), '{"a":1}')
})
