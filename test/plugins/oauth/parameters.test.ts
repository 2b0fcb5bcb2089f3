// Request parameters: form bodies only, each at most once, an empty one is absent (RFC 6749 §3.1, §3.2).
import Fastify from 'fastify'
import t from 'tap'
import parameters, { formParameters, Parameters, queryParameters } from '../../../plugins/oauth/parameters.ts'

const REPEATED = { code: 'invalid_request', statusCode: 400, message: /more than once/ }

t.test('a parameter that appears twice is refused, also when one is empty or both are alike; `resource` may', async (t) => {
  for (const encoded of ['a=1&a=2', 'a=1&a=1', 'a=&a=1', 'a=1&b=2&%61=3']) t.throws(() => new Parameters(encoded), REPEATED, encoded)
  const resources = new Parameters('resource=x&resource=&resource=y&a=1')
  t.same(resources.getAll('resource'), ['x', 'y'])
  t.throws(() => new Parameters('Resource=x&Resource=y'), REPEATED, 'names are told apart by case')
})

t.test('an empty parameter is absent, and a needed one is named', async (t) => {
  const read = new Parameters('a=&b=%20&c=x%2By+z')
  t.equal(read.get('a'), undefined)
  t.equal(read.get('b'), ' ')
  t.equal(read.need('c'), 'x+y z')
  for (const name of ['a', 'none', '__proto__']) {
    t.throws(() => read.need(name), { code: 'invalid_request', message: `${name} is missing` })
  }
})

t.test('a query keeps its question marks, and a body is a form of 64 KB at most', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(parameters)
  app.get('/', async (request) => queryParameters(request).get('a') ?? '(none)')
  app.post('/', async (request) => formParameters(request).get('a')?.length ?? '(none)')
  t.equal((await app.inject('/?a=b?c')).body, 'b?c')
  t.equal((await app.inject('/')).body, '(none)')

  const post = (payload: string, type = 'application/x-www-form-urlencoded') =>
    app.inject({ method: 'POST', url: '/', headers: { 'content-type': type }, payload })
  t.equal((await post(`a=${'x'.repeat(65_534)}`)).body, '65534')
  t.equal((await post(`a=${'x'.repeat(65_535)}`)).statusCode, 413)
  t.equal((await post('{"a":"b"}', 'application/json')).statusCode, 415)
  t.equal((await post('a=b', 'text/plain')).statusCode, 415)
  t.match((await app.inject({ method: 'POST', url: '/' })).json(), { statusCode: 400, message: /x-www-form-urlencoded/ })
})

t.test('a form is read once, in the turn of its sender (BW-35)', async (t) => {
  const steps: string[] = []
  const Real = URLSearchParams
  t.teardown(() => { globalThis.URLSearchParams = Real })
  globalThis.URLSearchParams = class extends Real {
    constructor (text?: string) {
      super(text)
      steps.push('read')
    }
  }
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(parameters)
  const preHandler = async () => { steps.push('turn') }
  app.post('/', { preHandler }, async (request) => {
    formParameters(request)
    return formParameters(request).get('a')
  })
  const { body } = await app.inject({
    method: 'POST',
    url: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'a=b'
  })
  t.same([body, steps], ['b', ['turn', 'read']])
})
