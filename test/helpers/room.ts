// Runs the test files it is given in this process, one after the other: `node test/helpers/room.ts FILE …`. Starting Node, tap and
// the server again for each of them costs more processor time than most of the tests.
import { restoreHooks } from './untraced.ts'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'

restoreHooks()

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
process.on('uncaughtException', (error) => { running.threw(error) })

// tap ends the whole run as soon as a teardown is registered and no
// test is waiting: while a file still starts its server, for
// example. This test waits, so that none of the others begins before
// the last file is loaded, and none comes too late.
const loaded = Promise.withResolvers<void>()
t.test('the files are loaded', () => loaded.promise)

for (const file of process.argv.slice(2)) await import(pathToFileURL(file).href)
loaded.resolve()
