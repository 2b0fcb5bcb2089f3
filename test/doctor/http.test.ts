// Why a request failed, in plain words.
import t from 'tap'
import { objectOf, reasonOf } from '../../doctor/http.ts'

t.test('a certificate that is not trusted is explained', async (t) => {
  for (const [code, reason] of Object.entries({
    DEPTH_ZERO_SELF_SIGNED_CERT: /signed by itself/,
    CERT_HAS_EXPIRED: /renew it/,
    ERR_TLS_CERT_ALTNAME_INVALID: /another name/,
    ELSE: /failed: it is broken ELSE/
  })) {
    t.match(reasonOf(Object.assign(new Error('it is broken'), { code })), reason)
  }
})

t.test('only a JSON object counts as one', async (t) => {
  t.same(objectOf('{"a":1}'), { a: 1 })
  for (const text of ['', '[1]', '"a"', 'null', '{']) t.equal(objectOf(text), undefined, text)
})
