// The bound: a bare Fastify route that parses the same body, looks the token up in the same storage, and answers a
// constant of the size it is told.
import fastify from 'fastify'
import { loadConfig, readEnvironment } from '../../config/index.ts'
import { monotonicClock } from '../../clock.ts'
import { hashSecret } from '../../plugins/secrets.ts'
import { parseToken } from '../../plugins/oauth/grants/token-format.ts'
import type { Grant } from '../../plugins/oauth/grants/contract.ts'
import { openStorage } from '../../plugins/storage/index.ts'
import { tellUsage } from './tell.ts'

const config = await loadConfig(readEnvironment())
const storage = await openStorage(config, monotonicClock, { warn () {} })
const grants = storage.collection<Grant>('grant')
const app = fastify()

app.post<{ Querystring: { size?: string } }>('/', async (request, reply) => {
  const token = request.headers.authorization?.slice(7) ?? ''
  const grant = await grants.find(parseToken('at', token)!.grantId)
  if (!grant?.accessTokens[hashSecret(token)]) return reply.code(401).send()
  return reply.type('application/json').send(answerOf(Number(request.query.size ?? 200)))
})
const document = JSON.stringify({ document: 'x'.repeat(1_200) })
app.get('/document', (_request, reply) => {
  reply.type('application/json').send(document)
})

const answers = new Map<number, string>()
function answerOf (size: number): string {
  const known = answers.get(size) ?? JSON.stringify({ result: 'x'.repeat(Math.max(0, size - 13)) })
  answers.set(size, known)
  return known
}
await app.listen({ port: config.port, host: config.host })
tellUsage()
process.once('SIGTERM', () => process.exit(0))
