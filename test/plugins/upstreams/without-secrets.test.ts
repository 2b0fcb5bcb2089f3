// Words about an upstream for the log hold no secret and cannot forge a line.
import t from 'tap'
import { hiddenParts, hideInside, hideInTexts, withoutSecrets } from '../../../plugins/upstreams/without-secrets.ts'

t.test('secrets are hidden, the longer of two first, and ordinary words stay (UH-06)', async (t) => {
  t.equal(withoutSecrets('key abcd-efgh and abcd', ['abcd', 'abcd-efgh']), 'key [secret] and [secret]')
  t.equal(withoutSecrets('a key', ['a', '']), 'a key')
})

t.test('of a text that goes on and on, no half of a secret stays at the end of what is looked at (UH-06)', async (t) => {
  for (const secret of ['s3cret'.repeat(3), 's3cret'.repeat(250)]) {
    for (let start = 0; start < secret.length; start += 7) t.notMatch(withoutSecrets('x'.repeat(start) + secret.repeat(300), [secret]), /s3c/)
  }
})

t.test('a secret is hidden as JSON writes it as well, and in all texts of a value (UH-39)', async (t) => {
  const secret = 'pa"ss\\word'
  const said = JSON.stringify({ env: { DB_PASSWORD: secret } })
  t.equal(withoutSecrets(`it failed: ${said}`, [secret]), 'it failed: {"env":{"DB_PASSWORD":"[secret]"}}')
  const value = { a: [{ b: `x ${secret}`, c: said }, 1, null, true], d: 'y' }
  t.same(hideInside(value, hiddenParts([secret])), { a: [{ b: 'x [secret]', c: said.replace(/"pa.*d"/, '"[secret]"') }, 1, null, true], d: 'y' })
})

t.test('a secret is hidden as an address writes it, and where it is the name of a member (UH-43)', async (t) => {
  const secret = 'abc/d f+g=='
  const encoded = [
    'abc/d%20f+g==',
    'abc%2Fd%20f%2Bg%3D%3D',
    'abc%2fd%20f%2bg%3d%3d',
    'abc%2Fd+f%2Bg%3D%3D'
  ]
  for (const form of encoded) {
    const said = `Cannot POST /mcp?code=${form}`
    const hidden = withoutSecrets(said, [secret])
    t.equal(hidden, 'Cannot POST /mcp?code=[secret]')
  }
  const parts = hiddenParts([secret])
  const errors = { a: { [secret]: 'not valid' } }
  t.same(
    hideInside(errors, parts),
    { a: { '[secret]': 'not valid' } }
  )
  t.same(hideInTexts({ text: secret }, ['text', secret]), {
    text: '[secret]'
  }, 'names of the protocol stay')
})

t.test('a text is one line of at most 500 characters', async (t) => {
  t.equal(withoutSecrets('one\r\ntwo\u2028\u009bthree', []), 'one two three')
  t.equal(withoutSecrets('x'.repeat(501), []).length, 500)
})
