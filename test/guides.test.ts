// The guides as a test: what they show works as it stands, what they
// say of clients is what the replay of those clients
// does, every variable they name exists, and every guide is reached from the README.
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse as parseToml } from 'smol-toml'
import t from 'tap'
import { parse as parseYaml } from 'yaml'
import { registry } from '../auth-backends/registry.ts'
import { variables } from '../config/variables.ts'
import { paths } from '../paths.ts'
import type { Tool } from '../authoring/tool.ts'
import { loadOffer } from '../authoring/loader/load.ts'
import { readDockerfile } from './deploy/dockerfile.ts'
import { clientProfiles } from './helpers/client-profiles.ts'

const ROOT = new URL('..', import.meta.url).pathname
const read = (file: string) => readFile(join(ROOT, file), 'utf8')
const guides = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)
const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp('^( *)```' + language + '\\n([\\s\\S]*?)^\\1```', 'gm'))].map(([, , source]) => source!)

t.test('every guide is reached from the README', async (t) => {
  const seen = new Set<string>()
  const visit = async (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, link] of (await read(file)).matchAll(/\]\(([^)#\s]+\.md)/g)) { await visit(normalize(join(dirname(file), link!))) }
  }
  await visit('README.md')
  t.same(
    guides.filter((file) => !seen.has(file)),
    []
  )
})

t.test('every variable that a guide names is one that is read', async (t) => {
  const backends = await Promise.all(Object.values(registry).map((load) => load()))
  const known = new Set([
    ...Object.keys(variables.shape),
    ...backends.flatMap((backend) => Object.keys(backend.default.env.shape))
  ])
  /** Of others: the compose file, Railway; and of the examples. */
  const foreign = new Set(['POSTGRES_PASSWORD', 'RAILWAY_RUN_UID'])
  for (const file of guides.filter((name) => /deploying|operations|upgrading|connecting|tutorial/.test(name))) {
    const named = [...(await read(file)).matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`/g)].map(([, name]) => name!)
    t.same(
      named.filter((name) => !known.has(name) && !foreign.has(name)),
      [],
      file
    )
  }
})

t.test('the tool of the tutorial page works', async (t) => {
  const place = await mkdtemp(join(tmpdir(), 'mcp-guides-'))
  t.teardown(() => rm(place, { recursive: true, force: true }))
  const [source] = blocks(await read('docs/from-the-tutorial.md'), 'ts')
  await writeFile(
    join(place, 'roll-dice.ts'),
    source!
      .replace("from 'zod'", `from ${JSON.stringify(import.meta.resolve('zod'))}`)
      .replace("'../authoring/tool.ts'", JSON.stringify(new URL('../authoring/tool.ts', import.meta.url).href))
  )
  const [tool] = (await loadOffer([pathToFileURL(`${place}/`)])).tools as Tool[]
  const result = (await tool!.run(tool!.input.parse({ dice: 4 }), {
    signal: new AbortController().signal
  } as never)) as { shows: number[] }
  t.equal(result.shows.length, 4)
})

t.test('the files that the guides show can be read', async (t) => {
  for (const file of guides) {
    const text = await read(file)
    for (const source of blocks(text, 'json')) t.doesNotThrow(() => JSON.parse(source), `${file}: ${source}`)
    for (const source of blocks(text, 'toml')) t.doesNotThrow(() => parseToml(source), `${file}: ${source}`)
    for (const source of blocks(text, 'yaml')) t.doesNotThrow(() => parseYaml(source), `${file}: ${source}`)
  }
  const { image } = await readDockerfile(ROOT)
  const deploying = await read('docs/deploying.md')
  const {
    services: [render]
  } = parseYaml(blocks(deploying, 'yaml')[0]!) as {
    services: [{ healthCheckPath: string; disk: { mountPath: string }; envVars: Array<{ key: string }> }]
  }
  t.equal(render.healthCheckPath, paths.ready)
  t.equal(render.disk.mountPath, image.env['DATA_DIR'])
  for (const { key } of render.envVars) t.ok(key in variables.shape, key)
  t.match(deploying, `Healthcheck Path: \`${paths.ready}\``)
})

t.test('what the pages of the clients say is what the replay of those clients does', async (t) => {
  const replayed = JSON.stringify(clientProfiles)
  for (const file of guides.filter(
    (name) => name.startsWith('docs/connecting-') && name !== 'docs/connecting-a-client.md'
  )) {
    const text = await read(file)
    const urls = [...text.matchAll(/`(https:\/\/[^`<>…\s]+)`/g)].map(([, url]) => url!)
    t.ok(urls.length > 0, file)
    t.same(
      urls.filter((url) => !replayed.includes(url)),
      [],
      `${file}: addresses of the client`
    )
    for (const heading of ['What it does on the wire', 'When it does not work', 'What was tested']) { t.match(text, heading, file) }
  }
})
