// The zone of the pages: what a page registered in it has without asking for it.
import cors from '@fastify/cors'
import fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import identity from '../../../plugins/identity.ts'
import languages from '../../../plugins/languages.ts'
import pages from '../../../plugins/pages/index.ts'
import zone from '../../../plugins/pages/zone.ts'
import { identityOf } from '../../helpers/identity.ts'

t.test('a page that is added to the zone has its headers and refuses preflights; shared paths keep theirs', async (t) => {
  const app = fastify()
  t.teardown(() => app.close())
  app.decorate('checkFormOrigin', async () => {})
  await app.register(fp(async () => {}, { name: 'origin' }))
  await app.register(identity, { identity: identityOf() })
  await app.register(languages)
  await app.register(pages, { publicUrl: 'http://localhost', stylePath: '/style.css', scriptsPath: '/assets', iconUrl: '/icon.png' })
  await app.register(async (scope) => {
    await scope.register(cors, { origin: ['https://app.example'] })
  })
  await app.register(async (scope) => {
    await scope.register(zone, { sharedPaths: ['/'] })
    scope.get('/', async () => 'home')
    await scope.register(async (inner) => {
      inner.get('/new', async () => 'a page')
      inner.post('/new', async () => 'a form')
    })
  })
  const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
  const page = await app.inject('/new')
  t.match(page.headers, { 'cache-control': 'no-store', 'referrer-policy': 'same-origin' })
  const refused = await app.inject({ method: 'OPTIONS', url: '/new', headers })
  t.match([refused.statusCode, refused.headers['allow']], [405, 'GET, POST'])
  t.notOk(refused.headers['access-control-allow-origin'])
  const shared = await app.inject({ method: 'OPTIONS', url: '/', headers })
  t.match([shared.statusCode, shared.headers['access-control-allow-origin']], [204, 'https://app.example'])
})
