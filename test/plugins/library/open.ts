// A running library over a folder, with what it logged, for tests.
import { type Test } from 'tap'
import { openHouse, type HouseOptions } from '../../helpers/tool-context.ts'

/** A running library over a folder, with what it logged. */
export async function open (t: Test, docsDir: string, options: HouseOptions = {}) {
  const warnings: string[] = []
  const log = (level: number, message: string) => {
    if (level >= 40) warnings.push(message)
  }
  const { app, dataDir } = await openHouse(t, docsDir, { log, ...options })
  const ids = async (query: string) => (await app.library.search(query)).map(({ id }) => id)
  return { app, library: app.library, dataDir, warnings, ids }
}
