// Messages that are filled: plural forms, and values from outside that can neither become markup nor turn the sentence.
import t from 'tap'
import { escapeHtml, fillHtml, fillText } from '../../languages/fill.ts'

t.test('numbers choose the form of their language', async (t) => {
  const message = '{count, plural, one {# file} other {# files}}'
  t.equal(fillText('en', message, { count: 1 }), '1 file')
  t.equal(fillText('en', message, { count: 1200 }), '1,200 files')
  t.equal(fillText('de', message, { count: 1200 }), '1.200 files')
  t.equal(
    fillText('fr', '{count, plural, one {# note} other {# notes}}', { count: 0 }),
    '0 note'
  )
  t.equal(fillText('ja', '{count, plural, other {# 件}}', { count: 1 }), '1 件')
})

t.test('a value stays what it is in plain text, and is escaped and isolated in HTML', async (t) => {
  const value = '<b onclick="x">{a}</b> & \'q\''
  t.equal(fillText('en', 'Hello {name}', { name: value }), `Hello ${value}`)
  t.equal(
    fillHtml('en', 'Hello <strong>{name}</strong>', { name: value }),
    `Hello <strong><bdi>${escapeHtml(value)}</bdi></strong>`
  )
  t.notMatch(escapeHtml(value), /[<>"']/)
})

t.test('a link leads where the value says, and its text is of the message', async (t) => {
  t.equal(
    fillHtml('en', 'See <link>the page</link>.', { link: { href: '/a?b=1&c="' } }),
    'See <a href="/a?b=1&amp;c=&quot;">the page</a>.'
  )
})

t.test('a message without anything to fill is itself', async (t) => {
  t.equal(fillText('en', 'Sign in'), 'Sign in')
  t.equal(fillHtml('en', 'Sign in'), 'Sign in')
  t.equal(fillText('en', "You can't"), "You can't")
})
