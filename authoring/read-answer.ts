// Reads the answer of a service up to a limit, whatever it announces. For tools and the server itself.
// Tested in test/tools/generate/endpoint.test.ts.

/** Each that is kept takes some hundred bytes besides its own: in pieces of one byte, a megabyte would fill the memory. */
export const MAX_PIECES = 16_384

/** @returns its text; undefined where it is longer than `maxBytes`, or in endless pieces, and then the connection ends. */
export async function readAnswer ({ body }: Response, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop ends the connection.
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes || chunks.length >= MAX_PIECES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
