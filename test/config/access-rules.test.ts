// access.json: every mistake is named with its line and the way out, and nothing wrong is taken.
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { accessSchema, createAccessReader, readAccessFile } from '../../config/access-rules.ts'
import { loadConfig } from '../../config/index.ts'

const folder = await mkdtemp(join(tmpdir(), 'mcp-access-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const path = join(folder, 'access.json')
const known = { tools: ['search', 'fetch'], prompts: ['summarize'] }

async function read (text: string) {
  await writeFile(path, text)
  const found = readAccessFile(path, known)
  return 'problems' in found ? found.problems.map((line) => line.replace(path, 'FILE')) : found.rules
}

t.test('rules are read as they are written, with the address of a schema', async (t) => {
  t.same(await read('{"$schema": "x.json", "groups": {"a": ["@x.example"]}, "rules": [{"who": ["a", "everyone"], "tools": ["search", "crm_*"]}]}'), {
    groups: { a: ['@x.example'] },
    rules: [{ who: ['a', 'everyone'], tools: ['search', 'crm_*'] }]
  })
  t.same(await read('{"rules": []}'), { groups: {}, rules: [] }, 'nobody may use anything')
})

t.test('what is wrong is named by its line, also what would fit nobody and nothing (RU-07)', async (t) => {
  for (const [text, ...problems] of [
    [
      '{"rules": [\n{"who": ["everyone"], "tols": ["search"]}]}',
      /^FILE line 2: rule 1: there is no member "tols"; there are who, tools, documents, /
    ],
    [
      '{"rules": [],\n"rule": []}',
      /^FILE line 2: the file: there is no member "rule"; there are groups, rules/
    ],
    [
      '{"rules": [\n{"tools": ["search"]}]}',
      /^FILE line 2: rule 1, who: write whom the rule is for/
    ],
    [
      '{"rules": [{"who": [],\n"tools": "search"}]}',
      /^FILE line 1: rule 1, who: write whom/,
      /^FILE line 2: rule 1, tools: write a list/
    ],
    [
      '{"groups": {\n"a": "ann@x.example"}, "rules": []}',
      /^FILE line 2: groups\.a: write a list of addresses/
    ],
    ['[]', /^FILE line 1: the file: write \{ "rules": \[ … \] \}/],
    ['{"groups": [], "rules": []}', /^FILE line 1: groups: write each group with its members/],
    ['{"$schema": 7, "rules": []}', /^FILE line 1: \$schema: .*expected string/],
    [
      '{"rules": {}}',
      /^FILE line 1: rules: write rules in a list/
    ],
    [
      '{"rules": [{"who": ["*"]}]}',
      /"\*" means nobody; write "everyone"/
    ],
    [
      '{"groups": {"a": ["*@x.example"]}, "rules": [{"who": ["everyone",\n"!ann@x.example"]}]}',
      /"\*@x\.example" is no address/,
      /line 2: "!ann@x\.example" means nobody/
    ],
    [
      '{"groups": {"a": []}, "rules": [\n{"who": ["*@y.example", "ann@z.example ", "ann@"]}]}',
      /"\*@y\.example" means nobody/,
      /"ann@z\.example " means nobody/,
      /"ann@" means nobody/
    ],
    [
      '{"rules": [\n// why\n{"who": ["everyone"]}]}',
      /^FILE line 2: JSON has no comments/
    ],
    [
      '{"rules": [{"who": ["everyone"],\n"documents": ["**", "wiki:a/", "!/a/**", "!a/", "./b", "!a\\\\**"]}]}',
      /^FILE line 2: .* "!\/a\/\*\*"; write "!a\/\*\*"/,
      /"!a\/"; write "!a\/\*\*"/,
      /"\.\/b"; write "b"/,
      /write "!a\/\*\*"/
    ],
    [
      '{"groups": {"a": []},\n"rules": [{"who": [\n"b"]}]}',
      /^FILE line 3: there is no group "b"; add it to "groups"/
    ],
    [
      '{"groups": {"a": ["@x.example",\n"ann"]}, "rules": []}',
      /^FILE line 2: "ann" is no address/
    ],
    [
      '{"groups": {"everyone": []}, "rules": []}',
      /^FILE line 1: "everyone" is not a group/
    ],
    [
      '{"groups": {"a@b": []}, "rules": []}',
      /^FILE line 1: groups\.a@b: /
    ],
    [
      '{"rules": [{"who": ["everyone"], "tools": [\n"serch", "!fetsch"], "prompts": ["x"], "documents": ["nowhere"]}]}',
      /^FILE line 2: there is no tool "serch"; there are fetch, search/,
      /^FILE line 2: there is no tool "fetsch"/,
      /^FILE line 2: there is no prompt "x"; there are summarize/
    ],
    [
      '{"rules": [\n{"who": ["everyone"]',
      /^FILE line 2: this is not JSON; look for a missing comma/
    ],
    [
      '{"rules": [\n{"who": ["everyone"] "tools": []}]}',
      /^FILE line 2: this is not JSON/
    ],
    [
      '{"rules": [], "rules": []}',
      /^FILE line 1: .*twice/
    ],
    [
      '[]',
      /^FILE line 1: the file: /
    ],
    [
      '',
      /^FILE line 1: the file: /
    ],
    [`{"rules": []${' '.repeat(1024 * 1024)}}`, /^FILE is larger than 1024 KB/]
  ] as Array<[string, ...RegExp[]]>) {
    const found = await read(text)
    t.ok(Array.isArray(found), text.slice(0, 80))
    for (const [index, problem] of problems.entries()) t.match((found as string[])[index], problem)
    t.equal((found as string[]).length, problems.length)
  }
})

t.test('a mistake stops the start, and so does a file that ACCESS names and that is not there', async (t) => {
  await writeFile(path, '{"rules": [{"who": ["everyone"], "tools": ["serch"]}]}')
  await t.rejects(loadConfig({}, folder, []), { message: /access\.json line 1: there is no tool "serch"/ })
  await t.rejects(loadConfig({ ACCESS: 'other.json' }, folder, []), { message: /ACCESS: there is no file .*other\.json/ })
  await t.rejects(loadConfig({ ACCESS: '.' }, folder, []), { message: /ACCESS: .* cannot be read/ })
  t.same(createAccessReader(undefined, join(folder, 'nowhere')).problems(), [], 'without a file there are no rules')
})

t.test('a folder that is named like a document is told from one: it would hide nothing', async (t) => {
  await mkdir(join(folder, 'docs/finance'), { recursive: true })
  const read = async (...documents: string[]) => {
    await writeFile(path, JSON.stringify({ rules: [{ who: ['everyone'], documents }] }))
    return createAccessReader(undefined, folder, join(folder, 'docs')).problems()
  }
  t.match(await read('**', '!finance'), [/no document has the path "!finance"; write "!finance\/\*\*"/])
  t.same(await read('**', '!finance/**', 'other', 'a'.repeat(500)), [])
})

t.test('the schema that editors read is that of the file', async (t) => {
  const published = await readFile(new URL('../../access.schema.json', import.meta.url), 'utf8')
  t.equal(published, `${JSON.stringify(accessSchema(), null, 2)}\n`, 'write it again: node --print "JSON.stringify(require(\'./config/access-rules.ts\').accessSchema(), null, 2)" > access.schema.json')
})

t.test('the line of each rule is known, to explain what it decides', async (t) => {
  await writeFile(path, '{"rules": [{"who": ["everyone"]},\n\n{"who": ["@x.example"]}]}')
  t.match(readAccessFile(path, known), { lines: [1, 3] })
})

t.test('the example of the documentation is one that the server takes', async (t) => {
  const guide = await readFile(new URL('../../docs/who-may-use-what.md', import.meta.url), 'utf8')
  t.match(await read(/```json\n([\s\S]*?)```/.exec(guide)![1]!), { rules: [{ who: ['everyone'] }, { who: ['finance'] }] })
})

t.test('upstreams are known by name, and what begins with their prefixes may be theirs', async (t) => {
  const other = await mkdtemp(join(tmpdir(), 'mcp-access-'))
  t.teardown(() => rm(other, { recursive: true, force: true }))
  const file = join(other, 'access.json')
  const rule = {
    who: ['everyone'],
    tools: ['crm_find', 'cmr_find'],
    prompts: ['crm_ask', 'ask'],
    resources: ['file:///a'],
    upstreams: ['crm', 'cmr']
  }
  await writeFile(file, JSON.stringify({ rules: [rule] }))
  const reader = createAccessReader(undefined, other)
  reader.follow({ tools: [], resources: [], prompts: [], sources: [] })
  t.match(reader.problems(), [/tool "crm_find"/, /tool "cmr_find"/, /prompt/, /prompt/], 'none is known')
  reader.followUpstreams([{ name: 'crm', prefix: 'crm_' }])
  t.match(reader.problems(), [
    /no tool "cmr_find"/,
    /no prompt "ask"/,
    /no upstream "cmr"; there are crm/
  ])
  reader.followUpstreams([{ name: 'crm', prefix: '' }])
  t.match(reader.problems(), [/no upstream "cmr"/], 'without a prefix every name may be theirs')
})

t.test('a link that leads to no file is no folder without rules: the start says so (RU-16)', async (t) => {
  const project = await mkdtemp(join(folder, 'project-'))
  t.equal((await loadConfig({}, project)).hasAccessRules(), false)
  await symlink(join(project, 'gone.json'), join(project, 'access.json'))
  await t.rejects(loadConfig({}, project), { name: 'ConfigError', message: /ACCESS: .*access\.json cannot be read: ENOENT/ })
  await writeFile(join(project, 'gone.json'), '{"rules": []}')
  t.equal((await loadConfig({}, project)).hasAccessRules(), true)
})
