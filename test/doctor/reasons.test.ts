// A request without an answer is explained.
import t from 'tap'
import { reasonOf } from '../../doctor/reasons.ts'

t.test('a certificate that is not trusted is explained', async (t) => {
  for (const [code, reason] of Object.entries({
    DEPTH_ZERO_SELF_SIGNED_CERT: /self-signed/,
    CERT_HAS_EXPIRED: /renew it/,
    ERR_TLS_CERT_ALTNAME_INVALID: /another name/,
    ELSE: /failed: it is broken ELSE/
  })) {
    t.match(reasonOf(Object.assign(new Error('it is broken'), { code })), reason)
  }
})
