// Which web pages may call the endpoints for programs (WHATWG Fetch §3.3).
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import cors from '../../plugins/cors.ts'

async function open (t: Test, local: boolean) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(cors, { corsOrigins: ['https://chatgpt.com'], publicUrl: 'https://mcp.example.com', local })
  app.post('/token', async () => ({}))
  return (method: 'POST' | 'OPTIONS', origin: string) =>
    app.inject({ method, url: '/token', headers: { origin, 'access-control-request-method': 'POST' } })
}
const ALLOWED = 'access-control-allow-origin'

t.test('the pages of CORS_ORIGINS and the server\'s own, to the letter (MD-06)', async (t) => {
  const ask = await open(t, false)
  for (const origin of ['https://chatgpt.com', 'https://mcp.example.com']) {
    t.equal((await ask('POST', origin)).headers[ALLOWED], origin)
    t.equal((await ask('OPTIONS', origin)).headers[ALLOWED], origin)
  }
  for (const origin of [
    'https://evil.example',
    'https://chatgpt.com.evil.example',
    'https://evil-chatgpt.com',
    'http://chatgpt.com',
    'https://chatgpt.com:8443',
    'http://localhost:3000',
    'null'
  ]) {
    for (const method of ['POST', 'OPTIONS'] as const) t.equal((await ask(method, origin)).headers[ALLOWED], undefined, origin)
  }
})

t.test('on a development machine also any page of this computer', async (t) => {
  const ask = await open(t, true)
  for (const origin of ['http://localhost:3000', 'http://127.0.0.1:6274']) t.equal((await ask('POST', origin)).headers[ALLOWED], origin)
  for (const origin of ['http://localhost.evil.example', 'http://localhost@evil.example', 'http://10.0.0.7:3000']) {
    t.equal((await ask('POST', origin)).headers[ALLOWED], undefined, origin)
  }
})

t.test('a page may read what a client needs, sends no cookies, and asks again after an hour', async (t) => {
  const ask = await open(t, false)
  const { headers } = await ask('OPTIONS', 'https://chatgpt.com')
  t.equal(headers['access-control-max-age'], '3600')
  t.equal(headers['access-control-allow-methods'], 'GET, POST, DELETE')
  t.equal(headers['access-control-allow-credentials'], undefined)
  t.equal(
    (await ask('POST', 'https://chatgpt.com')).headers['access-control-expose-headers'],
    'WWW-Authenticate, Mcp-Session-Id, Retry-After'
  )
})
