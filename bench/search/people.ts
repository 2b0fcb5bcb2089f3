// node bench/search/people.ts [documents]: how long `calculate` takes over MCP while eight people search, with the server as
// it is shipped. Other work on the machine counts as well, so each round says how much there was.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connect } from '../connection.ts'
import { startProcess, type Running } from '../processes.ts'
import { messageOf } from '../rows/calls.ts'
import { questions } from './questions.ts'
import { synthesize } from './synthetic.ts'

const COUNT = Number(process.argv[2] ?? 100_000)
const PEOPLE = 8
const ROUNDS = 5
const SECONDS = 10
const PAUSE_MS = 20

const percentile = (times: number[], part: number) =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))]!.toFixed(1)

async function timed (url: string, token: string, name: string, args: object): Promise<number> {
  const { headers, body } = messageOf({ method: 'tools/call', params: { name, arguments: args }, modern: true }, token)
  const from = performance.now()
  const response = await fetch(`${url}/mcp`, { method: 'POST', headers: headers!, body: body! })
  const text = await response.text()
  // On a busy machine the first search may be stopped while its process starts: that is a slow search.
  if (response.status !== 200) throw new Error(`${name}: ${response.status} ${text.slice(0, 300)}`)
  return performance.now() - from
}

/** One round of searches by `tokens`, and of calculations beside them. */
async function round (url: string, tokens: string[], own: string): Promise<{ searches: number[]; calculations: number[] }> {
  const until = performance.now() + SECONDS * 1000
  const searches: number[] = []
  const calculations: number[] = []
  const search = async (token: string, person: number) => {
    for (let asked = person * 10; performance.now() < until; asked++) {
      searches.push(await timed(url, token, 'search', { query: questions[asked % questions.length]!.query }))
    }
  }
  const calculate = async () => {
    for (let asked = 1; performance.now() < until; asked++) {
      calculations.push(await timed(url, own, 'calculate', { expression: `${asked} * 19% + sqrt(${asked})` }))
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
  await Promise.all([calculate(), ...tokens.map(search)])
  return { searches, calculations }
}

const folder = await mkdtemp(join(tmpdir(), 'bench-people-'))
let server: Running | undefined
try {
  const docs = join(folder, 'docs')
  for await (const batch of synthesize(COUNT)) {
    await Promise.all(
      batch.map(async ({ id, text }) => {
        await mkdir(dirname(join(docs, id)), { recursive: true })
        await writeFile(join(docs, id), text)
      })
    )
  }
  const started = performance.now()
  server = await startProcess(
    'shipped',
    {
      DATA_DIR: join(folder, 'data'),
      DOCS_DIR: docs,
      AUTH_BACKEND: 'demo',
      RATE_LIMITS: 'off',
      LOG_LEVEL: 'error'
    },
    { core: undefined }
  )
  console.log(`${COUNT} documents indexed in ${Math.round((performance.now() - started) / 1000)} s`)
  const tokens: string[] = []
  while (tokens.length <= PEOPLE) tokens.push((await connect(server.url)).access)
  const [own, ...people] = tokens as [string, ...string[]]
  for (let at = 0; at <= ROUNDS; at++) {
    const others = loadavg()[0]!.toFixed(1)
    const alone = at === 0
    const { searches, calculations } = await round(server.url, alone ? [] : people, own)
    console.log(
      `${alone ? 'nobody searches' : `${PEOPLE} search`}: calculate p50 ${percentile(calculations, 0.5)} ms, p95 ${percentile(calculations, 0.95)} ms` +
        (alone
          ? ''
          : `; search p50 ${percentile(searches, 0.5)} ms, p95 ${percentile(searches, 0.95)} ms, ` +
            `${Math.round(searches.length / SECONDS)} a second`) +
        `; load before ${others}`
    )
  }
} finally {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
}
