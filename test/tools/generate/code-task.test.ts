// Types are a whole file in every language that is offered: each is compiled where its compiler is installed.
import { spawnSync } from 'node:child_process'
import {
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import generateCode from '../../../tools/generate/code-task.ts'
import { languages, type Language } from '../../../tools/generate/languages.ts'

const schema = {
  type: 'object',
  required: ['id', 'items', 'created'],
  properties: {
    id: { type: 'integer' },
    first_name: { type: 'string' },
    created: { type: 'string', format: 'date-time' },
    status: { enum: ['new', 'paid'] },
    price: { type: 'number' },
    parent: { $ref: '#' },
    items: { type: 'array', items: { $ref: '#/$defs/Item' } },
    class: { type: 'boolean' },
    either: { type: ['string', 'integer'] },
    extra: { type: 'object', additionalProperties: { type: 'string' } }
  },
  $defs: { Item: { type: 'object', properties: { sku: { type: 'string' }, count: { type: ['integer', 'null'] } } } }
}
const example = { id: 7, when: '2026-01-01T00:00:00Z', tags: ['a'], deep: { x: 1.5, list: [{ on: true }, { on: false, note: null }] } }

/** The file, and the program that compiles it. */
const COMPILERS: Record<Exclude<Language, 'typescript'>, [file: string, ...command: string[]]> = {
  python: ['models.py', 'python3', '-m', 'py_compile', 'models.py'],
  go: ['models.go', 'go', 'build', 'models.go'],
  rust: ['models.rs', 'rustc', '--edition', '2021', '--crate-type', 'lib', '--emit', 'metadata', 'models.rs'],
  java: ['Models.java', 'javac', '-d', 'out', 'Models.java'],
  csharp: ['Models.cs', 'mcs', '-target:library', 'Models.cs'],
  elixir: ['models.ex', 'elixirc', 'models.ex']
}
/** Rust's crates are not there without the network: what serde adds is taken out. */
const prepare = (language: Language, code: string): string =>
  language === 'rust'
    ? code.replaceAll(/^use serde.*$|^\s*#\[serde.*$/gm, '').replaceAll(', Serialize, Deserialize', '').replaceAll('serde_json::Value', 'String')
    : code

t.test('each definition has its own name, the whole the one that was asked for, and dates are texts', async (t) => {
  const code = await generateCode({ schema, language: 'typescript', name: 'Order' })
  for (const line of [/export interface Order \{/, /created: +string;/, /items: +Item\[\];/, /parent\?: +Order;/]) t.match(code, line)
  t.equal(code.match(/export interface/g)!.length, 2)
  t.match(await generateCode({ example, language: 'typescript', name: 'Thing' }), /when: +string/)
})

t.test('types that cannot be made, or not be returned, are refused in words', async (t) => {
  const names = Array.from({ length: 600 }, (_, n) => `n${n}_${'x'.repeat(400)}`)
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]))
  for (const [schema, message] of [
    [{ type: 'object', properties }, /too large to return. Pass a smaller part/],
    [{ $ref: '#/$defs/none' }, /^No types can be made of this: .*none/],
    [{ type: 'nonsense' }, /^No types can be made of this: .*nonsense/]
  ] as const) {
    const made = generateCode({ schema, language: 'typescript', name: 'A' })
    await t.rejects(made, { name: 'ToolError', message })
  }
})

for (const language of languages) {
  t.test(`a whole file of ${language} compiles as it is`, async (t) => {
    const sources = [
      await generateCode({ schema, language, name: 'Order' }),
      await generateCode({ example, language, name: 'Thing' })
    ]
    for (const code of sources) {
      t.ok(code.length < 12_000, `${code.length} characters`)
      if (language === 'typescript') {
        t.same(ts.transpileModule(code, { reportDiagnostics: true }).diagnostics, [])
        continue
      }
      const [file, program, ...args] = COMPILERS[language] as [string, string, ...string[]]
      if (spawnSync('which', [program]).status !== 0) {
        t.comment(`${program} is not installed`)
        continue
      }
      const folder = mkdtempSync(join(tmpdir(), 'mcp-test-'))
      t.teardown(() => rmSync(folder, { recursive: true, force: true }))
      writeFileSync(join(folder, file), prepare(language, code))
      const { status, stdout, stderr } = spawnSync(program, args, {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, GOCACHE: join(folder, 'go'), GO111MODULE: 'off' }
      })
      t.equal(status, 0, `${stdout}${stderr}`.slice(0, 500))
      t.ok(readdirSync(folder).length > 0)
    }
  })
}
