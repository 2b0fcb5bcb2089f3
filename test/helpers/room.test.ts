// A room: an error that nobody catches is not lost, and takes no other test with it.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { childEnvironment } from './child-environment.ts'
import { folder } from './tool-context.ts'

const ROOM = new URL('room.ts', import.meta.url).pathname
const FILE = `import t from ${JSON.stringify(import.meta.resolve('tap'))}
const wait = () => new Promise((resolve) => setTimeout(resolve, 50))
t.test('throws', async (t) => {
  await t.test('within', async () => {
    setTimeout(() => { throw new Error('late') })
    await wait()
  })
})
t.test('rejects', async () => {
  void Promise.reject(new Error('unseen'))
  await wait()
})
t.test('hangs', async () => { for (;;) await wait() })
t.test('passes', async (t) => t.pass())
`

t.test('what nobody catches, or never ends, fails the test that runs, and the others run all the same', async (t) => {
  const file = join(await folder(t), 'late.test.ts')
  await writeFile(file, FILE)
  const { promise, resolve } = Promise.withResolvers<{ code: unknown; output: string }>()
  execFile(process.execPath, [ROOM, file], { env: childEnvironment({ TAP: '1', MAX_TEST_MS: '1000' }) }, (error, output) => resolve({ code: error?.code, output }))
  const { code, output } = await promise
  t.equal(code, 1)
  for (const line of [/^ {8}not ok 1 - late$/m, /^ {4}not ok 1 - unseen$/m, /^not ok \d - hangs/m, /^ok \d - passes/m]) t.match(output, line)
})
