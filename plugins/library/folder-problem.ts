// Why the documents folder cannot be read, in one sentence with the way out.
// Tested in test/banner.test.ts.
import { access, constants, stat } from 'node:fs/promises'

/** @returns undefined for a folder that can be read. */
export async function folderProblem (path: string): Promise<string | undefined> {
  const found = await stat(path).catch(({ code }: { code?: string }) => code)
  if (found === undefined || found === 'ENOENT' || found === 'ENOTDIR') {
    return `there is no folder ${path}. Create it, or set DOCS_DIR to the folder of your documents`
  }
  if (typeof found !== 'string' && !found.isDirectory()) return `${path} is a file. Set DOCS_DIR to the folder that it is in`
  const refused = await access(path, constants.R_OK | constants.X_OK).then(() => undefined, ({ code }: { code: string }) => code)
  return refused && `${path} cannot be read (${refused}). Let the user that the server runs as read it, or set DOCS_DIR to another folder`
}
