// Cursors of lists in pages: opaque to the client, and not trusted when they come back (MCP "Pagination").

/**
 * Characters; a longer cursor is not read, since those of this server only name a place in a list: a path of 4,096 bytes, each of
 * which JSON may write in six, and base64 in eight.
 */
const MAX_CURSOR_LENGTH = 33_000

/** @param place JSON values that name where the next page begins. */
export const encodeCursor = (place: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url')

/** @returns what {@link encodeCursor} was given, or an empty array for what is none of its cursors. */
export function decodeCursor (cursor: string): unknown[] {
  if (cursor.length > MAX_CURSOR_LENGTH) return []
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(place) ? place : []
  } catch {
    return []
  }
}
