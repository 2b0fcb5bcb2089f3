// Reads the answer of a service up to a limit, whatever it announces. For tools and the server itself.
// Tested in test/tools/generate/endpoint.test.ts.

/** @returns its text; undefined where it is longer than `maxBytes`, and then the connection ends. */
export async function readAnswer ({ body }: Response, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop ends the connection.
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
