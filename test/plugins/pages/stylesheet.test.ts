// The stylesheet, which browsers keep for a year at an address with its hash.
import t from 'tap'
import { paletteOf } from '../../../config/palette.ts'
import { stylesheetOf } from '../../../plugins/pages/stylesheet.ts'

t.test('another color is another address, and the same is the same', async (t) => {
  const hashes = [undefined, paletteOf('#0d6354'), paletteOf('#7a1f5c')].map((palette) => stylesheetOf(palette).hash)
  t.equal(new Set(hashes).size, 3)
  t.equal(stylesheetOf(paletteOf('#7a1f5c')).hash, hashes[2])
  t.match(stylesheetOf(paletteOf('#7a1f5c')).body, '--accent: #7a1f5c')
})
