// Whether a call costs more when a million tokens are stored: the same call beside a storage with a thousand.
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import type { Bench } from '../run.ts'
import { connect } from '../connection.ts'
import { measure, startProcess } from '../processes.ts'
import { compare, type Row } from '../table.ts'

export async function tokens ({ place, rounds, seconds }: Bench): Promise<Row[]> {
  const open = async (count: number) => {
    const { env } = await place('SQLite')
    const server = await startProcess('ours', env)
    const { access } = await connect(server.url)
    copyGrant(join(env['DATA_DIR']!, 'oauth.db'), count)
    return { server, access }
  }
  const [many, few] = [await open(1_000_000), await open(1_000)]
  const cost = async ({ server, access }: typeof many) => 1 / (await measure({
    url: server.url, headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' }, body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","arguments":{"name":"x"}}}', connections: 32, seconds
  })).rate
  const row = await compare('cost of a call with 1,000,000 stored tokens: × with 1,000, SQLite', 1.2, rounds, ['many', 'few'], async () => ({ many: await cost(many), few: await cost(few) }), { atMost: true })
  await Promise.all([many.server.stop(), few.server.stop()])
  return [{ ...row, figures: {} }]
}

/** The one grant there is, again and again under other ids, as so many people would have made them. */
function copyGrant (file: string, count: number): void {
  const db = new DatabaseSync(file, { timeout: 20_000 })
  const { value, expires } = db.prepare("SELECT value, expires FROM records WHERE kind = 'grant'").get() as { value: string, expires: number }
  const insert = db.prepare("INSERT INTO records (kind, id, value, expires) VALUES ('grant', ?, ?, ?)")
  for (let done = 0; done < count; done += 50_000) {
    db.exec('BEGIN IMMEDIATE')
    for (let index = done; index < Math.min(count, done + 50_000); index++) insert.run(randomBytes(16).toString('base64url'), value, expires)
    db.exec('COMMIT')
  }
  db.close()
}
