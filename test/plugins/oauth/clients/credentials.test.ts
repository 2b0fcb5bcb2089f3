// The client id and secret of a request (RFC 6749 §2.3.1).
import t from 'tap'
import { readCredentials } from '../../../../plugins/oauth/clients/credentials.ts'
import { Parameters } from '../../../../plugins/oauth/parameters.ts'

const read = (authorization: string | undefined, form: Record<string, string> = {}) =>
  readCredentials(authorization, new Parameters(new URLSearchParams(form).toString()))
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

t.test('they come in the form or in a Basic header, form-encoded there', async (t) => {
  t.same(read(undefined, { client_id: 'app' }), { id: 'app', secrets: [], usedBasic: false })
  t.same(read(undefined, { client_id: 'app', client_secret: 'a%3Ab' }).secrets, ['a%3Ab'], 'as it is')
  t.same(read(basic('my+app:a%3Ab')), { id: 'my app', secrets: ['a:b', 'a%3Ab'], usedBasic: true })
  t.same(read(basic('app:')).secrets, [])
})

t.test('a secret in the header counts as written, too: the official SDKs and curl do not encode it', async (t) => {
  t.same(read(basic('app:a+b/c=:%')).secrets, ['a+b/c=:%'], 'what cannot be decoded')
  t.ok(read(basic('app:a+b')).secrets.includes('a+b'))
})

t.test('two proofs, two ids or a header that is not Basic are refused', async (t) => {
  t.throws(() => read(undefined), { code: 'invalid_client' })
  t.throws(() => read(basic('app:secret'), { client_secret: 'secret' }), { code: 'invalid_request' })
  t.throws(() => read(basic('app:secret'), { client_id: 'other' }), { code: 'invalid_request' })
  t.throws(() => read('Bearer x'), { code: 'invalid_client' })
  t.throws(() => read(basic('%zz:secret')), { code: 'invalid_client' })
})
