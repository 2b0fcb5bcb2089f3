// access.json: every mistake is named with its line and the way out, and nothing wrong is taken.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
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
    ['{"rules": [\n{"who": ["everyone"], "tols": ["search"]}]}', /^FILE line 2: rules\.0: .*"tols"/],
    ['{"rules": [\n{"tools": ["search"]}]}', /^FILE line 2: rules\.0\.who: /],
    ['{"rules": [{"who": [],\n"tools": "search"}]}', /^FILE line 1: rules\.0\.who: /, /^FILE line 2: rules\.0\.tools: /],
    ['{"groups": {"a": []},\n"rules": [{"who": [\n"b"]}]}', /^FILE line 3: there is no group "b"; add it to "groups"/],
    ['{"groups": {"a": ["@x.example",\n"ann"]}, "rules": []}', /^FILE line 2: "ann" is no address/],
    ['{"groups": {"a": ["*@x.example"]}, "rules": [\n{"who": ["*@y.example", "ann@z.example ", "ann@"]}]}',
      /^FILE line 1: "\*@x\.example" is no address/, /^FILE line 2: "\*@y\.example" is no/, /^FILE line 2: "ann@z\.example " is no/, /^FILE line 2: "ann@" is no/],
    ['{"rules": [{"who": ["everyone"], "documents": ["**", "wiki:a/",\n"!/a/**", "!./a/**", "!a/"]}]}',
      /^FILE line 2: "!\/a\/\*\*" fits no document; paths begin with a name/, /^FILE line 2: "!\.\/a\/\*\*"/, /^FILE line 2: "!a\/" fits no document/],
    ['{"groups": {"everyone": []}, "rules": []}', /^FILE line 1: "everyone" is not a group/],
    ['{"groups": {"a@b": []}, "rules": []}', /^FILE line 1: groups\.a@b: /],
    ['{"rules": [{"who": ["everyone"], "tools": [\n"serch", "!fetsch"], "prompts": ["x"], "documents": ["nowhere"]}]}',
      /^FILE line 2: there is no tool "serch"; there are fetch, search/, /^FILE line 2: there is no tool "fetsch"/, /^FILE line 2: there is no prompt "x"; there are summarize/],
    ['{"rules": [\n{"who": ["everyone"]', /^FILE line 2: /],
    ['{"rules": [], "rules": []}', /^FILE line 1: .*unique/],
    ['[]', /^FILE line 1: the file: /],
    ['', /^FILE line 1: the file: /],
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
