// The command line of a worker, tried with a plain program: limits that it cannot lift, and no environment (threat WS-02).
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { commandOf } from '../../../plugins/workers/launch.ts'
import { folder } from '../../helpers/tool-context.ts'

t.test('a process writes no byte into a file, and has no variables (WS-02)', async (t) => {
  const file = join(await folder(t), 'written')
  const code = `console.log(JSON.stringify(process.env))
    try { require('node:fs').writeFileSync(${JSON.stringify(file)}, 'x') } catch { console.log('refused') }`
  const [program, args] = commandOf(['-e', code])
  const { stdout } = spawnSync(program, args, { env: {}, encoding: 'utf8' })
  t.match(stdout, /^\{\}\n/)
  t.notMatch(existsSync(file) ? spawnSync('cat', [file], { encoding: 'utf8' }).stdout : '', /x/)
})
