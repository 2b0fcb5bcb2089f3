// What somebody types to run a command, where they have a clone.
import t from 'tap'
import { commandLine } from '../../cli/usage.ts'

t.test('in a clone a command is a script of npm, whose own lines are left out', async (t) => {
  t.equal(commandLine('users'), 'npm run --silent users -- ')
})
