// The client id and secret of a request (RFC 6749 §2.3.1).
import t from 'tap'
import { readCredentials } from '../../../../plugins/oauth/clients/credentials.ts'
import { Parameters } from '../../../../plugins/oauth/parameters.ts'

const read = (authorization: string | undefined, form: Record<string, string> = {}) =>
  readCredentials(authorization, new Parameters(new URLSearchParams(form)))
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

t.test('they come in the form or in a Basic header, form-encoded there', async (t) => {
  t.same(read(undefined, { client_id: 'app' }), { id: 'app', secret: undefined, usedBasic: false })
  t.same(read(basic('my+app:a%3Ab')), { id: 'my app', secret: 'a:b', usedBasic: true })
})

t.test('two proofs, two ids or a header that is not Basic are refused', async (t) => {
  t.throws(() => read(undefined), { code: 'invalid_client' })
  t.throws(() => read(basic('app:secret'), { client_secret: 'secret' }), { code: 'invalid_request' })
  t.throws(() => read(basic('app:secret'), { client_id: 'other' }), { code: 'invalid_request' })
  t.throws(() => read('Bearer x'), { code: 'invalid_client' })
  t.throws(() => read(basic('%zz:secret')), { code: 'invalid_client' })
})
