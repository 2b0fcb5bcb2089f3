// Reads mcp.json again while the server runs: on SIGHUP, and in development when it is saved.
import { basename } from 'node:path'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { ReadUpstreams, UpstreamSettings } from '../../config/upstreams.ts'

/** Milliseconds in which an editor's several writes count as one change. */
const DEBOUNCE_MS = 100

export interface FollowOptions {
  upstreams: readonly UpstreamSettings[]
  upstreamsFile: string
  readUpstreams(): ReadUpstreams
  /** What receives SIGHUP: the process, unless the server is a part of another program. */
  signals?: NodeJS.EventEmitter | undefined
  /** Whether the file is watched. */
  watches: boolean
}

export default fp(
  async function followUpstreams (app: FastifyInstance, options: FollowOptions) {
    const { upstreamsFile, readUpstreams, signals, watches } = options
    const file = basename(upstreamsFile)
    let known = options.upstreams
    let turn = Promise.resolve()
    const readAgain = async () => {
      const read = readUpstreams()
      if ('problems' in read) {
        app.log.error(`${file} was read again, but the previous upstreams stay: ${read.problems.join('; ')}`)
        return
      }
      const changes = describeChanges(known, read.upstreams)
      if (changes !== undefined) await app.upstreams.replace(read.upstreams)
      known = read.upstreams
      app.log.info(`${file} was read again: ${changes ?? 'nothing has changed'}`)
    }
    // One after the other: each sees what the one before has left.
    const onChange = () => {
      turn = turn.then(readAgain).catch((err: unknown) => app.log.error({ err }, `${file} was read again, and could not be followed`))
    }
    signals?.on('SIGHUP', onChange)
    const unwatch = watches ? await watchFile(app, upstreamsFile, onChange) : undefined
    app.addHook('onClose', async () => {
      signals?.off('SIGHUP', onChange)
      await unwatch?.()
      await turn
    })
  },
  { name: 'follow-upstreams', dependencies: ['upstreams'] }
)

/** @returns names in words; undefined for no difference. What has changed in them may be secret. */
function describeChanges (before: readonly UpstreamSettings[], now: readonly UpstreamSettings[]): string | undefined {
  const texts = (all: readonly UpstreamSettings[]) => new Map(all.map((settings) => [settings.name, JSON.stringify(settings)]))
  const [old, next] = [texts(before), texts(now)]
  const parts = Object.entries({
    added: [...next.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !next.has(name)),
    changed: [...next.keys()].filter((name) => old.has(name) && old.get(name) !== next.get(name))
  })
  const words = parts.filter(([, names]) => names.length > 0).map(([what, names]) => `${what} ${names.join(', ')}`)
  return words.length === 0 ? undefined : words.join('; ')
}

/** The file may not be there yet. @returns what ends it. */
async function watchFile (app: FastifyInstance, file: string, changed: () => void): Promise<() => Promise<void>> {
  const { watch } = await import('chokidar')
  const watcher = watch(file, { ignoreInitial: true })
  let timer: NodeJS.Timeout | undefined
  watcher.on('all', () => {
    clearTimeout(timer)
    timer = setTimeout(changed, DEBOUNCE_MS)
  })
  // Such as a system that has no file watches left: a change then counts at SIGHUP or the next start.
  watcher.on('error', (err) => app.log.error({ err }, `${basename(file)} is not watched`))
  await new Promise<void>((resolve) => {
    watcher.on('ready', resolve)
  })
  return async () => {
    clearTimeout(timer)
    await watcher.close()
  }
}
