// What is made of the secret key: sealing that keeps purposes apart and survives a rotation, and comparison that takes
// as long for every wrong value (threat WB-08).
import t from 'tap'
import { createSealing, equalSecrets, hashSecret } from '../../plugins/secrets.ts'

const [OLD, NEW] = ['x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A', 'A0gJ5sH3dW6cK1yN8bV4tR9pZmL2qF7x'] as const

t.test('secrets are compared as digests of equal length (WB-08)', async (t) => {
  const secret = hashSecret('a secret')
  t.equal(equalSecrets(secret, hashSecret('a secret')), true)
  for (const wrong of [
    '',
    secret.slice(1),
    secret.slice(0, -1),
    `${secret}=`,
    secret.toLowerCase(),
    '\0'.repeat(43),
    'é'.repeat(1_000_000)
  ]) { t.equal(equalSecrets(secret, wrong), false) }
})

t.test('a sealed value opens for its purpose, with any listed key, and not when it was touched', async (t) => {
  const before = createSealing([OLD])
  const sealed = before.seal('chain', Buffer.from('the chain'))
  t.not(before.seal('chain', Buffer.from('the chain')), sealed, 'each sealing is another text')
  const rotated = createSealing([NEW, OLD])
  t.equal(String(rotated.unseal('chain', sealed)), 'the chain')
  t.equal(rotated.unseal('another purpose', sealed), undefined)
  t.equal(createSealing([NEW]).unseal('chain', sealed), undefined, 'the old key is gone')
  t.equal(
    createSealing([OLD]).unseal('chain', rotated.seal('chain', Buffer.from('x'))),
    undefined,
    'the first key writes'
  )
  for (let index = 0; index < sealed.length - 1; index += 7) {
    const touched = sealed.slice(0, index) + (sealed[index] === 'A' ? 'B' : 'A') + sealed.slice(index + 1)
    t.equal(rotated.unseal('chain', touched), undefined)
  }
  t.equal(rotated.unseal('chain', ''), undefined)
})

t.test('a sealed value has one text: what decodes to the same is another (WB-08)', async (t) => {
  const sealing = createSealing([NEW])
  // Of each length that base64url may end with.
  for (const secret of ['abc', 'abcd', 'abcde']) {
    const sealed = sealing.seal('chain', Buffer.from(secret))
    t.equal(String(sealing.unseal('chain', sealed)), secret)
    const others = ['x', '=', '==', '.', ' ', 'é'].map((end) => sealed + end)
    for (const other of [...others, ` ${sealed}`, `\n${sealed}`]) {
      t.equal(sealing.unseal('chain', other), undefined, other.slice(-3))
    }
  }
})
