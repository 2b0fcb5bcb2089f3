// A bare Fastify server: it parses the body, looks the token up in a map, or in Redis where REDIS_URL is given, and answers a
// constant.
import { createHash } from 'node:crypto'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { Redis } from 'ioredis'
import { answerFor, token } from './answers.ts'
import { ready } from './ready.ts'

const { REDIS_URL, PORT } = process.env
const tokens = new Map([[token, true]])
const redis = REDIS_URL === undefined ? undefined : new Redis(REDIS_URL.split('#')[0]!)
const keyOf = (text: string) => `bench:${createHash('sha256').update(text).digest('base64url')}`
await redis?.set(keyOf(token), '1')

const isKnown = async (text: string) => (redis ? (await redis.get(keyOf(text))) !== null : tokens.has(text))
const app = fastify()

function answer (request: FastifyRequest, reply: FastifyReply) {
  const { headers, body } = answerFor(request.url)
  return reply.headers(headers).send(body)
}
app.get('/', answer)
app.post('/', async (request, reply) => {
  if (!(await isKnown(request.headers.authorization?.slice(7) ?? ''))) return reply.code(401).send()
  return answer(request, reply)
})
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
ready()
process.once('SIGTERM', () => process.exit(0))
