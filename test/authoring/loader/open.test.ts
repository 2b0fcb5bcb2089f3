// Tools with variables: checked, opened with their values, and closed again (threat WB-18).
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../../config/index.ts'
import type { ToolHost } from '../../../authoring/tool.ts'
import { loadOffer } from '../../../authoring/loader/load.ts'
import { openTools } from '../../../authoring/loader/open.ts'
import { ZOD, CONTRACT, facts, says, life, folder } from '../../helpers/word-tools.ts'

const plain = `export default defineTool({ name: 'plain', ${facts}, run: async () => ({ word: 'plain' }) })`

function house (): ToolHost & { lines: string[] } {
  const lines: string[] = []
  const line = (message: string) => {
    lines.push(message)
  }
  return { dataDir: '/data', log: { info: line, warn: line }, lines }
}

t.beforeEach(() => {
  Reflect.set(globalThis, 'life', [])
})

t.test(
  'what is wrong with the variables of tools stands in the one message, with everything else (WB-18)',
  async (t) => {
    const { place, tools } = await folder(t, {
      'a.ts': says('first', 'FIRST_WORD'),
      'b.ts': says('second', 'SECOND_WORD'),
      'c.ts': plain
    })
    const { message } = await loadConfig({ PORT: 'x', FIRST_WORD: '1', SECOND_WORD: '2' }, place, [tools]).then(
      () => t.fail('should refuse'),
      (error) => error
    )
    t.match(message, /PORT: write a whole number/)
    t.match(message, /- FIRST_WORD: write a word \(the tool first reads it\)/)
    t.match(message, /- SECOND_WORD: write a word \(the tool second reads it\)/)
    t.ok(await loadConfig({ FIRST_WORD: ' ' }, place, [tools]), 'empty counts as unset')
  }
)

t.test('a tool is opened with its values, or not offered with one line that says what sets it', async (t) => {
  const { place, tools } = await folder(t, {
    'a.ts': says('first', 'FIRST_WORD'),
    'b.ts': says('second', 'SECOND_WORD'),
    'c.ts': plain
  })
  const config = await loadConfig({ FIRST_WORD: 'hello' }, place, [tools])
  const here = house()
  const opened = await openTools(config.configureTools((await loadOffer([tools])).tools), here)
  t.same(
    opened.tools.map(({ name }) => name),
    ['first', 'plain']
  )
  t.same(await Promise.all(opened.tools.map((tool) => tool.run({}, {} as never))), [
    { word: 'hello' },
    { word: 'plain' }
  ])
  t.same(here.lines, ['The tool second is not offered. What it needs is set with SECOND_WORD.'])
  await opened.close()
  await opened.close()
  t.same(life(), ['first opened in /data', 'first closed'], 'closed once')
})

t.test('a tool that cannot be opened stops the start, and what was open is closed', async (t) => {
  const { place, tools } = await folder(t, {
    'a.ts': says('first', 'FIRST_WORD'),
    'b.ts': says('second', 'SECOND_WORD')
  })
  const config = await loadConfig({ FIRST_WORD: 'hello', SECOND_WORD: 'fails' }, place, [tools])
  await t.rejects(openTools(config.configureTools((await loadOffer([tools])).tools), house()), {
    message: 'The tool second could not be opened: no word'
  })
  t.same(life(), ['first opened in /data', 'first closed'])
})

t.test('a resource that cannot be served stops the start, and its tool is closed', async (t) => {
  const here = house()
  const closed: string[] = []
  const tool = (name: string, resources: unknown[], fails = false) => ({
    name,
    variables: [],
    open: async () => ({
      name,
      resources,
      close: () => {
        closed.push(name)
        if (fails) throw new Error('it hangs')
      }
    })
  })
  const tools = [tool('good', [], true), tool('odd', [{ name: 'x' }])]
  await t.rejects(openTools(tools as never, here), {
    message: /^The tool odd could not be opened: .*uri/
  })
  t.same(closed, ['odd', 'good'])
  t.same(here.lines, ['A tool could not be closed: it hangs'])
})

t.test('tools that were loaded anew are configured from the same environment', async (t) => {
  const { place, tools } = await folder(t, { 'a.ts': says('first', 'FIRST_WORD') })
  const config = await loadConfig({ FIRST_WORD: 'hello', SECOND_WORD: 'Wrong' }, place, [tools])
  const later = await folder(t, { 'a.ts': says('renamed', 'FIRST_WORD'), 'b.ts': plain })
  const { tools: reopened } = await openTools(config.configureTools((await loadOffer([later.tools])).tools), house())
  t.same(
    reopened.map(({ name }) => name),
    ['plain', 'renamed']
  )
  const wrong = await folder(t, { 'a.ts': says('second', 'SECOND_WORD') })
  const definitions = (await loadOffer([wrong.tools])).tools
  t.throws(() => config.configureTools(definitions), { name: 'ConfigError', message: /SECOND_WORD: write a word/ })
})

t.test('the guide shows a tool with variables that works as it stands', async (t) => {
  const guide = await readFile(new URL('../../../docs/adding-a-tool.md', import.meta.url), 'utf8')
  const source = /```ts\n(\/\/ Asks the weather[\s\S]*?)```/
    .exec(guide)![1]!
    .replace("'zod'", JSON.stringify(ZOD))
    .replace("'../authoring/tool.ts'", JSON.stringify(CONTRACT))
  const { place, tools } = await folder(t, {})
  await writeFile(join(place, 'weather.ts'), source)
  await t.rejects(loadConfig({ WEATHER_URL: 'nowhere' }, place, [tools]), {
    message: /WEATHER_URL: .+ \(the tool weather reads it\)/
  })
  const open = async (env: Record<string, string>) =>
    (await openTools((await loadConfig(env, place, [tools])).configureTools((await loadOffer([tools])).tools), house()))
      .tools
  t.same(await open({}), [])
  t.same(
    (await open({ WEATHER_URL: 'http://127.0.0.1:9/' })).map(({ name }) => name),
    ['weather']
  )
})
