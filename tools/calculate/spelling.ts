// Rewrites the different spellings that people and models type into the one that the parser reads.
// Tested in test/tools/calculate/expressions.test.ts.

const FRACTIONS: Record<string, string> = {
  '½': '1/2', '⅓': '1/3', '⅔': '2/3', '¼': '1/4', '¾': '3/4', '⅕': '1/5', '⅖': '2/5', '⅗': '3/5', '⅘': '4/5', '⅙': '1/6', '⅚': '5/6', '⅛': '1/8', '⅜': '3/8', '⅝': '5/8', '⅞': '7/8'
}
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

const raised = (digits: string): string =>
  `^(${[...digits].map((digit) => (digit === '⁻' ? '-' : SUPERSCRIPTS.indexOf(digit))).join('')})`

type Rule = [pattern: RegExp, by: string | ((...found: string[]) => string)]

const RULES: Rule[] = [
  [/^\s*(?:what(?:'s|’s| is)|calculate|compute|=)\s*/i, ''],
  [/\s*[=?][=?\s]*$/, ''],
  [/[×·⋅∙]/g, '*'],
  [/\*\*/g, '^'],
  [/÷/g, '/'],
  [/[−–]/g, '-'],
  [/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, raised],
  [/π/g, ' pi '],
  [/≤/g, '<='],
  [/≥/g, '>='],
  [/≠/g, '<>'],
  [/⌊/g, 'floor('],
  [/⌈/g, 'ceil('],
  [/[⌋⌉]/g, ')'],
  // 2½ is a mixed number; two numbers side by side are nothing else.
  [/(\d+)?\s?([½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])/g, (_, whole, part) => `(${whole === undefined ? '' : `${whole}+`}${FRACTIONS[part!]!})`],
  [/(\d)\s?['′](?=\s|\d|$)/g, '$1 ft '],
  [/(\d)\s?["″](?=\s|[-+*/)]|$)/g, '$1 inch '],
  [/\bdivided by\b/gi, '/'],
  [/\bplus\b/gi, '+'],
  [/\bminus\b/gi, '-'],
  [/\btimes\b/gi, '*'],
  [/\bper\b/gi, '/'],
  [/\b(?:to the power of)\b/gi, '^'],
  [/\bsquared\b/gi, '^2'],
  [/\bcubed\b/gi, '^3'],
  [/\b(?:fl|fluid)\.? (?:oz|ounces?)\b/gi, 'floz'],
  [/\blight[- ]years?\b/gi, 'ly'],
  [/\bnautical miles?\b/gi, 'nmi'],
  [/\bmetric tons?\b/gi, 'tonne'],
  [/\bshort tons?\b/gi, 'ton'],
  [/\blong tons?\b/gi, 'longton'],
  [/\bUS (?=gallons?|pints?|quarts?|cups?)/gi, ''],
  [/\b(?:UK|imperial) (?:gallons?|gal)\b/gi, 'ukgal'],
  [/\b(?:UK|imperial) (?:pints?|pt)\b/gi, 'ukpt'],
  [/\b(?:square|sq)\.? (\p{L}+)/giu, '$1^2'],
  [/\b(?:cubic|cu)\.? (\p{L}+)/giu, '$1^3'],
  [/\b(as|to|in) (?:an? )?(?:percent(?:age)?)\b/gi, '$1 %']
]

/** @param expression at most a thousand characters. */
export const respell = (expression: string): string =>
  RULES.reduce((text, [pattern, by]) => text.replace(pattern, by as string), expression)
