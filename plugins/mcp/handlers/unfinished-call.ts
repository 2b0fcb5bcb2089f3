// What a model reads when a call did not finish: for a tool that changes something it is not known whether the change was
// made, and a second call may make it twice (MCP "Tools", error handling).
import type { ToolAnnotations } from '@modelcontextprotocol/server'
import { StorageUnavailable } from '../../storage/contract.ts'

export interface Named {
  name: string
  annotations: Pick<ToolAnnotations, 'readOnlyHint'>
}

/** Whether storage cannot be reached, is full, locked or read-only. Of SQLite this is an error code of Node. */
export function isStorageFault (error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown }
  return error instanceof StorageUnavailable || (typeof code === 'string' && code.startsWith('ERR_SQLITE'))
}

export const checkFirst = ({ annotations }: Named): string =>
  annotations.readOnlyHint
    ? ''
    : ' What it was asked to change may still have been changed: check first, and call it again only if it was not.'

/** @param timeout milliseconds. */
export const timedOut = (tool: Named, timeout: number): string => {
  const { name, annotations } = tool
  const seconds = timeout / 1000
  return annotations.readOnlyHint
    ? `${name} did not finish within ${seconds} seconds and was stopped. Ask for less at once, or try again later.`
    : `${name} did not answer within ${seconds} seconds.${checkFirst(tool)}`
}

export const storageUnreachable = (tool: Named): string =>
  `${tool.name} could not reach the storage of this server, or there is no room in it. Try again later.` +
  checkFirst(tool)

export const failedInside = (tool: Named, requestId: string): string =>
  `${tool.name} failed because of a fault in this server, not because of its arguments. ` +
  `The operator finds it in the log as ${requestId}.${checkFirst(tool)}`
