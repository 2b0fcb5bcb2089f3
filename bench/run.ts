// `npm run bench`: this server beside others that do the same work, as ratios in one run, in less than fifteen minutes;
// `npm run bench -- tokens upstreams` runs other parts. Figures go to bench/results.json.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '../test/helpers/redis.ts'
import { calls } from './rows/calls.ts'
import { oauth } from './rows/oauth.ts'
import { process as ofTheProcess } from './rows/process.ts'
import { tokens } from './rows/tokens.ts'
import { generator } from './measure.ts'
import { print, type Row } from './table.ts'
import { upstreams } from './rows/upstreams.ts'

/** Where a measurement keeps its data: a storage by name, with the variables that choose it. */
export interface Place {
  name: string
  env: Record<string, string>
}
export interface Bench {
  /** For files of a measurement. */
  folder: string
  place(storage: 'SQLite' | 'Redis'): Promise<Place>
  rounds: number
  seconds: number
}

/** Those that run unless others are asked for; the rest takes long. */
const USUAL = ['calls', 'oauth', 'process']
const parts: Record<string, (bench: Bench) => Promise<Row[]>> = { calls, oauth, process: ofTheProcess, upstreams, tokens }
const asked = process.argv.length > 2 ? process.argv.slice(2) : USUAL
const unknown = asked.filter((name) => !Object.hasOwn(parts, name))
if (unknown.length > 0) {
  throw new Error(`There is no part named ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`)
}

const folder = await mkdtemp(join(tmpdir(), 'mcp-bench-'))
const redis = await startRedis()
let places = 0
const bench: Bench = {
  folder,
  rounds: Number(process.env['ROUNDS'] ?? 3),
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
    if (!asked.includes(name)) continue
    rows.push(...(await measureRows(bench)))
    process.stdout.write(`\n${print(rows)}\n`)
  }
  await writeFile(
    join(import.meta.dirname, 'results.json'),
    JSON.stringify(
      { at: new Date().toISOString(), node: process.version, cpu: cpus()[0]!.model, cores: availableParallelism(), generator, rows },
      undefined,
      2
    )
  )
} finally {
  await redis?.stop()
  await rm(folder, { recursive: true, force: true })
}
