// What Node's permission model leaves open in a worker is closed here, before any task is loaded: the network
// (--allow-net is not in Node 24), files through SQLite and V8, and other processes.
import dgram from 'node:dgram'
import dns from 'node:dns'
import module from 'node:module'
import net from 'node:net'
import os from 'node:os'
import type { DatabaseSyncOptions } from 'node:sqlite'
import { getSystemErrorMap } from 'node:util'
import v8 from 'node:v8'

type Methods = Record<string, unknown>

/**
 * libuv's number for "permission denied": what a native handle answers, so that callers see an ordinary error and no
 * exception in a callback.
 */
const [EACCES] = [...getSystemErrorMap()].find(([, [name]]) => name === 'EACCES')!

const denied = (what: string): Error =>
  Object.assign(new Error(`A worker has no ${what}.`), { code: 'ERR_ACCESS_DENIED' })

/** @throws when Node no longer has them: a worker that cannot be closed must not start. */
function closeHandle (handle: unknown, names: RegExp): void {
  const methods = Object.getPrototypeOf(handle) as Methods
  const found = Object.getOwnPropertyNames(methods).filter(
    (name) => names.test(name) && typeof methods[name] === 'function'
  )
  if (found.length === 0) throw new Error(`This version of Node has no ${names} where they are expected`)
  for (const name of found) Object.defineProperty(methods, name, { value: () => EACCES })
}

/**
 * Every way out (net, tls, http, https, http2, fetch, WebSocket, EventSource, dgram, dns) ends at one of these four
 * native handles, and they
 * cannot be made without it: `process.binding` is refused by the permission model.
 */
function closeNetwork (): void {
  /** The first handle of a socket: a socket that cannot connect loses it at once. */
  const handleOf = (connect: (socket: net.Socket) => void): unknown => {
    const socket = new net.Socket().on('error', () => {
      /* it is destroyed below, before it has connected */
    })
    let first: unknown
    let current: unknown
    Object.defineProperty(socket, '_handle', {
      get: () => current,
      set (handle: unknown) {
        first ??= handle
        current = handle
      }
    })
    connect(socket)
    socket.destroy()
    return first
  }
  const streams = /^(?:open|bind6?|connect6?|listen)$/
  closeHandle(
    handleOf((socket) => socket.connect(1, '127.0.0.1')),
    streams
  )
  closeHandle(
    handleOf((socket) => socket.connect('/nowhere')),
    streams
  )
  const datagrams = dgram.createSocket('udp4') as unknown as Record<symbol, { handle?: object }>
  const state = Object.getOwnPropertySymbols(datagrams)
    .map((symbol) => datagrams[symbol])
    .find((value) => value?.handle)
  closeHandle(state?.handle, /^(?:open|bind6?|connect6?|send6?|recvStart)$/)
  closeHandle((new dns.Resolver() as unknown as { _handle: object })._handle, /^(?:query\w+|getHostByAddr)$/)
  for (const name of ['lookup', 'lookupService'] as const) {
    const refuse = (...args: unknown[]) => process.nextTick(args.at(-1) as (error: Error) => void, denied('network'))
    Object.defineProperty(dns, name, { value: refuse })
    Object.defineProperty(dns.promises, name, {
      value: async () => {
        throw denied('network')
      }
    })
  }
}

/**
 * The permission model does not look at what SQLite opens itself.
 * @param readable the files that this worker may open, to read.
 */
function closeSqlite (readable: readonly string[]): void {
  // Not imported: what a module exports under a name would stay as it was when it was first imported.
  const sqlite = process.getBuiltinModule('node:sqlite')
  const { DatabaseSync } = sqlite
  const guarded = new Proxy(DatabaseSync, {
    construct (target, [path, options]: [unknown, DatabaseSyncOptions | undefined]) {
      const inMemory = path === ':memory:'
      if (!inMemory && !readable.includes(path as string)) throw denied('such file')
      const bounded = {
        ...options,
        ...(!inMemory && { readOnly: true }),
        allowExtension: false,
        limits: { ...options?.limits, attach: 0 }
      }
      return Reflect.construct(target, [path, bounded]) as object
    }
  })
  Object.defineProperty(DatabaseSync.prototype, 'constructor', { value: guarded })
  Object.defineProperty(sqlite, 'DatabaseSync', { value: guarded })
  Object.defineProperty(sqlite, 'backup', {
    value: async () => {
      throw denied('such file')
    }
  })
}

/**
 * What code may call on `process`: what reads, and what ends this process alone. Node adds members of its own under
 * new names, `_debugProcess` among them, which opens the debugger of any other process.
 */
const PROCESS_MEMBERS = new Set(
  ('abort availableMemory constrainedMemory cpuUsage cwd emitWarning exit getBuiltinModule getegid geteuid getgid ' +
    'getgroups getuid hasUncaughtExceptionCaptureCallback hrtime memoryUsage nextTick reallyExit ref resourceUsage ' +
    'setSourceMapsEnabled setUncaughtExceptionCaptureCallback threadCpuUsage unref uptime ' +
    // Called by Node itself, or refused by the permission model.
    '_fatalException _rawDebug _tickCallback binding dlopen execve').split(' ')
)

/** Signals, the debugger and priorities of other processes, and everything else that is not listed. */
function closeProcess (): void {
  for (const name of Object.getOwnPropertyNames(process)) {
    const { value } = Object.getOwnPropertyDescriptor(process, name)!
    if (typeof value !== 'function' || PROCESS_MEMBERS.has(name)) continue
    Object.defineProperty(process, name, { value: refuse(`process.${name}`) })
  }
  Object.defineProperty(os, 'setPriority', { value: refuse('priorities') })
  // Flags of V8 write traces and profiles into any folder, past the permission model.
  Object.defineProperty(v8, 'setFlagsFromString', { value: refuse('flags of V8') })
}

const refuse = (what: string) => () => {
  throw denied(what)
}

/** @param readable files that SQLite may open, as they are named in `reads` of a task. */
export function closeWorker (readable: readonly string[]): void {
  closeNetwork()
  closeSqlite(readable)
  closeProcess()
  module.syncBuiltinESMExports()
}
