// How a command ends that cannot do what was asked: one sentence, and a stack only for a fault of its own.
import t from 'tap'
import { fail, OperatorError } from '../../cli/command.ts'
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
