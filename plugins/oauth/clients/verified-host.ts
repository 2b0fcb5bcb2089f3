// The one thing about a client with a metadata document that is verified: the holder of the host of its id has written
// the document (CIMD draft §6.4).
import { knownDocuments } from './known-documents.ts'
import { matchesRedirectUri } from './redirect-uris.ts'

export interface VerifiedHost {
  host: string
  /** It is a well-known app's, and the address is one that this app is known to return to. */
  isKnown: boolean
  /** The browser continues to another host than the verified one. */
  isElsewhere: boolean
}

/** @param url of the document. @param redirectUri where the browser goes with the code. */
export function verifiedHost (url: URL | undefined, redirectUri: string): VerifiedHost | undefined {
  if (!url) return undefined
  const isKnown =
    knownDocuments[url.href]?.redirect_uris.some((known) => matchesRedirectUri(known, redirectUri)) ?? false
  const { hostname } = new URL(redirectUri)
  // The holder of a host controls its subdomains, not the other way around.
  const isOwn = hostname === url.hostname || hostname.endsWith(`.${url.hostname}`)
  return { host: url.host, isKnown, isElsewhere: !isOwn && !isKnown }
}
