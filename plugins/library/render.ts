// Renders Markdown for a page in a worker, so that no document can delay other requests.
// Tested in test/routes/documents.test.ts.
import type { Workers } from '../workers.ts'
import type { Page } from './render-task.ts'

const TASK = new URL('./render-task.ts', import.meta.url)
const TIMEOUT_MS = 3_000

/**
 * @param person whose share of the workers it takes: for a visitor who has not signed in, their address.
 * @returns safe HTML, or undefined where it is not ready in time: the page then shows the source.
 */
export async function renderMarkdown (workers: Pick<Workers, 'run'>, page: Page, person: string): Promise<string | undefined> {
  try {
    return await workers.run<string>(TASK, page, { person, timeout: TIMEOUT_MS })
  } catch {
    return undefined
  }
}
