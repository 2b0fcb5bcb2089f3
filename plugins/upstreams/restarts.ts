// Existing servers are started again where an owner or the operator asks for it, on every instance: what is asked for is
// stored, so that a command in another process reaches a running server.
// Tested in test/plugins/upstreams/restarts.test.ts.
import { randomUUID } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Storage } from '../storage/contract.ts'

/** What is not seen within an hour is of no use any more. */
const LIFETIME = 3_600
/** How often storage is asked whether another process has asked. */
const LOOK_EVERY_MS = 1_000
const KIND = 'upstreamRestarts'

interface Asked {
  /** Tells one request from the next. */
  id: string
}

interface Deps {
  storage: Pick<Storage, 'collection'>
  audit: Pick<FastifyInstance['audit'], 'note'>
}

/**
 * Has every instance end its connections and processes of an existing server, and begin again. Audited.
 * @param by the id of an owner, or `operator`. @throws StorageUnavailable
 */
export async function askForRestart ({ storage, audit }: Deps, upstream: string, by: string): Promise<void> {
  await storage.collection<Asked>(KIND).put(upstream, { id: randomUUID() }, LIFETIME)
  audit.note('upstream_restarted', { upstream, by })
}

export default fp(
  async function followRestarts (app: FastifyInstance) {
    const asked = app.storage.collection<Asked>(KIND)
    const seen = new Map<string, string>()
    /** @param isStart what was asked of an earlier process is done with this start. */
    async function look (isStart = false): Promise<void> {
      for (const { settings: { name } } of app.upstreams.all) {
        const id = (await asked.find(name))?.id
        if (id === undefined || seen.get(name) === id) continue
        seen.set(name, id)
        // One that hangs delays no other, nor the end of this server.
        if (!isStart) app.upstreams.find(name)?.restart()
      }
    }
    const warn = (err: unknown) => app.log.warn({ err }, 'whether an existing server is to be started again could not be read')
    let turn: Promise<void> = Promise.resolve()
    const lookSoon = () => (turn = turn.then(() => look()).catch(warn))
    let timer: NodeJS.Timeout | undefined
    app.addHook('onReady', async () => {
      await look(true).catch(warn)
      timer = setInterval(() => { if (app.upstreams.all.length > 0) lookSoon() }, LOOK_EVERY_MS).unref()
    })
    app.addHook('onClose', async () => {
      clearInterval(timer)
      await turn
    })
  },
  { name: 'upstream-restarts', dependencies: ['upstreams'] }
)
