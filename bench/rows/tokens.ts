// Whether a call costs more when a million tokens are stored: the same call beside a storage with few, both where the
// tokens in use are kept in memory and where each call reads one from storage.
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { newToken } from '../../plugins/oauth/grants/token-format.ts'
import { hashSecret } from '../../plugins/secrets.ts'
import type { Bench } from '../run.ts'
import { connect } from '../connection.ts'
import { measureCost } from '../measure.ts'
import { startProcess, type Running } from '../processes.ts'
import { compare, type Row } from '../table.ts'

/** Seconds in which each of them is used at least once. */
const WARM_UP = 20
const MANY = 1_000_000
/** So many in use fit in memory, and so many do not. */
const [KEPT, READ] = [1_000, 12_000]

interface Place {
  server: Running
  tokens: string[]
}

export async function tokens ({ place, rounds, seconds }: Bench): Promise<Row[]> {
  const open = async (count: number): Promise<Place> => {
    const { env } = await place('SQLite')
    const server = await startProcess('shipped', env)
    await connect(server.url)
    return { server, tokens: multiplyGrant(join(env['DATA_DIR']!, 'oauth.db'), count) }
  }
  const cost = async ({ server, tokens }: Place, lasting = seconds) => {
    const { cost, refused } = await measureCost(server, {
      url: server.url,
      headers: { 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"calculate","arguments":{"expression":"1+1"}}}',
      tokens,
      connections: 32,
      seconds: lasting
    })
    if (refused > 0) throw new Error(`${refused} calls were refused`)
    return cost
  }
  const rows: Row[] = []
  for (const [inUse, what] of [
    [KEPT, 'kept in memory'],
    [READ, 'read at each call']
  ] as const) {
    const places = [await open(MANY), await open(inUse)]
    const [many, few] = places.map(({ server, tokens }) => ({ server, tokens: tokens.slice(0, inUse) })) as [
      Place,
      Place
    ]
    // The first use of a connection is noted in storage, once.
    for (const each of [many, few]) await cost(each, WARM_UP)
    rows.push(
      await compare(
        `cost of a call with 1,000,000 stored tokens: × with ${inUse}, ${what}, SQLite`,
        1.2,
        rounds,
        ['µs many', 'µs few'],
        async () => ({ 'µs many': await cost(many), 'µs few': await cost(few) }),
        { atMost: true }
      )
    )
    for (const { server } of places) await server.stop()
  }
  return rows
}

/**
 * The one grant there is, again and again under other ids and with tokens of their own, as so many people would have
 * made them.
 * @returns tokens of some of them.
 */
function multiplyGrant (file: string, count: number): string[] {
  const db = new DatabaseSync(file, { timeout: 20_000 })
  const { value, expires } = db.prepare("SELECT value, expires FROM records WHERE kind = 'grant'").get() as {
    value: string
    expires: number
  }
  const { kind, record } = JSON.parse(value) as { kind: string; record: { accessTokens: Record<string, object> } }
  const [token] = Object.values(record.accessTokens)
  const insert = db.prepare("INSERT INTO records (kind, id, value, expires) VALUES ('grant', ?, ?, ?)")
  const used: string[] = []
  for (let done = 0; done < count; done += 50_000) {
    db.exec('BEGIN IMMEDIATE')
    for (let index = done; index < Math.min(count, done + 50_000); index++) {
      const id = randomBytes(16).toString('base64url')
      const access = newToken('at', id)
      insert.run(
        id,
        JSON.stringify({ kind, record: { ...record, id, accessTokens: { [hashSecret(access)]: token } } }),
        expires
      )
      if (index % Math.ceil(count / READ) === 0) used.push(access)
    }
    db.exec('COMMIT')
  }
  db.close()
  return used
}
