// The lists of each upstream as they were last seen, and what has changed in them. Stored, so that a server that is down when
// ours starts keeps its tools, and that no restart hides a change. All instances share it.
import { hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../../clock.ts'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import { StorageUnavailable, type Storage } from '../../storage/contract.ts'
import type { Catalogue } from '../contract.ts'
import { arrange, ownListsOf } from './arrange.ts'
import { compare, logChanges, type Change } from './changes.ts'
import type { Log, OwnLists } from './contract.ts'
import { createFindings, warnOnce } from './findings.ts'

/** Bytes of JSON, about: of the lists of one upstream. What is larger is not stored, and its changes are not seen. */
const MAX_STORED = 8 * 1024 * 1024
/** Changes of each upstream: of texts, and of what is new or gone. */
const MAX_CHANGES = 100
const DAY_SECONDS = 86_400
/** After this time without having been seen an upstream is forgotten. */
const LIFETIME = 366 * DAY_SECONDS
/** Lists that stay the same are written this often, so that they are not forgotten. */
const REWRITE_AFTER = 7 * DAY_SECONDS
/** Of the record. One of another format counts as absent. */
const FORMAT = 1

interface LastSeen {
  format: typeof FORMAT
  /** Seconds since the epoch. */
  at: number
  lists: OwnLists
}

export interface Remembered {
  /** What was seen last, under these settings. Never throws for storage that does not answer. */
  load(settings: UpstreamSettings): Promise<Catalogue | undefined>
  /** Logs, with both texts, what has changed. Never throws for storage that does not answer. */
  store(settings: UpstreamSettings, catalogue: Catalogue): Promise<void>
  /** When it was last stored, in seconds since the epoch. @throws StorageUnavailable */
  lastSeen(settings: UpstreamSettings): Promise<{ at: number; catalogue: Catalogue } | undefined>
  /** Of these upstreams, oldest first. @throws StorageUnavailable */
  changes(upstreams: readonly string[]): Promise<readonly Change[]>
}

export function createRemembered (storage: Pick<Storage, 'collection'>, now: Clock, log: Log): Remembered {
  const records = storage.collection<LastSeen>('upstreamLists')
  const history = storage.collection<{ changes: Change[] }>('upstreamChanges')
  const arranged = ({ lists }: LastSeen, settings: UpstreamSettings) => arrange(lists, settings, createFindings(settings.name))

  const lastSeen = async (settings: UpstreamSettings) => {
    const record = await records.find(idOf(settings))
    return record?.format === FORMAT ? { at: record.at, catalogue: arranged(record, settings) } : undefined
  }

  /**
   * Of several instances that see a change, the one whose write comes first reports it.
   * @param text the lists as JSON.
   * @returns what has changed, compared before the write, since that takes its time.
   */
  async function replace (settings: UpstreamSettings, catalogue: Catalogue, next: LastSeen, text: string): Promise<Change[]> {
    for (;;) {
      const found = await records.find(idOf(settings))
      const record = found?.format === FORMAT ? found : undefined
      await nextTurn()
      const before = record && JSON.stringify(record.lists)
      if (record && before === text && record.at > next.at - REWRITE_AFTER) return []
      const changes =
        record && before !== text ? await compare(arranged(record, settings), catalogue, settings.name, next.at) : []
      const isFirst = await records.update<boolean>(idOf(settings), (current) => {
        const isOther = current?.format === FORMAT ? JSON.stringify(current.lists) !== before : before !== undefined
        return isOther ? { result: false } : { write: { record: next, ttl: LIFETIME }, result: true }
      })
      if (isFirst) return changes
    }
  }

  return {
    lastSeen,
    load: (settings) =>
      orWarn(log, settings.name, 'read', async () => (await lastSeen(settings))?.catalogue),
    store: (settings, catalogue) =>
      orWarn(log, settings.name, 'stored', async () => {
        const at = now()
        const lists = ownListsOf(catalogue)
        const text = JSON.stringify(lists)
        if (text.length > MAX_STORED) {
          warnOnce(log, settings.name, 'its lists are too large to be stored: what changes in them is not noticed')
          return
        }
        const changes = await replace(settings, catalogue, { format: FORMAT, at, lists }, text)
        if (changes.length === 0) return
        logChanges(log, settings.name, changes)
        await history.update<void>(settings.name, (found) => ({
          write: { record: { changes: lastOf([...(found?.changes ?? []), ...changes]) }, ttl: LIFETIME },
          result: undefined
        }))
      }),
    async changes (upstreams) {
      const found = await Promise.all(upstreams.map((name) => history.find(name)))
      return found.flatMap((record) => record?.changes ?? []).sort((one, other) => one.at - other.at)
    }
  }
}

/** The name and the target, without what is secret or in `env` and `headers`: another target is another server. */
function idOf ({ name, target, secrets }: UpstreamSettings): string {
  const parts = target.kind === 'http' ? [target.url] : [target.command, ...target.args, target.cwd]
  const open = parts.map((part) => secrets.filter((secret) => secret !== '').reduce((text, secret) => text.replaceAll(secret, ''), part))
  return `${name}:${hash('sha256', JSON.stringify(open), 'base64url')}`
}

/** New tools in any number do not push out what a text said before. */
function lastOf (changes: readonly Change[]): Change[] {
  const isText = ({ what }: Change) => what !== 'added' && what !== 'removed'
  const kept = new Set([
    ...changes.filter(isText).slice(-MAX_CHANGES),
    ...changes.filter((change) => !isText(change)).slice(-MAX_CHANGES)
  ])
  return changes.filter((change) => kept.has(change))
}

async function orWarn<T> (log: Log, upstream: string, verb: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error
    warnOnce(log, upstream, `what was seen last of its lists cannot be ${verb}: ${error.message}`)
    return undefined
  }
}
