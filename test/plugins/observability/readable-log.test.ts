// Lines of the log for a terminal: what they show, and that nothing in them is more than text.
import { stripVTControlCharacters as plain } from 'node:util'
import t from 'tap'
import { readableLine } from '../../../plugins/observability/readable-log.ts'

const line = (entry: object): string => readableLine(`${JSON.stringify({ level: 30, time: 0, pid: 1, hostname: 'h', ...entry })}\n`)

t.test('shows the time, the level, the message and the members', async (t) => {
  t.match(plain(line({ msg: 'answered', status: 200, route: '/token', ids: [1] })), /^\d\d:\d\d:\d\d info {2}answered {2}status=200 {2}route=\/token {2}ids=\[1\]\n$/)
  t.match(plain(line({ level: 50, msg: 'x' })), / error x\n$/)
  t.match(plain(line({ level: 35, msg: 'x' })), / log {3}x\n$/, 'a level of somebody else’s')
  t.equal(readableLine('no JSON\n'), 'no JSON\n')
})

t.test('shows the stack of an error, and its cause, below the line', async (t) => {
  const err = { type: 'Error', message: 'b', stack: 'Error: b\n    at f (x.ts:1:1)', cause: { type: 'TypeError', message: 'c', stack: '' } }
  t.match(plain(line({ msg: 'a', err })), / a\n {4}Error: b\n {4}at f \(x\.ts:1:1\)\n {4}caused by:\n {4}TypeError: c\n$/)
})

t.test('what strangers wrote moves no cursor and turns no line', async (t) => {
  const evil = '\x1b[2Jgone\r\n\u202eevil'
  const shown = line({ msg: evil, client: evil, list: [evil], err: { type: 'E', message: 'm', stack: evil } })
  t.notMatch(shown, '\x1b[2J')
  t.notMatch(shown, /[\r\u202e]/)
  t.equal(shown.split('\n').length, 4, 'the line, the two lines of its stack, and the end')
})
