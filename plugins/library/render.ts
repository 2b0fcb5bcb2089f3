// Markdown for a page, rendered in a worker: whatever it holds, it costs no other request anything.
// Tested in test/routes/documents.test.ts.
import type { Workers } from '../workers.ts'

const TASK = new URL('./render-task.ts', import.meta.url)
const TIMEOUT_MS = 3_000

/**
 * @param person whose share of the workers it takes.
 * @returns safe HTML, or undefined where it cannot be had in time: the page shows the source then.
 */
export async function renderMarkdown (workers: Pick<Workers, 'run'>, source: string, person: string | null): Promise<string | undefined> {
  try {
    return await workers.run<string>(TASK, source, { person, timeout: TIMEOUT_MS })
  } catch {
    return undefined
  }
}
