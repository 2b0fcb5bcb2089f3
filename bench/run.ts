// `npm run bench`: this server beside the bounds, as ratios in one run. `npm run bench -- calls start` runs some of it;
// figures go to bench/results.json.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '../test/helpers/redis.ts'
import { calls } from './rows/calls.ts'
import { oauth } from './rows/oauth.ts'
import { process as ofTheProcess } from './rows/process.ts'
import { tokens } from './rows/tokens.ts'
import { print, type Row } from './table.ts'
import { upstreams } from './rows/upstreams.ts'

/** Where a measurement keeps its data: a storage by name, with the variables that choose it. */
export interface Place {
  name: string
  env: Record<string, string>
}
export interface Bench {
  place(storage: 'SQLite' | 'Redis'): Promise<Place>
  rounds: number
  seconds: number
}

const parts: Record<string, (bench: Bench) => Promise<Row[]>> = { calls, upstreams, oauth, tokens, process: ofTheProcess }
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(parts, name))
if (unknown.length > 0) {
  throw new Error(`There is no part named ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`)
}

const folder = await mkdtemp(join(tmpdir(), 'mcp-bench-'))
const redis = await startRedis()
let places = 0
const bench: Bench = {
  rounds: Number(process.env['ROUNDS'] ?? 5),
  seconds: Number(process.env['SECONDS'] ?? 3),
  async place (storage) {
    const dataDir = join(folder, String(places++))
    const common = {
      DATA_DIR: dataDir,
      DOCS_DIR: join(dataDir, 'docs'),
      AUTH_BACKEND: 'demo',
      RATE_LIMITS: 'off',
      LOG_LEVEL: 'info',
      SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
    }
    if (storage === 'SQLite') return { name: storage, env: common }
    if (!redis) throw new Error('Redis cannot be had: install redis-server')
    return { name: storage, env: { ...common, REDIS_URL: `${redis.url}${places}:` } }
  }
}
try {
  const rows: Row[] = []
  for (const [name, measureRows] of Object.entries(parts)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    rows.push(...(await measureRows(bench)))
    process.stdout.write(`\n${print(rows)}\n`)
  }
  await writeFile(
    join(import.meta.dirname, 'results.json'),
    JSON.stringify(
      { at: new Date().toISOString(), node: process.version, cores: availableParallelism(), rows },
      undefined,
      2
    )
  )
} finally {
  await redis?.stop()
  await rm(folder, { recursive: true, force: true })
}
