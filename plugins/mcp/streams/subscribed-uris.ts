// How many resources one stream or session may subscribe to: the list is held as long as the stream is open, so it stays
// small (MCP "Subscriptions").

/** More are refused. */
const MAX_URIS = 200
const MAX_URI_BYTES = 2_048
const MAX_URIS_BYTES = 16 * 1024

/** @returns what is wrong with the list, in a sentence, or undefined. */
export function findUriFault (uris: readonly string[]): string | undefined {
  if (uris.length > MAX_URIS) return `at most ${MAX_URIS} resources can be subscribed to`
  const sizes = uris.map((uri) => Buffer.byteLength(uri))
  if (sizes.some((size) => size > MAX_URI_BYTES)) return `a uri has at most ${MAX_URI_BYTES} bytes`
  if (sizes.reduce((sum, size) => sum + size, 0) > MAX_URIS_BYTES) {
    return `the uris that are subscribed to have at most ${MAX_URIS_BYTES} bytes together`
  }
  return undefined
}

/** Those from the beginning that are no more than may be subscribed to: of a longer list nothing has to be found out. */
export function withinBounds (uris: readonly unknown[]): string[] {
  let bytes = 0
  const texts = uris.slice(0, MAX_URIS).filter((uri) => typeof uri === 'string')
  return texts.filter((uri) => (bytes += Buffer.byteLength(uri)) <= MAX_URIS_BYTES)
}
