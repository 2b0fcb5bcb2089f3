// Runs the test files it is given in this process, one after the other: `node test/helpers/room.ts FILE …`. Starting Node, tap and
// the server again for each of them costs more processor time than most of the tests.
import { restoreHooks } from './untraced.ts'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'

restoreHooks()

/** What waits for something that never comes fails by its name, and the others run all the same. The longest takes 70 seconds. */
const MAX_TEST_MS = Number(process.env['MAX_TEST_MS'] ?? 300_000)
/** What the teardowns may take then. */
const CLOSING_MS = 5_000

/** The innermost test that runs. What nobody catches fails it, and the others run all the same. */
let running: object & Pick<Test, 'threw'> = t
function follow (parent: Test | typeof t): void {
  parent.on('subtestStart', (test) => {
    running = test
    follow(test as Test)
  })
  // The next one may have begun.
  parent.on('subtestEnd', (test) => { if (running === test) running = parent })
}
follow(t)
t.on('subtestStart', (test) => test.setTimeout(MAX_TEST_MS))
t.on('subtestEnd', (test) => {
  // What it waits for would keep this process from ending.
  if (test.timedOut) t.teardown(() => setTimeout(() => process.exit(1), CLOSING_MS))
})
process.on('uncaughtException', (error) => { running.threw(error) })

// tap ends the whole run as soon as a teardown is registered and no
// test is waiting: while a file still starts its server, for
// example. This test waits, so that none of the others begins before
// the last file is loaded, and none comes too late.
const loaded = Promise.withResolvers<void>()
t.test('the files are loaded', () => loaded.promise)

for (const file of process.argv.slice(2)) await import(pathToFileURL(file).href)
loaded.resolve()
