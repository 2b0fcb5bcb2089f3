// The notes of a caller, written only as long as the caller may: a call that still runs when its app is disconnected, or
// its person is deleted, stores nothing, also where it has waited for its turn.
import { ToolError } from '../../../authoring/tool.ts'

/** @returns what is called before each write, and throws a ToolError once `isAllowed` says no. */
export const checkBeforeWrite = (isAllowed: () => boolean | Promise<boolean>) => async (): Promise<void> => {
  if (!(await isAllowed())) throw new ToolError('The connection of this app has ended, so nothing was written.')
}
