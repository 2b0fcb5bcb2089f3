// A task for the workers' test that tries, one way at a time, to get
// out of its process: to the network, to files, to
// other processes.
import { execFileSync, fork } from 'node:child_process'
import { createSocket } from 'node:dgram'
import dns, { promises as dnsPromises } from 'node:dns'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { createRequire } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import { DatabaseSync, backup } from 'node:sqlite'
import tls from 'node:tls'
import v8 from 'node:v8'
import { Worker } from 'node:worker_threads'

/** Where it tries to get: all of it exists, and may be reached from the test's own process. */
export interface Goal {
  /** Of a server on 127.0.0.1, for TCP and UDP alike. */
  port: number
  /** Of a server on a Unix socket. */
  socket: string
  /** A folder that is not the task's. */
  folder: string
  /** A text in it, a JSON file, and a SQLite database, of which there is a `.copy`. */
  secret: string
  json: string
  database: string
}

const host = '127.0.0.1'
const require = createRequire(import.meta.url)

async function listen (server: net.Server, where: number | string): Promise<void> {
  await once(server.listen(where as number, ...(typeof where === 'number' ? [host] : [])), 'listening')
  server.close()
}

async function asked (port: number, ask: (resolver: dns.promises.Resolver) => Promise<unknown>): Promise<unknown> {
  const resolver = new dnsPromises.Resolver({ timeout: 300, tries: 1 })
  resolver.setServers([`${host}:${port}`])
  return ask(resolver)
}

async function connected (socket: net.Socket, event = 'connect'): Promise<void> {
  try {
    await once(socket, event)
  } finally {
    socket.destroy()
  }
}

async function overHttp (get: typeof http.get, url: string): Promise<void> {
  const [response] = (await once(get(url), 'response')) as [http.IncomingMessage]
  response.destroy()
}

async function datagram (send: (socket: ReturnType<typeof createSocket>) => void): Promise<void> {
  const socket = createSocket('udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject).on('listening', resolve).on('connect', resolve)
      send(socket)
    })
  } finally {
    socket.close()
  }
}

/** A constructor that is reached in another way than by its name. */
const constructorOf = <T extends object>(made: T) =>
  Object.getPrototypeOf(made).constructor as new (...args: unknown[]) => T

export const network: Record<string, (goal: Goal) => unknown> = {
  'net.connect': ({ port }) => connected(net.connect(port, host)),
  'net.connect by name': ({ port }) => connected(net.connect(port, 'localhost')),
  'net.connect through require': ({ port }) => connected((require('net') as typeof net).connect(port, host)),
  'net.connect through getBuiltinModule': ({ port }) => connected(process.getBuiltinModule('net').connect(port, host)),
  'net.connect to a Unix socket': ({ socket }) => connected(net.connect(socket)),
  'net.Server': () => listen(net.createServer(), 0),
  'net.Server on a Unix socket': ({ folder }) => listen(net.createServer(), `${folder}/listening.sock`),
  'tls.connect': ({ port }) => connected(tls.connect({ port, host }), 'secureConnect'),
  'http.get': ({ port }) => overHttp(http.get, `http://${host}:${port}/`),
  'http.Server': () => listen(http.createServer(), 0),
  'https.get': ({ port }) => overHttp(https.get, `https://${host}:${port}/`),
  'http2.connect': ({ port }) =>
    new Promise((resolve, reject) => {
      const session = http2.connect(`http://${host}:${port}`, (made) => {
        made.destroy()
        resolve(true)
      })
      session.on('error', reject)
    }),
  fetch: ({ port }) => fetch(`http://${host}:${port}/`),
  WebSocket: ({ port }) =>
    new Promise((_resolve, reject) => {
      new WebSocket(`ws://${host}:${port}`).onerror = () => {
        reject(Object.assign(new Error('closed'), { code: 'no WebSocket' }))
      }
    }),
  'dgram send': ({ port }) =>
    datagram((socket) => {
      socket.send('x', port, host)
    }),
  'dgram connect': ({ port }) =>
    datagram((socket) => {
      socket.connect(port, host)
    }),
  'dgram bind': () =>
    datagram((socket) => {
      socket.bind(0, host)
    }),
  'dns.lookup': () =>
    new Promise((resolve, reject) => {
      dns.lookup('localhost', (error) => (error ? reject(error) : resolve(true)))
    }),
  'dns.promises.lookup': () => dnsPromises.lookup('localhost'),
  'dns.lookupService': () => dnsPromises.lookupService(host, 22),
  'dns resolve4': ({ port }) => asked(port, (resolver) => resolver.resolve4('example.com')),
  'dns resolveTxt': ({ port }) => asked(port, (resolver) => resolver.resolveTxt('example.com')),
  'dns reverse': ({ port }) => asked(port, (resolver) => resolver.reverse('192.0.2.1'))
}

