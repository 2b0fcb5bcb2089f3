// The Fastify instance: routes with a JSON Schema work, and what is not there is answered in the caller's format.
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { loadConfig } from '../../config/index.ts'
import { createHttpServer } from '../../plugins/http-server.ts'
import identity from '../../plugins/identity.ts'
import languages from '../../plugins/languages.ts'
import pages from '../../plugins/pages/index.ts'
import { identityOf } from '../helpers/identity.ts'

const createApp = async () => {
  const config = await loadConfig({ LOG_LEVEL: 'silent' })
  const app = createHttpServer(config)
  await app.register(identity, { identity: identityOf() })
  await app.register(languages)
  await app.register(pages, { publicUrl: config.publicUrl, stylePath: '/style.css', scriptsPath: '/assets', iconUrl: '/icon.png' })
  t.teardown(() => app.close())
  return app
}

t.test('a route with a JSON Schema, such as one of a plugin from elsewhere, is validated and serialized', async (t) => {
  const app = await createApp()
  const body = { type: 'object', required: ['count'], properties: { count: { type: 'integer' } } }
  const response = { 200: { type: 'object', properties: { count: { type: 'integer' } } } }
  app.post('/count', { schema: { body, response } }, async (request) => ({ ...(request.body as object), extra: true }))
  const accepted = await app.inject({ method: 'POST', url: '/count', payload: { count: 3 } })
  t.match([accepted.statusCode, accepted.body], [200, '{"count":3}'])
  const refused = await app.inject({ method: 'POST', url: '/count', payload: { count: 'three' } })
  t.equal(refused.statusCode, 400)
})

t.test('an unknown address gets a page or JSON, as the caller accepts', async (t) => {
  const app = await createApp()
  const page = await app.inject({ url: '/nowhere', headers: { accept: 'text/html' } })
  t.match([page.statusCode, page.headers['content-type']], [404, /text\/html/])
  const json = await app.inject('/nowhere')
  t.match([json.statusCode, json.json()], [404, { error: 'not_found' }])
})

t.test('what is sent to no address is not read, whatever it is (BW-34)', async (t) => {
  const app = await createApp()
  for (const type of ['application/json', 'text/plain', 'x/y', '/']) {
    const { statusCode } = await app.inject({
      method: 'POST',
      url: '/nowhere',
      headers: { 'content-type': type },
      payload: '{'.repeat(app.initialConfig.bodyLimit! + 1)
    })
    t.equal(statusCode, 404, type)
  }
})

t.test('a query of thousands is not read by any router (BW-35)', async (t) => {
  const app = await createApp()
  const count = async ({ query }: FastifyRequest) => Object.keys(query as object).length
  app.get('/asked', count)
  const ask = async (many: number) => {
    const names = Array.from({ length: many }, (_, index) => `parameter-${index}`)
    return (await app.inject(`/asked?${names.join('&')}`)).body
  }
  t.equal(await ask(200), '200')
  t.equal(await ask(201), '0')
})

t.test('a content type with thousands of parameters is neither read nor kept (OW-40)', async (t) => {
  const app = await createApp()
  app.post('/read', async () => ({}))
  const send = async (type: string) =>
    app.inject({
      method: 'POST',
      url: '/read',
      headers: { 'content-type': type },
      payload: '{}'
    })
  const long = (length: number) =>
    'application/json;a='.padEnd(length, 'b')
  t.equal((await send(long(200))).statusCode, 200)
  const refused = await send(long(201))
  t.match([refused.statusCode, refused.json()], [415, { error: 'invalid_request' }])
})
