// SERVER_COLOR: from one color the shades that pages use, in light and dark, each readable where it is used (WCAG 2.2 §1.4.3).

/** Red, green and blue, each from 0 to 255. */
type Rgb = readonly [number, number, number]

/** Colors as CSS writes them. `accent` is for buttons and links, `accentDeep` under the pointer, `tint` behind text. */
export interface Shades {
  accent: string
  accentDeep: string
  onAccent: string
  tint: string
}
export interface Palette {
  light: Shades
  dark: Shades
}

const WHITE: Rgb = [255, 255, 255]
const BLACK: Rgb = [0, 0, 0]
/** `--card` of the dark pages in views/style.css: the lightest ground of a link there. */
export const DARK_CARD = '#1a201e'
/** WCAG 2.2 §1.4.3, level AA. */
export const MIN_CONTRAST = 4.5
/** On dark pages thin light text needs more (WCAG 2.2 §1.4.6, level AAA). */
const MIN_CONTRAST_DARK = 7
const STEP = 0.02

/** @param color `#rrggbb`, with at least {@link MIN_CONTRAST} to white. */
export function paletteOf (color: string): Palette {
  const base = parse(color)
  const card = parse(DARK_CARD)
  const light = until((share) => mix(base, WHITE, share), (shade) => ratio(shade, card) >= MIN_CONTRAST_DARK)
  return {
    light: {
      accent: print(base),
      accentDeep: print(mix(base, BLACK, 0.28)),
      onAccent: '#fff',
      tint: print(mix(WHITE, base, 0.08))
    },
    dark: {
      accent: print(light),
      accentDeep: print(mix(light, WHITE, 0.35)),
      onAccent: print(mix(BLACK, base, 0.3)),
      tint: print(mix(card, light, 0.08))
    }
  }
}

/** WCAG 2.2 "contrast ratio" of two colors `#rrggbb`: from 1 to 21. */
export const contrast = (one: string, other: string): number => ratio(parse(one), parse(other))

/** The nearest darker shade that white text can be read on. */
export const darkened = (color: string): string =>
  print(until((share) => mix(parse(color), BLACK, share), (shade) => ratio(shade, WHITE) >= MIN_CONTRAST))

/** The first of the shades from one color to another that is good enough; the last one always is. */
function until (shadeAt: (share: number) => Rgb, isEnough: (shade: Rgb) => boolean): Rgb {
  for (let share = 0; share < 1; share += STEP) if (isEnough(shadeAt(share))) return shadeAt(share)
  return shadeAt(1)
}

const mix = (from: Rgb, to: Rgb, share: number): Rgb =>
  from.map((value, index) => Math.round(value + (to[index]! - value) * share)) as unknown as Rgb

function ratio (one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

/** WCAG 2.2 "relative luminance". */
function luminance (color: Rgb): number {
  const [red, green, blue] = color
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)) as unknown as Rgb
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const parse = (color: string): Rgb => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)) as unknown as Rgb
const print = (color: Rgb): string => `#${color.map((value) => value.toString(16).padStart(2, '0')).join('')}`
