// The client id and secret that a request carries: in the form or in a Basic header (RFC 6749 §2.3.1).
import { invalidClient, invalidRequest } from '../../../errors.ts'
import type { Parameters } from '../parameters.ts'

interface Credentials {
  id: string
  /** Each form the secret may have; none where there is no secret. */
  secrets: string[]
  usedBasic: boolean
}

export function readCredentials (authorization: string | undefined, form: Parameters): Credentials {
  const inForm = { id: form.get('client_id'), secret: form.get('client_secret') }
  if (authorization === undefined) {
    if (inForm.id === undefined) throw invalidClient('client_id is missing')
    const secrets = inForm.secret === undefined ? [] : [inForm.secret]
    return { id: inForm.id, secrets, usedBasic: false }
  }
  const basic = readBasic(authorization)
  if (inForm.secret !== undefined) {
    throw invalidRequest('send the client secret in the Authorization header or in the body, not in both')
  }
  if (inForm.id !== undefined && inForm.id !== basic.id) {
    throw invalidRequest('client_id differs from the client in the Authorization header')
  }
  return basic
}

/**
 * RFC 6749 §2.3.1: id and secret are form-encoded, joined by a colon, then base64.
 * The official SDKs and curl do not encode them, so a secret counts as written, too.
 */
function readBasic (authorization: string): Credentials {
  const refuse = () =>
    invalidClient('the Authorization header is not a Basic header with the encoded client id and secret', true)
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1]
  if (encoded === undefined) throw refuse()
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) throw refuse()
  try {
    const id = decodeForm(text.slice(0, colon))
    return { id, secrets: formsOf(text.slice(colon + 1)), usedBasic: true }
  } catch {
    throw refuse()
  }
}

const decodeForm = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

function formsOf (written: string): string[] {
  if (written === '') return []
  try {
    return [decodeForm(written), written]
  } catch {
    return [written]
  }
}
