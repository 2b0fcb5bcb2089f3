// What a process wrote is fit for the log: no secrets, nothing that a terminal
// would obey.
import t from 'tap'
import { createCleaner } from '../../../../plugins/upstreams/processes/clean.ts'

const clean = (text: string, ...secrets: string[]) => createCleaner(secrets)(Buffer.from(text))

t.test('secrets are replaced, the longer of two first (PR-04)', async (t) => {
  t.equal(clean('key=abcd, abcdef; abcd', 'abcd', 'abcdef'), 'key=***, ***; ***')
  t.equal(clean('nothing 1 here', '', '1'), 'nothing 1 here')
})

t.test('each line of a secret of several lines is replaced', async (t) => {
  const key = '-----BEGIN\nMIIEvQIBADANBg\nab\n-----END KEY'
  t.equal(clean('read MIIEvQIBADANBg', key), 'read ***')
  t.equal(clean('tab', key), 'tab')
})

t.test('a secret at the place where a line is cut shows no part of itself', async (t) => {
  const secret = 's3cret'.repeat(20)
  for (let start = 1_800; start <= 2_100; start += 10) {
    t.notMatch(clean('x'.repeat(start) + secret + 'y'.repeat(500), secret), /s3c/)
  }
})

t.test('nor does one that stands there again and again, for which the marks are short (PR-04)', async (t) => {
  for (const secret of ['s3cret'.repeat(3), 's3cret'.repeat(250), 's3cret-line\n'.repeat(30)]) {
    for (let start = 0; start < secret.length; start += 7) {
      t.notMatch(clean('x'.repeat(start) + secret.repeat(300), secret), /s3c/)
    }
  }
})

t.test('a long line is cut', async (t) => {
  const line = clean('x'.repeat(1_000_000))
  t.equal(line.length, 2_002)
  t.match(line, / …$/)
  t.equal(clean('x'.repeat(2_000)), 'x'.repeat(2_000))
})

t.test('colors are left out, and other commands for a terminal are written out (PR-04)', async (t) => {
  t.equal(clean('\x1b[31merror\x1b[0m: no'), 'error: no')
  t.equal(clean('a\u009b2Jb\u202ec\rd'), 'ab\\u{202e}c\\u{d}d')
})
