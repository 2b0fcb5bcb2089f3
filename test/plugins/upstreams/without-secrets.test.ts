// Words about an upstream for the log hold no secret and cannot forge a line.
import t from 'tap'
import { hiddenParts, hideInside, hideInTexts, withoutSecrets } from '../../../plugins/upstreams/without-secrets.ts'

t.test('secrets are hidden, the longer of two first, and ordinary words stay (UH-06)', async (t) => {
  t.equal(withoutSecrets('key abcd-efgh and abcd', ['abcd', 'abcd-efgh']), 'key [secret] and [secret]')
  t.equal(withoutSecrets('a key', ['a', '']), 'a key')
})

t.test('of a text that goes on and on, no half of a secret stays at the end of what is looked at (UH-06)', async (t) => {
  for (const secret of ['s3cret'.repeat(3), 's3cret'.repeat(250)]) {
    for (let start = 0; start < secret.length; start += 7) {
      t.notMatch(withoutSecrets('x'.repeat(start) + secret.repeat(300), [secret]), /s3c/)
    }
  }
})

t.test('a secret is hidden as JSON writes it as well, and in all texts of a value (UH-39)', async (t) => {
  const secret = 'pa"ss\\word'
  const said = JSON.stringify({ env: { DB_PASSWORD: secret } })
  t.equal(withoutSecrets(`it failed: ${said}`, [secret]), 'it failed: {"env":{"DB_PASSWORD":"[secret]"}}')
  const value = { a: [{ b: `x ${secret}`, c: said }, 1, null, true], d: 'y' }
  t.same(
    hideInside(value, hiddenParts([secret])),
    { a: [{ b: 'x [secret]', c: said.replace(/"pa.*d"/, '"[secret]"') }, 1, null, true], d: 'y' }
  )
})

t.test('and as an address has it, which programs name when a request fails (UH-43)', async (t) => {
  const secret = 'sk+live/a b=='
  for (const said of [
    new URLSearchParams({ key: secret }).toString(),
    `key=${encodeURIComponent(secret)}`,
    'key=sk+live/a%20b==',
    'key=sk%2Blive/a%20b%3D%3D',
    'key=sk%2blive%2fa+b%3d%3d'
  ]) {
    t.equal(
      withoutSecrets(`403 for url: http://a.b/?${said}&n=1`, [secret]),
      '403 for url: http://a.b/?key=[secret]&n=1'
    )
  }
  t.same(hiddenParts(['plain']), ['plain'])
  t.doesNotThrow(() => hiddenParts(['half \ud800']))
})

t.test('a secret is hidden where it is the name of a member, unless the protocol has that name (UH-43)', async (t) => {
  const parts = hiddenParts(['s3cret-key'])
  const errors = { a: { 's3cret-key': 'not valid' } }
  t.same(hideInside(errors, parts), { a: { '[secret]': 'not valid' } })
  t.same(hideInTexts({ text: 's3cret-key' }, ['text', 's3cret-key']), { text: '[secret]' })
})

t.test('a text is one line of at most 500 characters', async (t) => {
  t.equal(withoutSecrets('one\r\ntwo\u2028\u009bthree', []), 'one two three')
  t.equal(withoutSecrets('x'.repeat(501), []).length, 500)
})
