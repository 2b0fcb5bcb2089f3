// The shades of one color: each can be read where pages use it, in light and dark, whatever the color is.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { contrast, DARK_CARD, darkened, MIN_CONTRAST, paletteOf } from '../../config/palette.ts'

const STYLE = readFileSync(new URL('../../views/style.css', import.meta.url), 'utf8')
/** The value of a variable, of the light pages or of the dark ones. */
const inStyle = (name: string, theme: 'light' | 'dark') =>
  [...STYLE.matchAll(new RegExp(`--${name}: (#[0-9a-f]{3,6});`, 'g'))].map(([, value]) => value!)[theme === 'light' ? 0 : 1]!
const full = (color: string) => (color.length === 4 ? color.replaceAll(/[0-9a-f]/g, '$&$&') : color)

t.test('the contrast of two colors is that of WCAG 2.2', async (t) => {
  t.equal(contrast('#000000', '#ffffff'), 21)
  t.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48')
  t.equal(contrast('#0d6354', '#0d6354'), 1)
  t.equal(inStyle('card', 'dark'), DARK_CARD)
})

t.test('every color that white text can be read on gives pages that can be read, light and dark', async (t) => {
  const steps = ['00', '33', '66', '99', 'cc', 'ff']
  const colors = steps.flatMap((red) => steps.flatMap((green) => steps.map((blue) => `#${red}${green}${blue}`)))
  const accepted = colors.map(darkened)
  const [paper, card] = [inStyle('paper', 'dark'), inStyle('card', 'dark')]
  for (const color of new Set([...accepted, '#0d6354', '#000000'])) {
    const { light, dark } = paletteOf(color)
    t.equal(light.accent, color, 'the color itself is on the buttons')
    const pairs: Array<[string, string, string]> = [
      ['text of a button', light.onAccent, light.accent],
      ['text of a button under the pointer', light.onAccent, light.accentDeep],
      ['a link', light.accent, full(inStyle('card', 'light'))],
      ['text on a tint', inStyle('ink', 'light'), light.tint],
      ['soft text on a tint', inStyle('soft', 'light'), light.tint],
      ['text of a button in the dark', dark.onAccent, dark.accent],
      ['the same under the pointer', dark.onAccent, dark.accentDeep],
      ['a link in the dark', dark.accent, card],
      ['a link on the paper of the dark', dark.accent, paper],
      ['a link on a tint of the dark', dark.accent, dark.tint],
      ['text on a tint of the dark', inStyle('ink', 'dark'), dark.tint],
      ['soft text on a tint of the dark', inStyle('soft', 'dark'), dark.tint]
    ]
    for (const [what, one, other] of pairs) {
      const found = contrast(full(one), full(other))
      if (found < MIN_CONTRAST) t.fail(`${color}: ${what} has ${found.toFixed(2)} (${one} on ${other})`)
    }
  }
})

t.test('the darker color that a refusal proposes is the nearest that would be taken', async (t) => {
  for (const color of ['#ff0000', '#ffff00', '#4dabf7', '#ffffff']) t.ok(contrast(darkened(color), '#ffffff') >= MIN_CONTRAST, color)
  t.equal(darkened('#0d6354'), '#0d6354')
})
