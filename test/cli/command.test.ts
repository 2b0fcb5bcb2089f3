// How a command ends that cannot do what was asked: one sentence, and a stack only for a fault of its own.
import t from 'tap'
import { fail, OperatorError, parseOptions } from '../../cli/command.ts'
import { accessDenied } from '../../errors.ts'

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

t.test('a value of an option may begin with a dash, as one id in 64 does', async (t) => {
  const options = { user: { type: 'string' }, name: { type: 'string', multiple: true }, help: { type: 'boolean' } } as const
  const parse = (...args: string[]) => {
    const { values, positionals } = parseOptions({ args, options, allowPositionals: true }, 'The help.\n')
    return [{ ...values }, positionals]
  }
  t.strictSame(parse('--user', '-x', 'word', '--name', '--y', '--name=-z'), [{ user: '-x', name: ['--y', '-z'] }, ['word']])
  t.strictSame(parse('--help', '--user', '-', '--', '--user', '-x'), [{ help: true, user: '-' }, ['--user', '-x']])
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
