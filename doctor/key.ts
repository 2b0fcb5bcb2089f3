// An access key, as a program without a browser sends it with every request (RFC 6750 §2.1). It is
// read from standard input: arguments and the environment can be seen by other programs.
import { createInterface } from 'node:readline/promises'
import type { Readable } from 'node:stream'
import type { Report } from './report.ts'
import { acceptsToken, checkTools } from './tools.ts'

/** @returns as many lines, without blanks around them; '' for one that is not there. */
export async function readLines (input: Readable, count: number): Promise<string[]> {
  const lines = createInterface({ input, crlfDelay: Infinity })
  const found: string[] = []
  try {
    const reader = lines[Symbol.asyncIterator]()
    while (found.length < count) found.push(((await reader.next()).value ?? '').trim())
    return found
  } finally {
    lines.close()
  }
}

/** @throws NoAnswer */
export async function checkKey (report: Report, url: URL, key: string): Promise<void> {
  report.section('The access key')
  if (!(await acceptsToken(url, key))) {
    report.fail(
      'The server does not accept the key.',
      'It may be incomplete, revoked, past its end, or of another server. Check it on your account page, or make a new one.'
    )
    return
  }
  report.pass('The server accepts the key in the Authorization header.')
  await checkTools(report, url, key)
}
