// What counts as an access key before storage is read, and that a secret scanner can tell one from other text.
import { crc32 } from 'node:zlib'
import t from 'tap'
import { isAccessKey, newKey, parseKey } from '../../../plugins/access-keys/key-format.ts'

t.test('a key has its id in it, and nothing in it ends the selection of a double click', async (t) => {
  const { id, secret } = newKey()
  t.match(secret, /^mcp_key_[0-9A-Za-z]{54}$/)
  t.equal(secret.slice(8, 24), id)
  t.equal(parseKey(secret), id)
  t.ok(isAccessKey(secret))
})

t.test('keys are different, and every letter and digit is used (AK-01)', async (t) => {
  const keys = Array.from({ length: 200 }, () => newKey().secret)
  t.equal(new Set(keys).size, 200)
  t.equal(
    new Set(keys.flatMap((key) => [...key.slice(8, 56)])).size,
    62
  )
})

t.test('the checksum is the CRC-32 of what is before it, as the documentation says', async (t) => {
  const { secret } = newKey()
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const value = [...secret.slice(-6)].reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0)
  t.equal(value, crc32(secret.slice(0, -6)))
})

t.test('what was changed, cut, extended or made up is no key (AK-01)', async (t) => {
  const { secret } = newKey()
  const swapped = secret.at(30) === 'A' ? 'B' : 'A'
  const wrong = [
    secret.slice(0, 30) + swapped + secret.slice(31),
    secret.slice(0, -1),
    `${secret}A`,
    `${secret}\n`,
    ` ${secret}`,
    secret.toLowerCase().replace(/[0-9]/g, 'z'),
    secret.replace('mcp_key_', 'mcp_at_'),
    secret.replace('mcp_key_', ''),
    `mcp_key_${'A'.repeat(54)}`,
    'mcp_key_',
    ''
  ]
  for (const text of wrong) t.equal(parseKey(text), undefined, JSON.stringify(text))
})
