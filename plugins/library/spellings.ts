// What an unknown id may mean: models copy the URL of a citation, encode what they copy, and compose the
// characters of names that macOS writes decomposed.

/**
 * @param addresses the beginnings of the URLs of documents.
 * @param sameId the known id of the same characters (UAX #15).
 */
export async function * spellingsOf (
  id: string,
  addresses: readonly string[],
  sameId: (id: string) => Promise<string | undefined>
): AsyncGenerator<string> {
  const address = addresses.find((address) => address.length > 1 && id.startsWith(address))
  const path = address === undefined ? id.replace(/^\/+(?:documents\/)?/, '') : id.slice(address.length)
  const decoded = decode(path)
  for (const spelling of new Set([path, decoded])) {
    if (spelling !== id) yield spelling
    const same = await sameId(spelling)
    if (same !== undefined) yield same
  }
}

function decode (path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
