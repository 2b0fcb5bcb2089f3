// The OpenID Connect discovery document, which ChatGPT requests as well (OpenID Connect Discovery §4).
import { request, type Answer } from './http.ts'
import { readDocument } from './read-document.ts'
import type { Report } from './report.ts'

/** ChatGPT reads this document as well. An invalid one breaks it; a plain 404 is better. */
export async function checkOpenId (report: Report, answer: Answer, issuer: string): Promise<void> {
  if (answer.status === 404) {
    report.warn(`${answer.url} does not exist.`, 'ChatGPT requests it as well. A 404 is allowed; a valid document is better.')
    return
  }
  const document = readDocument(report, answer, 'ChatGPT requests it as well.')
  if (!document) return
  const keys =
    typeof document['jwks_uri'] === 'string' && URL.canParse(document['jwks_uri'])
      ? await request(document['jwks_uri'])
      : undefined
  const hasKey = Array.isArray(keys?.json?.['keys']) && keys.json['keys'].length > 0
  const missing = ['subject_types_supported', 'id_token_signing_alg_values_supported'].filter(
    (name) => !Array.isArray(document[name])
  )
  if (!hasKey) missing.push('a key at jwks_uri')
  if (document['issuer'] !== issuer) missing.push('the same issuer')
  if (missing.length === 0) report.pass(`${answer.url} is valid, and its keys are served.`)
  else {
    report.fail(
      `${answer.url} is not a valid OpenID document.`,
      `ChatGPT stops at an incomplete one. Missing: ${missing.join(', ')}. Complete it, or answer 404.`
    )
  }
}
