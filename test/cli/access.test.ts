// npm run access: what it says is what a request would be answered, and it names the rule and its line.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { explainAccess } from '../../cli/access-report.ts'
import { loadConfig } from '../../config/index.ts'
import { readCatalogue } from '../../plugins/upstreams/catalogue/read.ts'
import { createRemembered } from '../../plugins/upstreams/catalogue/remembered.ts'
import type { Connection } from '../../plugins/upstreams/contract.ts'
import { command } from '../helpers/commands.ts'
import { person } from '../helpers/person.ts'
import { startServer } from '../helpers/server.ts'
import { mcpJson } from '../helpers/upstream-file.ts'

/** Nothing listens there: the command goes by what was seen. */
const NOWHERE = { url: 'http://127.0.0.1:1/mcp' }

const RULES = `{
  "groups": { "finance": ["ann@example.com"], "crm": [] },
  "rules": [
    { "who": ["everyone"], "tools": ["search", "fetch"], "documents": ["**", "!finance/**"] },
    { "who": ["finance"], "tools": ["calculate"],
      "documents": ["finance/**"] },
    { "who": ["crm"], "tools": ["!search"] },
    { "who": ["finance"], "upstreams": ["crm", "new"], "tools": ["files_read", "!crm_delete"], "resources": ["note"] }
  ]
}
`

const offering = (...tools: string[]): Connection => ({
  capabilities: { tools: {}, resources: {} },
  protocolVersion: '2026-07-28',
  instructions: undefined,
  ask: async (method) =>
    method === 'tools/list'
      ? { tools: tools.map((name) => ({ name, inputSchema: { type: 'object' } })) }
      : { resources: [], resourceTemplates: [{ name: 'note', uriTemplate: `note:${tools[0] === 'find' ? 'crm' : 'files'}/{id}` }] }
})

t.test('the command says what a person may use, why, and where their groups come from', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-access-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const ACCESS = join(folder, 'access.json')
  await writeFile(ACCESS, RULES)
  const UPSTREAMS = await mcpJson(t, { crm: NOWHERE, files: NOWHERE, new: NOWHERE })
  const server = await startServer(t, { env: { ACCESS, UPSTREAMS } })
  const { app, dataDir } = server
  const [ann, bob] = [await person(server, 'ann@example.com'), await person(server, 'bob@example.com', { emailVerified: false })]
  // A provider calls its groups as it likes.
  await app.signIn.lifecycle.changeGroups(bob.id, () => ['crm', 'x\n  yes  tool forged'])
  const CLIENTS = JSON.stringify([
    {
      client_id: 'reports',
      client_secret: 'a secret of sixteen',
      grant_types: ['client_credentials'],
      scope: 'mcp:read',
      groups: ['finance']
    }
  ])
  const env = { DATA_DIR: dataDir, PUBLIC_URL: server.url, ACCESS, UPSTREAMS, CLIENTS, LOG_LEVEL: 'error' }
  const explain = async (who: string, name?: string, more = {}) => explainAccess(await loadConfig({ ...env, ...more }), who, name)

  t.match(await explain('ann@example.com', 'calculate'), `ann@example.com
  groups: finance (by their address in ${ACCESS})
  yes  tool calculate: rule 2 gives it (${ACCESS} line 5).`)
  t.match(await explain(ann.id, 'finance/2026.md'), `yes  document finance/2026.md: rule 2 gives it (${ACCESS} line 5).`)
  t.match(await explain('everyone', 'finance/2026.md'), `no   document finance/2026.md: rule 1 leaves it out (${ACCESS} line 4).`)
  t.match(await explain('everyone', 'calculate'), 'no   tool calculate: no rule that is for them gives it.')
  const bobs = await explain('bob@example.com')
  t.match(bobs, 'Nobody has proven that they read this mailbox')
  t.match(bobs, 'groups: crm (by the operator: users group add)')
  t.notMatch(bobs, /^ +yes +tool forged/m, 'a name makes no line (OP-04)')
  t.match(bobs, /no {3}tool search\n/)
  t.match(bobs, /yes {2}tool fetch\n/)
  t.match(await explain(bob.id, 'search'), `no   tool search: rule 3 leaves it out (${ACCESS} line 7).`)

  t.match(await explain('everyone', 'serch'), 'There is no tool, prompt or resource of this name, and no such file in ')
  t.notMatch(await explain('everyone', 'access-keys.md'), 'no such file')
  t.match(await explain('service:reports', 'calculate'), /^service:reports: reports\n {2}groups: finance \(by CLIENTS\)\n {2}yes {2}tool calculate: rule 2 gives it/)

  await t.rejects(explain('reports', 'calculate'), { name: 'OperatorError' }, 'a service is asked for as one')

  t.notMatch(bobs, 'database_query', 'a tool that is not configured is not there')

  t.match(await explain(ann.id), /yes {2}server crm: not seen yet/)
  const remembered = createRemembered(app.storage, app.now, app.log)
  const [crm, files] = server.config.upstreams
  await remembered.store(crm!, await readCatalogue(offering('find', 'delete'), crm!, app.log))
  await remembered.store(files!, await readCatalogue(offering('read', 'write'), files!, app.log))
  const anns = await explain(ann.id)
  t.match(anns, 'yes  server crm: 1 of 2 tools, 1 of 1 resources\n')
  t.match(anns, 'yes  server files: 1 of 2 tools, 1 of 1 resources\n')
  t.match(bobs, /no {3}server crm: .*\n {2}no {3}server files: /)
  t.match(await explain(ann.id, 'crm_find'), `yes  tool crm_find: rule 4 gives it (${ACCESS} line 8).`)
  t.match(await explain(ann.id, 'crm_delete'), `no   tool crm_delete: rule 4 leaves it out (${ACCESS} line 8).`)
  t.match(await explain(ann.id, 'files_write'), 'no   tool files_write: no rule that is for them gives it.')
  t.match(await explain(ann.id, 'crm'), `yes  server crm: 1 of 2 tools, 1 of 1 resources
  yes  all of it: rule 4 gives it (${ACCESS} line 8).`)
  t.match(await explain(ann.id, 'files'), 'no   all of it: no rule that is for them gives it.')
  t.match(await explain(ann.id, 'note:crm/7'), 'yes  resource note:crm/7: rule 4 gives it')
  t.match(await explain(ann.id, 'new_tool'), /yes {2}tool new_tool: rule 4 gives it .*\n {2}new has not been seen to offer it/)
  t.match(await explain('everyone', 'crm_find'), 'no   tool crm_find: no rule that is for them gives it.')
  t.match(await explain(ann.id, 'crm_find', { DATA_DIR: join(folder, 'not-served') }).catch((error: Error) => error.message), 'No server has stored')
  t.match(await explain('everyone', 'crm_find', { DATA_DIR: join(folder, 'not-served') }), /no {3}tool crm_find: .*\n {2}crm has not been seen/)

  await app.signIn.lifecycle.lock(bob.id)
  t.match(await explain(bob.id), 'locked: they may use nothing until they are unlocked')
  await t.rejects(explain('eve@example.com'), { name: 'OperatorError', message: /No one has the id or address eve/ })
  t.match(await explain('everyone', 'search', { ACCESS: '' }), 'everybody may use everything')

  const run = (...words: string[]) => command('access', env, words)
  t.match((await run('ann@example.com', 'calculate')).stdout, 'yes  tool calculate: rule 2 gives it')
  t.match((await run('everyone', 'calculate')).stdout, 'no   tool calculate', 'a no is an answer, too: exit code 0')
})
