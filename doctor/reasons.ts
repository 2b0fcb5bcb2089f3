// Why a request got no answer, in a sentence that says what to do.

/** For the whole answer. */
export const TIMEOUT_MS = 15_000

const REASONS: Record<string, string> = {
  ENOTFOUND: 'The name does not exist: check its spelling and the DNS record.',
  EAI_AGAIN: 'The name could not be looked up: check the DNS of this computer.',
  ECONNREFUSED: 'Nothing listens there: check that the server runs, and the port of the proxy in front of it.',
  ECONNRESET: 'The connection was cut: check the proxy in front of the server.',
  UND_ERR_SOCKET: 'The connection was cut: check the proxy in front of the server.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'There is no https there: put a proxy with a certificate in front of the server.',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'There is no https there: put a proxy with a certificate in front of the server.',
  EPROTO: 'There is no https there: put a proxy with a certificate in front of the server.',
  CERT_HAS_EXPIRED: 'The certificate has expired: renew it.',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'The certificate is self-signed, which no assistant accepts: use one of a public authority, such as Let’s Encrypt.',
  SELF_SIGNED_CERT_IN_CHAIN:
    'The certificate comes from a private authority, which no assistant accepts: use one of a public authority, such as Let’s Encrypt.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'The chain of certificates is incomplete: serve the intermediate certificate as well.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another name: get one for this host.'
}

/** Why there was no answer, in a sentence with what to do. */
export function reasonOf (error: Error): string {
  if (error.name === 'TimeoutError') return `There was no answer within ${TIMEOUT_MS / 1000} seconds.`
  const { code = '', message } = (error.cause ?? error) as { code?: string; message: string }
  return REASONS[code] ?? `The request failed: ${message} ${code}`.trim()
}