export const files: Record<string, (goal: Goal) => unknown> = {
  readFile: ({ secret }) => fs.readFileSync(secret),
  'fs.promises': ({ secret }) => fs.promises.readFile(secret),
  stat: ({ secret }) => fs.statSync(secret),
  readdir: ({ folder }) => fs.readdirSync(folder),
  'the root of the project': () => fs.readdirSync(new URL('../../', import.meta.url)),
  'another room of the project': () => fs.readFileSync(new URL('../../plugins/workers.ts', import.meta.url)),
  'import of JSON': async ({ json }) => import(json, { with: { type: 'json' } }),
  require: ({ json }) => require(json),
  writeFile: ({ folder }) => fs.writeFileSync(`${folder}/written`, 'x'),
  'writeFile beside the code': () => fs.writeFileSync(new URL('./written', import.meta.url), 'x'),
  'sqlite: another database': ({ database }) => new DatabaseSync(database),
  'sqlite: to read': ({ database }) => new DatabaseSync(database, { readOnly: true }),
  'sqlite: to write': ({ database }) => new DatabaseSync(database).exec('CREATE TABLE written (a)'),
  'sqlite: a name that begins so': ({ database }) => new DatabaseSync(`${database}.copy`, { readOnly: true }),
  'sqlite: its constructor': ({ database }) => new (constructorOf(new DatabaseSync(':memory:')))(database),
  'sqlite: as file URL': ({ database }) => new DatabaseSync(new URL(`file://${database}`)),
  'sqlite: ATTACH': ({ database }) => new DatabaseSync(':memory:').exec(`ATTACH '${database}' AS other`),
  'sqlite: VACUUM INTO': ({ folder }) => new DatabaseSync(':memory:').exec(`VACUUM INTO '${folder}/vacuumed.db'`),
  'sqlite: backup': ({ folder }) => backup(new DatabaseSync(':memory:'), `${folder}/backup.db`)
}

export const processes: Record<string, (goal: Goal) => unknown> = {
  execFile: () => execFileSync('/bin/true'),
  fork: () => fork('/dev/null').kill(),
  'worker thread': async () => new Worker('', { eval: true }).terminate(),
  'a signal to the server': () => process.kill(process.ppid, 0),
  'process.binding': () => (Reflect.get(process, 'binding') as (name: string) => unknown)('tcp_wrap')
}

/** `exec` would replace the test, and the others are no harm that could be looked at. */
export const forWorkersOnly: Record<string, (goal: Goal) => unknown> = {
  execve: () =>
    (process as unknown as { execve: (file: string, args: string[]) => void }).execve('/bin/true', ['true']),
  'native code': () =>
    (process as unknown as { dlopen: (module: object, file: string) => void }).dlopen(
      { exports: {} },
      '/lib/none.node'
    ),
  inspector: async () => (await import('node:inspector')).open(0),
  report: ({ folder }) => process.report.writeReport(`${folder}/report.json`),
  'the debugger of the server': () => member<(pid: number) => void>('_debugProcess')(process.ppid),
  'a signal by the native function': () => member<(pid: number, signal: number) => number>('_kill')(process.ppid, 0),
  'the priority of the server': () => os.setPriority(process.ppid, 7),
  'a trace of V8': ({ folder }) => v8.setFlagsFromString(`--trace-turbo-path=${folder}`),
  'sqlite: a temporary file': ({ folder }) => {
    const database = new DatabaseSync(':memory:')
    database.exec(`PRAGMA temp_store = FILE; PRAGMA temp_store_directory = '${folder}'; PRAGMA cache_size = 10`)
    database.exec(
      'CREATE TEMP TABLE t AS WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 30000) ' +
        'SELECT randomblob(1000) AS a FROM c'
    )
  },
  'a message that Node obeys': () => process.send!({ cmd: 'NODE_HANDLE_ACK' })
}

const member = <Member>(name: string): Member => Reflect.get(process, name) as Member

/** What the server answers by ending the process, and what it writes into its log. */
export const deadly: Record<string, (goal: Goal) => unknown> = {
  'a result without its number': () => {
    fs.writeSync(3, Buffer.from([0, 0, 0, 20, ...Array<number>(20).fill(0)]))
    for (;;);
  },
  'a result that is too long': () => {
    fs.writeSync(3, Buffer.from([0xff, 0xff, 0xff, 0xff]))
    for (;;);
  }
}

const ways = { ...network, ...files, ...processes, ...forWorkersOnly, ...deadly }

/** @returns `done`, or the code of what refused it. */
export default async function reach ({ way, goal }: { way: string; goal: Goal }): Promise<string> {
  try {
    await ways[way]!(goal)
    return 'done'
  } catch (error) {
    const { code, cause, message } = error as NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException }
    return code ?? cause?.code ?? message
  }
}
