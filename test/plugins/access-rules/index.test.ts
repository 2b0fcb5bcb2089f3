// The rules follow their file: a change counts at once, and nothing that is wrong with the file opens anything.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { createAccessReader } from '../../../config/access-rules.ts'
import { wholeUpstream } from '../../../plugins/access-rules/contract.ts'
import accessRules from '../../../plugins/access-rules/index.ts'
import { rightsOfAccess } from '../../../plugins/access-rules/principal.ts'

const rule = (...tools: string[]) => JSON.stringify({ rules: [{ who: ['everyone'], tools }] })

async function open (t: Test, text?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-rules-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const reader = createAccessReader(undefined, folder)
  const logged: string[] = []
  const app = Fastify({ logger: { level: 'error', stream: { write: (line: string) => logged.push(JSON.parse(line).msg) } } })
  t.teardown(() => app.close())
  const put = async (text: string) => {
    // As editors do: the file is whole at any time.
    await writeFile(`${reader.path}.new`, text)
    await rename(`${reader.path}.new`, reader.path)
  }
  if (text !== undefined) await put(text)
  await app.register(accessRules, { accessFile: reader.path, readAccessRules: reader.read })
  await app.ready()
  return { app, put, path: reader.path, logged, may: (tool: string) => app.accessRules.rightsOf(null).may('tools', tool) }
}

t.test('without a file everybody may use everything, until there is one', async (t) => {
  const { app, put, may } = await open(t)
  t.equal(app.accessRules.isOn, false)
  t.ok(may('anything') && app.accessRules.rightsOf(null).documents.may('a'))
  await put(rule('a*'))
  t.equal(app.accessRules.isOn, true)
  t.notOk(may('b') || app.accessRules.rightsOf(null).documents.may('a'))
  t.ok(may('a1'))
})

t.test('a change counts at the next look, and is told', async (t) => {
  const { app, put, may } = await open(t, rule('a*'))
  let told = 0
  app.accessRules.onChange(() => told++)
  const before = app.accessRules.rightsOf(null)
  await put(rule('b*'))
  t.ok(may('b') && !may('a'))
  t.equal(told, 1)
  t.not(app.accessRules.rightsOf(null).key, before.key, 'what was cached for the rights before is not taken for these')
})

t.test('a file that is wrong, or gone, leaves the rules as they were, and is logged once (RU-01)', async (t) => {
  const { app, put, path, logged, may } = await open(t, rule('a*'))
  for (const [change, says] of [
    [() => put('{'), /line 1/],
    [() => put('{"rules": [{"who": ["nobody-knows"], "tools": ["*"]}]}'), /no group "nobody-knows"/],
    [() => rm(path), /ENOENT/]
  ] as const) {
    await change()
    t.ok(may('a') && !may('b') && app.accessRules.isOn)
    t.notOk(may('b'))
    t.match(logged.at(-1), says)
    t.match(logged.at(-1), /rules from before stay/)
  }
  t.equal(logged.length, 3)
})

t.test('a server does not start with a file that became wrong meanwhile (RU-01)', async (t) => {
  await t.rejects(open(t, '{"rules": 1}'), { name: 'StartError', message: /cannot be read/ })
})

t.test('an address that is not proven counts for nothing, and tools that were left out are not there (RU-02)', async (t) => {
  const { app } = await open(t, JSON.stringify({ rules: [{ who: ['ann@example.com'], tools: ['*'] }] }))
  const may = (user: object, without?: string[]) =>
    rightsOfAccess(app.accessRules, { user: { id: 'u', ...user }, ...(without && { without }) }).may('tools', 'a', 'b')
  t.ok(may({ email: 'ann@example.com', emailVerified: true }))
  t.notOk(may({ email: 'ann@example.com' }) || may({ email: 'ann@example.com', emailVerified: false }))
  t.notOk(may({ email: 'ann@example.com', emailVerified: true }, ['b']))
  t.notOk(rightsOfAccess(app.accessRules, null).may('tools', 'a'))
})

t.test('a server that is left out is gone with all that it offers, also later, and nothing else is', async (t) => {
  const { app } = await open(t)
  const rights = app.accessRules.rightsOf(null, ['upstream:files', 'crm_find'])
  t.notOk(rights.may('upstreams', 'files'))
  for (const kind of ['tools', 'prompts', 'resources'] as const) {
    t.notOk(rights.mayOf('files', kind, 'files_new'), kind)
  }
  t.ok(rights.may('upstreams', 'crm'))
  t.ok(rights.mayOf('crm', 'tools', 'crm_add'))
  t.ok(rights.may('tools', 'files_own'))
  t.notOk(rights.mayOf('crm', 'tools', 'crm_find'))
  t.not(rights.key, app.accessRules.rightsOf(null).key)
})

t.test('of an upstream that a person left out an app may have nothing (UH-36)', async (t) => {
  const { app, put } = await open(t)
  const anyOf = (upstream: string) => app.accessRules.rightsOf(null, [wholeUpstream('crm'), 'files_read']).mayAnyOf(upstream, 'resources')
  t.same(['crm', 'files'].filter(anyOf), ['files'])
  await put(JSON.stringify({ rules: [{ who: ['everyone'], upstreams: ['crm'] }] }))
  t.same(['crm', 'files'].filter(anyOf), [])
})
