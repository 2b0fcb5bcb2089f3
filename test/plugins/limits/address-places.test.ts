// Callers who have not signed in are counted in a fixed number of places, which nobody can choose (threat OW-08).
import t from 'tap'
import { ADDRESS_PLACES, createAddressPlaces } from '../../../plugins/limits/address-places.ts'
import { createSealing } from '../../../plugins/secrets.ts'

const KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
const placeOf = createAddressPlaces(createSealing([KEY]))

t.test('a person counts as themselves', async (t) => {
  t.same([placeOf('message', 'ann'), placeOf('share', 'ann')], ['ann', 'ann'])
})

t.test('networks of one site have one share, and messages of their own (OW-08)', async (t) => {
  const [one, two] = ['address 2001:db8:1:5::', 'address 2001:db8:1:6::'] as const
  t.equal(placeOf('share', one), placeOf('share', two))
  t.not(placeOf('message', one), placeOf('message', two))
  t.equal(createAddressPlaces(createSealing([KEY]))('share', one), placeOf('share', one), 'the same on every instance')
  const others = Array.from({ length: 50 }, (_, index) => `address 192.0.2.${index}`)
  const elsewhere = createAddressPlaces(createSealing(['q8Gr3MnAq0Su5Wc9Oz2Ld7Xe4It6Kh1B']))
  t.notSame(
    others.map((each) => elsewhere('share', each)),
    others.map((each) => placeOf('share', each)),
    'and not to be foreseen without the key'
  )
})

t.test('there are so many places, however many addresses (OW-08)', async (t) => {
  const places = new Set(Array.from({ length: 20_000 }, (_, index) => placeOf('share', `address 10.0.${index >> 8}.${index & 255}`)))
  t.equal(places.size, ADDRESS_PLACES.share)
})
