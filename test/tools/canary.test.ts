// No text visits an address or reads a file, in any argument of any tool, prompt or resource, or in a document (threats
// TL-07, WK-04).
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { mcpClient, type McpClient } from '../helpers/mcp.ts'
import { startServer } from '../helpers/server.ts'
import { folder } from '../helpers/tool-context.ts'
import { argumentsHolding } from './canary-arguments.ts'

/** Stands wherever a canary leads to, and nowhere else. */
const SECRET = /hippocanary/i

const LEADS_TO = JSON.stringify({
  secret: {
    type: 'object',
    title: 'HippocanaryTitle',
    description: 'hippocanary',
    properties: { hippocanary: { type: 'string', enum: ['HIPPOCANARY'] } }
  },
  leak: { type: 'hippocanary' }
})

const KEYS = ['$id', 'id', '$ref', '$anchor', '$dynamicRef', '$recursiveRef', '$schema', '@context', 'href', 'src']

interface Canary {
  url: string
  redirect: string
  path: string
  visits: string[]
}

async function openCanary (t: Test): Promise<Canary> {
  const visits: string[] = []
  const server = createServer((request, response) => {
    visits.push(request.url!)
    if (request.url === '/redirect') response.writeHead(302, { location: '/canary.json' })
    response.end(LEADS_TO)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const path = join(await folder(t), 'canary.json')
  await writeFile(path, LEADS_TO)
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: `${origin}/canary.json`, redirect: `${origin}/redirect`, path, visits }
}

const schema = (key: string, target: string) => ({
  type: 'object',
  [key]: target,
  properties: { a: { $ref: '#/secret' }, b: { $ref: '#/leak' } }
})

/** What to write into a text: addresses as they are, and in whatever somebody could take the text for. */
function textsOf ({ url, redirect, path }: Canary): string[] {
  const file = pathToFileURL(path).href
  const asSchema = KEYS.flatMap((key, index) => [schema(key, url), schema(key, index % 2 === 0 ? file : path)])
  const inside = KEYS.map((key) => ({
    type: 'object',
    properties: { inner: schema(key, url) },
    items: schema(key, path)
  }))
  const documents = [url, path].flatMap((target) => [
    target,
    `<!DOCTYPE a SYSTEM "${target}" [<!ENTITY x SYSTEM "${target}">]><a href="${target}"><img src="${target}">&x;</a>`,
    `# A\n![a](${target}) @import "${target}"; {{${target}}} {{> ${target}}}`,
    `a,b\n=WEBSERVICE("${target}"),@${target}`,
    `SELECT readfile('${target}'), load_extension('${target}')`,
    `ATTACH '${target}' AS x`,
    `SELECT * FROM "${target}"`
  ])
  return [
    ...[...asSchema, ...inside, schema('$id', redirect), [schema('$id', url)]].map((value) => JSON.stringify(value)),
    ...documents,
    redirect,
    file
  ]
}

/** Few at a time: a server without sign-in has one person. */
async function inTurn<Item> (items: Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]()
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const item of rest) await work(item)
    })
  )
}

async function open (t: Test, documents?: Record<string, string>) {
  const shop = join(await folder(t), 'shop.db')
  new DatabaseSync(shop).exec('CREATE TABLE people (name text)')
  const server = await startServer(t, {
    env: { AUTH_BACKEND: 'none', DATABASE_FILES: shop, BODY_LIMIT: '1000000' },
    ...(documents && { documents })
  })
  return { ...server, client: mcpClient(`${server.url}/mcp`) }
}

async function list (client: McpClient, method: string, member: string): Promise<any[]> {
  const { json } = await client.modern(method)
  return json.result[member]
}

