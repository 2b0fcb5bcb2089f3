// Reads a discovery document, and reports what is served instead of one.
import type { Answer } from './http.ts'
import type { Report } from './report.ts'

/** @param why what happens to a client that does not get it. */
export function readDocument (report: Report, answer: Answer, why: string): Record<string, unknown> | undefined {
  if (answer.status === 200 && answer.json && /json/.test(answer.header('content-type'))) return answer.json
  const what = answer.status !== 200 ? `answers ${answer.status}` : 'is not JSON'
  report.fail(`${answer.url} ${what}.`, `${why} If the server has it, the proxy does not pass /.well-known/ on.`)
  return undefined
}
