// Lists in pages: a cursor is opaque to the client, and whatever was not made here is refused (MCP "Pagination").
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'

/** Where to go on: in which of several lists that stand one behind the other, and with that list's own cursor. */
export interface CursorPosition {
  list: number
  cursor?: string
}

export const writeCursor = ({ list, cursor }: CursorPosition): string =>
  Buffer.from(JSON.stringify([list, cursor ?? null])).toString('base64url')

/** Characters. A cursor of ours is a place in a list. */
const MAX_CURSOR = 2_048

/** @param lists how many there are. @throws ProtocolError -32602. */
export function readCursor (text: string, lists: number): CursorPosition {
  if (text.length > MAX_CURSOR) throw noSuchPage()
  try {
    const [list, cursor, ...more] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]
    if (
      more.length === 0 &&
      Number.isInteger(list) &&
      (list as number) >= 0 &&
      (list as number) < lists &&
      (cursor === null || typeof cursor === 'string')
    ) {
      return { list: list as number, ...(cursor !== null && { cursor }) }
    }
  } catch {
    /* refused below */
  }
  throw noSuchPage()
}

export const noSuchPage = () =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such page: begin the list anew, without a cursor')
