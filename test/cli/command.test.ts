// How a command ends that cannot do what was asked: one sentence, and a stack only for a fault of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readdir } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { command, fail, OperatorError, parseOptions } from '../../cli/command.ts'
import { accessDenied } from '../../errors.ts'
import { openSqliteStorage } from '../../plugins/storage/sqlite/index.ts'
import { childEnvironment } from '../helpers/child-environment.ts'
import { freePort } from '../helpers/ports.ts'
import { folder } from '../helpers/tool-context.ts'

t.test('what the operator can act on is a sentence, and a fault of the program has its stack', async (t) => {
  const { write } = process.stderr
  t.teardown(() => {
    process.exitCode = undefined
  })
  const said = (error: unknown): string => {
    let text = ''
    process.stderr.write = (part) => {
      text += String(part)
      return true
    }
    try {
      fail(error)
    } finally {
      process.stderr.write = write
    }
    return text
  }
  t.equal(said(new OperatorError('Name one folder.')), 'Name one folder.\n')
  t.match(said(accessDenied({ key: 'invitations.noAddress' })), /^Enter an email address[^\n]*\n$/)
  t.match(said(new TypeError('x is not y')), /TypeError: x is not y\n +at /)
  t.equal(process.exitCode, 1)
})

t.test('a command that takes one folder does nothing with none or two', async (t) => {
  const { argv, stderr: { write } } = process
  const mask = process.umask()
  t.teardown(() => {
    process.argv = argv
    process.stderr.write = write
    process.umask(mask)
    process.exitCode = undefined
  })
  for (const folders of [[], ['a', 'b']]) {
    let said = ''
    process.stderr.write = (part) => {
      said += String(part)
      return true
    }
    process.argv = ['node', 'backup', ...folders]
    await command('The help.\n', async () => { throw new Error('it ran') })
    process.stderr.write = write
    t.match(said, /^Name one folder\.\nThe help/)
  }
})

t.test('a value of an option may begin with a dash, as one id in 64 does', async (t) => {
  const options = { user: { type: 'string' }, name: { type: 'string', multiple: true }, help: { type: 'boolean' } } as const
  const parse = (...args: string[]) => {
    const { values, positionals } = parseOptions({ args, options, allowPositionals: true }, 'The help.\n')
    return [{ ...values }, positionals]
  }
  t.strictSame(
    parse('--user', '-x', 'word', '--name', '--y', '--name=-z'),
    [{ user: '-x', name: ['--y', '-z'] }, ['word']]
  )
  t.strictSame(
    parse('--help', '--user', '-', '--', '--user', '-x'),
    [{ help: true, user: '-' }, ['--user', '-x']]
  )
  const refusals = {
    '--user --name x': /^Option '--user' argument is ambiguous/,
    '--user -- x': /^Option '--user <value>' argument missing|^Option '--user' argument is ambiguous/,
    '--user': /^Option '--user <value>' argument missing/,
    '--wrong x': /^Unknown option '--wrong'/,
    '-x': /^Unknown option '-x'/,
    '--__proto__ x': /^Unknown option '--__proto__'/
  }
  for (const [words, message] of Object.entries(refusals)) {
    t.throws(() => parse(...words.split(' ')), { name: 'OperatorError', message })
    t.throws(() => parse(...words.split(' ')), { message: /\nThe help\.\n$/ })
  }
})

t.test('a list whose reader has read enough ends without a stack (SG-23)', async (t) => {
  const dataDir = await folder(t)
  const storage = openSqliteStorage(dataDir, () => Date.now() / 1_000)
  await storage.collection('schema').create('version', { version: 1 }, null)
  const event = { topic: 'user ann', entry: { at: '2026-11-30T10:00:00.000Z', event: 'sign_in', user: 'ann' } }
  for (let batch = 0; batch < 20; batch++) await storage.journal('audit').append(Array(500).fill(event))
  await storage.close()
  const env = childEnvironment({ DATA_DIR: dataDir, PUBLIC_URL: 'http://localhost:8080' })
  const child = spawn(process.execPath, ['cli/audit.ts'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.once('data', () => child.stdout.destroy())
  const [said, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  t.equal(said, '')
  t.equal(status, 0)
})

t.test('nor does any other command whose reader has gone before it prints (SG-23)', async (t) => {
  const TMPDIR = await folder(t)
  const env = childEnvironment({ DATA_DIR: await folder(t), TMPDIR, PUBLIC_URL: 'http://localhost:8080', AUTH_BACKEND: 'demo' })
  for (const words of [['access', 'everyone'], ['call', 'calculate', '{"expression":"1+1"}']]) {
    const child = spawn(process.execPath, [`cli/${words[0]}.ts`, ...words.slice(1)], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    const [said, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')])
    t.same([said, status], ['', 0], words.join(' '))
  }
  t.same(await readdir(TMPDIR), [], 'and nothing of it is left')
})

t.test('what cannot be written is a sentence, of every command (SG-24)', async (t) => {
  const env = childEnvironment({ DATA_DIR: await folder(t), PUBLIC_URL: 'http://localhost:8080', AUTH_BACKEND: 'demo' })
  const full = await open('/dev/full', 'w')
  t.teardown(() => full.close())
  for (const words of [['cli/backup.ts', '--help'], ['cli/access.ts', 'everyone'], ['cli/index.ts', '--help']]) {
    const child = spawn(process.execPath, words, { env, stdio: ['ignore', full.fd, 'pipe'] })
    const [said, [status]] = await Promise.all([text(child.stderr!), once(child, 'exit')])
    t.same(
      [said, status],
      ['What this command prints cannot be written: ENOSPC: no space left on device, write\n', 1],
      words.join(' ')
    )
  }
})

t.test('the doctor examines to its end whoever reads it, and its exit code tells (SG-24)', async (t) => {
  const closed = await freePort()
  for (const words of [['--help'], [`http://localhost:${closed}`]]) {
    const child = spawn(process.execPath, ['doctor/index.ts', ...words], { env: childEnvironment({}), stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    const [said, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')])
    t.same([said, status], ['', words[0] === '--help' ? 0 : 1], words.join(' '))
  }
})
