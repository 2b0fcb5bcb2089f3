// Words for a model when a call could not be brought to its end: for a tool that changes something, whether it was done
// is not known, and a second try may do it twice (MCP "Tools", error handling).
import type { Tool } from '../../../authoring/tool.ts'
import { StorageUnavailable } from '../../storage/contract.ts'

type Named = Pick<Tool, 'name' | 'annotations'>

/**
 * What a store says when it cannot be reached, is full, locked, or may only be read. SQLite says it in a code of
 * Node's.
 */
export const isStorageFault = (error: unknown): boolean =>
  error instanceof StorageUnavailable || String((error as { code?: unknown } | null)?.code).startsWith('ERR_SQLITE')

const lookFirst = ({ annotations }: Named): string =>
  annotations.readOnlyHint
    ? ''
    : ' What it was asked to change may have been changed all the same: look first, and call it again only if it was not.'

/** @param timeout milliseconds. */
export const timedOut = (tool: Named, timeout: number): string =>
  tool.annotations.readOnlyHint
    ? `${tool.name} did not finish within ${timeout / 1000} seconds and was stopped. Ask for less at once, or try again later.`
    : `${tool.name} did not answer within ${timeout / 1000} seconds.${lookFirst(tool)}`

export const storageUnreachable = (tool: Named): string =>
  `${tool.name} could not reach the storage of this server, or there is no room in it. Try again later.${lookFirst(tool)}`

export const failedInside = (tool: Named, requestId: string): string =>
  `${tool.name} failed because of a fault in this server, not because of its arguments. Whoever runs the server finds it in the log as ${requestId}.${lookFirst(tool)}`
