// The notes of a caller, written only as long as the caller may: a call that still runs when its app is disconnected, or
// its person is deleted, stores nothing.
import { ToolError, type ToolNotes } from '../../../authoring/tool.ts'

/** @param isAllowed asked before each write. @returns the same notes, whose writes throw a ToolError once it says no. */
export function guardWrites<Notes extends ToolNotes> (
  notes: Notes,
  isAllowed: () => boolean | Promise<boolean>
): Notes {
  const guard = <Args extends unknown[], Result>(write: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (!(await isAllowed())) throw new ToolError('The connection of this app has ended, so nothing was written.')
      return write(...args)
    }
  return {
    ...notes,
    create: guard(notes.create),
    append: guard(notes.append),
    update: guard(notes.update),
    delete: guard(notes.delete)
  }
}
