// The least a server can be: Fastify with one route, for the time a start takes.
import fastify from 'fastify'
import { ready } from './ready.ts'

const app = fastify()
app.get('/health', async () => 'ok')
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' })
ready()
process.once('SIGTERM', () => process.exit(0))