t.test('no text in any argument of any tool is visited or read (TL-07) (WK-04)', async (t) => {
  const canary = await openCanary(t)
  const { client } = await open(t)
  const texts = textsOf(canary)
  const tools = await list(client, 'tools/list', 'tools')
  t.ok(tools.length >= 10)
  for (const { name, inputSchema } of tools) {
    const calls = texts.flatMap((text) => argumentsHolding(inputSchema, text))
    let answered = 0
    await inTurn(calls, async (args) => {
      const { json, text } = await client.modern('tools/call', { name, arguments: args })
      if (json?.result) answered++
      if (SECRET.test(text)) t.fail(`${name} told the secret`, { args, text })
    })
    t.equal(answered, calls.length, `${name}: ${calls.length} calls`)
    t.same(canary.visits, [], `${name} visits nothing`)
  }
})

t.test('nor in any argument of a prompt, in any address of a resource, or where one is completed (WK-04)', async (t) => {
  const canary = await openCanary(t)
  const { client } = await open(t)
  const targets = [canary.url, canary.redirect, pathToFileURL(canary.path).href, canary.path]
  const requests: Array<[method: string, params: Record<string, any>]> = targets.map((uri) => [
    'resources/read',
    { uri }
  ])
  for (const { name, arguments: members } of await list(client, 'prompts/list', 'prompts')) {
    for (const { name: one } of members) {
      for (const target of targets) {
        requests.push([
          'prompts/get',
          { name, arguments: Object.fromEntries(members.map(({ name }: { name: string }) => [name, target])) }
        ])
        requests.push([
          'completion/complete',
          { ref: { type: 'ref/prompt', name }, argument: { name: one, value: target } }
        ])
      }
    }
  }
  for (const { uriTemplate } of await list(client, 'resources/templates/list', 'resourceTemplates')) {
    for (const target of targets) {
      for (const text of [target, encodeURIComponent(target)]) { requests.push(['resources/read', { uri: uriTemplate.replaceAll(/\{[^}]*\}/g, text) }]) }
    }
  }
  t.ok(requests.length > 20)
  await inTurn(requests, async ([method, params]) => {
    const { json, text } = await client.modern(method, params)
    if (json === undefined || SECRET.test(text)) t.fail(`${method} ${JSON.stringify(params)}: ${text}`)
  })
  t.same(canary.visits, [])
})

/** A page whose contents, image and action lie elsewhere (ISO 32000-1 §7.3.8.2, external streams). */
const pdf = (target: string): string => `%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R /OpenAction << /S /URI /URI (${target}) >> >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> /Font << /F1 6 0 R >> >> >> endobj
4 0 obj << /Length 40 /F (${target}) >> stream
BT /F1 12 Tf (walnut) Tj ET /I Do       
endstream endobj
5 0 obj << /Type /XObject /Subtype /Image /Width 1 /Height 1 /Length 0 /F << /FS /URL /F (${target}) >> >> stream
endstream endobj
6 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> endobj
trailer << /Root 1 0 R >>
`

t.test('nor in a document, whichever way it is read (WK-04)', async (t) => {
  const canary = await openCanary(t)
  const documents: Record<string, string> = {}
  for (const [name, target] of Object.entries({
    url: canary.url,
    file: pathToFileURL(canary.path).href,
    path: canary.path
  })) {
    const html = `<html><head><base href="${target}"><link rel="stylesheet" href="${target}"><script src="${target}"></script></head><body><p>walnut</p><img src="${target}"><iframe src="${target}"></iframe><object data="${target}"></object></body></html>`
    Object.assign(documents, {
      [`small-${name}.html`]: html,
      [`large-${name}.html`]: html.replace('<p>', `<p>${'nut '.repeat(40_000)}`),
      [`${name}.pdf`]: pdf(target),
      [`${name}.md`]: `# walnut\n\n![](${target})`,
      [`${name}.xml`]: `<!DOCTYPE a SYSTEM "${target}"><a>walnut</a>`
    })
  }
  const { app, client } = await open(t, documents)
  t.ok((await app.library.count()) >= 12)
  for (const id of Object.keys(documents)) { t.notMatch((await client.modern('tools/call', { name: 'fetch', arguments: { id } })).text, SECRET, id) }
  t.same(canary.visits, [])
})
