// The application of docs/fastify-plugin.md in a folder of its own: its
// files as they are printed, with a copy of Fastify that
// is not the server's.
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance } from 'fastify'

const ROOT = new URL('../..', import.meta.url).pathname
const MODULES = join(ROOT, 'node_modules')

interface Teardown {
  teardown(work: () => Promise<void>): void
}

/** @returns the folder. It is deleted after the test. */
export async function writeShop (t: Teardown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-shop-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const guide = await readFile(join(ROOT, 'docs/fastify-plugin.md'), 'utf8')
  const [shop, server] = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, source]) => source!)
  await writeFile(join(folder, 'shop.ts'), shop!)
  await writeFile(join(folder, 'server.ts'), server!)
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await mkdir(join(folder, 'public'))
  await writeFile(join(folder, 'public/hours.txt'), 'From 9 to 5')
  await copyFastify(folder)
  for (const name of ['@fastify/cors', '@fastify/static']) await link(folder, name)
  await writePackage(folder)
  return folder
}

/** Another copy, with the same dependencies. */
async function copyFastify (folder: string): Promise<void> {
  const { dependencies } = JSON.parse(await readFile(join(MODULES, 'fastify/package.json'), 'utf8')) as { dependencies: object }
  await cp(join(MODULES, 'fastify'), join(folder, 'node_modules/fastify'), { recursive: true })
  for (const name of Object.keys(dependencies)) await link(folder, name)
}

async function link (folder: string, name: string): Promise<void> {
  const place = join(folder, 'node_modules', name)
  await mkdir(dirname(place), { recursive: true })
  await symlink(join(MODULES, name), place)
}

/** The package with what it exports, from this checkout. */
async function writePackage (folder: string): Promise<void> {
  const place = join(folder, 'node_modules/@mcp-oauth-server/server')
  await mkdir(place, { recursive: true })
  await writeFile(join(place, 'package.json'), '{ "type": "module", "exports": { ".": "./index.js", "./fastify": "./fastify.js" } }')
  const from = (file: string) => JSON.stringify(pathToFileURL(join(ROOT, file)).href)
  await writeFile(join(place, 'index.js'), `export * from ${from('authoring/index.ts')}`)
  await writeFile(join(place, 'fastify.js'), `export { default } from ${from('fastify/index.ts')}`)
}

export interface Shop {
  buildShop(): FastifyInstance
  orders: object[]
}

export const importShop = async (folder: string): Promise<Shop> => import(pathToFileURL(join(folder, 'shop.ts')).href)

/** @returns an application, and its routes as `METHOD URL`, in the order in which they are registered. */
export function withTable (build: () => FastifyInstance): { app: FastifyInstance; table: string[] } {
  const tables = new Map<unknown, string[]>()
  const listen = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance }
    const table: string[] = []
    tables.set(fastify, table)
    fastify.addHook('onRoute', ({ method, url }) => {
      table.push(...[method].flat().map((one) => `${one} ${url}`))
    })
  }
  subscribe('fastify.initialization', listen)
  try {
    const app = build()
    return { app, table: tables.get(app)! }
  } finally {
    unsubscribe('fastify.initialization', listen)
  }
}
