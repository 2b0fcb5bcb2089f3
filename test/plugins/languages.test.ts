// The language of a request: what a sign-in has set, else what the browser says, else English.
import Fastify from 'fastify'
import t from 'tap'
import languages from '../../plugins/languages.ts'

t.test('a request is in the language that was set for it, or that its browser names', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(languages)
  app.get('/', async (request) => request.words.language)
  app.get('/set', async (request) => {
    request.language = 'ja'
    return request.words.language
  })
  const languageAt = async (url: string, wanted?: string) =>
    (await app.inject({ url, headers: wanted === undefined ? {} : { 'accept-language': wanted } })).body
  t.equal(await languageAt('/'), 'en')
  t.equal(await languageAt('/', 'de-CH,en;q=0.5'), 'de')
  t.equal(await languageAt('/', 'xx'), 'en')
  t.equal(await languageAt('/set', 'de'), 'ja')
})
