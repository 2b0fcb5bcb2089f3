// npm run upstreams: what existing MCP servers offered last, and what has changed, safe to print.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { describeUpstreams } from '../../cli/upstreams-report.ts'
import { loadConfig } from '../../config/index.ts'
import type { Connection } from '../../plugins/upstreams/contract.ts'
import { readCatalogue } from '../../plugins/upstreams/catalogue/read.ts'
import { createRemembered } from '../../plugins/upstreams/catalogue/remembered.ts'
import { migrate, migrations } from '../../plugins/storage/migrations.ts'
import { openSqliteStorage } from '../../plugins/storage/sqlite/index.ts'
import { command } from '../helpers/commands.ts'
import { folder } from '../helpers/tool-context.ts'

/** Of today, since the command has its own clock and records have a lifetime. */
const NOW = Math.floor(Date.now() / 1000)
const MINUTE = `${new Date(NOW * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
const MCP_JSON = {
  mcpServers: {
    // eslint-disable-next-line no-template-curly-in-string
    files: { command: 'files-server', args: ['--key', '${FILES_KEY}'] },
    crm: { url: 'https://crm.internal/mcp' }
  }
}
const log = { info () {}, warn () {}, error () {} }

const offering = (tools: object[]): Connection => ({
  capabilities: { tools: {} },
  protocolVersion: '2026-07-28',
  instructions: undefined,
  ask: async () => ({ tools })
})
const tool = (name: string, description: string, readOnlyHint = false) => ({
  name,
  description,
  inputSchema: { type: 'object' },
  annotations: { readOnlyHint }
})

t.test('the command lists servers, tools and changes, and asks none of them', async (t) => {
  const place = await folder(t)
  const file = join(place, 'mcp.json')
  await writeFile(file, JSON.stringify(MCP_JSON))
  const env = { DATA_DIR: place, UPSTREAMS: file, FILES_KEY: 'a long secret' }
  const { upstreams } = await loadConfig(env)
  const storage = openSqliteStorage(place, () => NOW, log)
  t.teardown(() => storage.close())
  await migrate(storage, migrations, log)
  const remembered = createRemembered(storage, () => NOW, log)
  const crm = upstreams.find(({ name }) => name === 'crm')!
  for (const offered of [
    [tool('find', 'Finds.'), tool('gone', '')],
    [tool('find', 'Finds.\n\u001b[2J', true)]
  ]) {
    await remembered.store(crm, await readCatalogue(offering(offered), crm, log))
  }

  const all = `files  files-server --key [secret]
  never seen: its lists are read when the server runs and can reach it
  If the server runs, its log says why it does not: look for this name. \`doctor URL --metrics\` names those that are broken.
crm  https://crm.internal/mcp
  1 tools, 0 prompts, stored ${MINUTE}
`
  const changes = `
What has changed, oldest first:
${MINUTE}  crm  tool find  description
  before: "Finds."
  after:  "Finds.\\n\\u001b[2J"
${MINUTE}  crm  tool find  annotations  (calls need mcp:read now, and needed mcp:write before)
  before: "{\\"readOnlyHint\\":false}"
  after:  "{\\"readOnlyHint\\":true}"
${MINUTE}  crm  tool gone  removed
  before: ""`
  t.equal(await describeUpstreams(upstreams, remembered, undefined), all + changes)
  t.match(
    await describeUpstreams(upstreams, remembered, 'crm'),
    '\n  mcp:read  crm_find  (find)\n'
  )
  t.match(await describeUpstreams(upstreams, remembered, 'files'), 'Nothing has changed')
  await t.rejects(describeUpstreams(upstreams, remembered, 'x'), {
    message: 'mcp.json has no server "x"; it has: files, crm'
  })
  await t.rejects(describeUpstreams([], remembered, undefined), { message: /docs\/mcp-json\.md/ })

  const { stdout, stderr } = await command('upstreams', env, [])
  t.equal(stdout, `${all}${changes}\n`)
  t.equal(stderr, '')
})

t.test('the command asks running servers to start one again, and knows the names of mcp.json alone', async (t) => {
  const place = await folder(t)
  const file = join(place, 'mcp.json')
  await writeFile(file, JSON.stringify(MCP_JSON))
  const env = { DATA_DIR: place, UPSTREAMS: file, FILES_KEY: 'a long secret' }
  const storage = openSqliteStorage(place, () => NOW, log)
  t.teardown(() => storage.close())
  await migrate(storage, migrations, log)
  const run = (name: string) => command('upstreams', env, ['restart', name])
  t.match((await run('crm')).stdout, /^crm is started again/)
  t.ok(await storage.collection('upstreamRestarts').find('crm'))
  t.match(await run('gone'), { status: 1, stderr: /mcp\.json has no server "gone"/ })
  t.equal(await storage.collection('upstreamRestarts').find('gone'), undefined)
  const events = await Array.fromAsync(storage.journal<object>('audit').all())
  t.match(events, [{ event: 'upstream_restarted', upstream: 'crm', by: 'operator' }])
})
