// The cursor of a list that consists of several lists, one after the other (MCP "Pagination").
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { decodeCursor, encodeCursor } from '../../cursor.ts'

/** Which of the lists continues, and the cursor of that list. */
export interface CursorPosition {
  list: number
  cursor?: string
}

export const writeCursor = ({ list, cursor }: CursorPosition): string => encodeCursor([list, cursor ?? null])

/** @param lists how many there are. @throws ProtocolError -32602 for a cursor that is none of this server's. */
export function readCursor (text: string, lists: number): CursorPosition {
  const place = decodeCursor(text)
  const [list, cursor] = place
  const isPlace =
    place.length === 2 &&
    Number.isInteger(list) &&
    (list as number) >= 0 &&
    (list as number) < lists &&
    (cursor === null || typeof cursor === 'string')
  if (!isPlace) throw noSuchPage()
  return { list: list as number, ...(cursor !== null && { cursor }) }
}

export const noSuchPage = () =>
  new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    'There is no such page: begin the list again, without a cursor'
  )
