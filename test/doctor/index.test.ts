// The command `npm run doctor`: its output and exit codes.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { startBoth } from './examination.ts'

t.test('the exit code says whether something is wrong', async (t) => {
  const { url } = await startBoth(t)
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['doctor/index.ts', ...args], {
      cwd: join(import.meta.dirname, '../..')
    }).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr })
    )
  t.match(await run(url), {
    code: 0,
    stdout: /\d+ passed, 1 to check, 0 failed\. Nothing found that keeps a client out\./
  })
  t.match(await run('--help'), { code: 0, stdout: /^Examines an MCP server/ })
  for (const wrong of [[], [url, url], [url, '--sing-in']]) {
    t.match(await run(...wrong), { code: 2, stdout: '', stderr: /^Examines an MCP server/ })
  }
  t.match(await run('https://mcp.invalid'), { code: 1, stdout: /0 passed, 0 to check, 1 failed\.\n$/ })
})
