// Replaces generated values by ones that fit their names, with faker: a city is a city, and a price has two decimals.
// Tested in test/tools/generate/realistic.test.ts.
import { Faker, base, en } from '@faker-js/faker'

type Make = (faker: Faker) => unknown

/** Names are compared in lower case, with only letters and digits; the first match counts. */
const TEXTS: Array<[name: RegExp, make: Make]> = [
  [/(?:first|given)name$/, (f) => f.person.firstName()],
  [/(?:last|family|sur)name$/, (f) => f.person.lastName()],
  [/(?:user|login|nick)name$|^login$|^handle$/, (f) => f.internet.username()],
  [/(?:company|employer|organi[sz]ation|brand|vendor|supplier)(?:name)?$/, (f) => f.company.name()],
  [/(?:product|item)(?:name)?$/, (f) => f.commerce.productName()],
  [/file(?:name)?$/, (f) => f.system.fileName()],
  [/^name$|(?:full|display|customer|person|contact|author|owner|employee)name$|^(?:author|owner|customer|employee|contact|person|manager)$/, (f) => f.person.fullName()],
  [/email|^mail$/, (f) => f.internet.email()],
  [/phone|mobile|^tel|fax/, (f) => f.phone.number()],
  [/street|address(?:line)?1?$/, (f) => f.location.streetAddress()],
  [/countrycode$/, (f) => f.location.countryCode()],
  [/city|town/, (f) => f.location.city()],
  [/country|nationality/, (f) => f.location.country()],
  [/zip|post(?:al)?code/, (f) => f.location.zipCode()],
  [/^(?:state|region|province|county)$/, (f) => f.location.state()],
  [/job|occupation|profession|position/, (f) => f.person.jobTitle()],
  [/department/, (f) => f.commerce.department()],
  [/category|genre/, (f) => f.commerce.department()],
  [/^isbn/, (f) => f.commerce.isbn()],
  [/iban/, (f) => f.finance.iban()],
  [/currency/, (f) => f.finance.currencyCode()],
  [/sku|code$|serial|reference$/, (f) => f.string.alphanumeric({ length: 8, casing: 'upper' })],
  [/url|website|homepage|link$|href/, (f) => f.internet.url()],
  [/avatar|image|photo|picture/, (f) => f.image.url()],
  [/^ip(?:v4|address)?$/, (f) => f.internet.ipv4()],
  [/password|secret|token/, (f) => f.internet.password()],
  [/colou?r/, (f) => f.color.human()],
  [/timezone/, (f) => f.location.timeZone()],
  [/lang(?:uage)?$|locale/, (f) => f.location.language().alpha2],
  [/gender|sex$/, (f) => f.person.sex()],
  [/status$/, (f) => f.helpers.arrayElement(['active', 'pending', 'inactive'])],
  [/(?:created|updated|modified|deleted|at|timestamp|datetime)$/, (f) => f.date.past({ years: 2, refDate: REFERENCE }).toISOString()],
  [/date$|birthday|^dob$/, (f) => f.date.past({ years: 2, refDate: REFERENCE }).toISOString().slice(0, 10)],
  [/uuid|guid|id$/, (f) => f.string.uuid()],
  [/title|subject|headline/, (f) => sentence(f, 3)],
  [/description|comment|text|body|bio|summary|notes?$|message|content/, (f) => sentence(f, 10)],
  [/tags?$|keywords?$|label/, (f) => f.word.noun()],
  [/./, (f) => f.word.words({ count: { min: 1, max: 3 } })]
]

const NUMBERS: Array<[name: RegExp, make: Make]> = [
  [/age$/, (f) => f.number.int({ min: 18, max: 80 })],
  [/year$/, (f) => f.number.int({ min: 1990, max: 2025 })],
  [/lat(?:itude)?$/, (f) => f.location.latitude()],
  [/l(?:on|ng)(?:gitude)?$/, (f) => f.location.longitude()],
  [/price|amount|total|cost|salary|fee|balance|tax/, (f) => Number(f.commerce.price({ min: 1, max: 500 }))],
  [/quantity|count|qty|stock|number/, (f) => f.number.int({ min: 1, max: 50 })],
  [/rating|stars/, (f) => f.number.int({ min: 1, max: 5 })],
  [/percent|score/, (f) => f.number.int({ min: 0, max: 100 })],
  [/id$/, (f) => f.number.int({ min: 1, max: 9999 })],
  [/./, (f) => f.number.int({ min: 1, max: 1000 })]
]

/** So that the same seed gives the same dates in every year. */
const REFERENCE = '2026-01-01T00:00:00Z'
const sentence = (f: Faker, words: number): string => {
  const text = f.word.words(words)
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Values that are tried in one piece of data: each is checked against the schema. */
const MAX_TRIED = 2_000

/**
 * Replaces random values by ones that fit their names, as long as the data still matches the schema.
 * @param data is changed. @param fits whether the whole still matches the schema.
 */
export function makeRealistic (data: unknown, fits: (data: unknown) => boolean, seed: number): unknown {
  const faker = new Faker({ locale: [en, base], seed })
  const holder = { data }
  let tried = 0
  const attempt = (place: Record<string, unknown>, key: string, values: unknown[]): void => {
    const before = place[key]
    for (const value of values) {
      if (++tried > MAX_TRIED) return
      place[key] = value
      if (fits(holder.data)) return
      place[key] = before
    }
  }
  const visit = (place: Record<string, unknown>, key: string, name: string): void => {
    const value = place[key]
    if (typeof value === 'string') attempt(place, key, textsFor(faker, name, value))
    else if (typeof value === 'number') attempt(place, key, numbersFor(faker, name, value))
    else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.keys(value)) visit(value as Record<string, unknown>, inner, Array.isArray(value) ? name.replace(/s$/, '') : inner)
    }
  }
  visit(holder, 'data', '')
  return holder.data
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
const making = (table: Array<[RegExp, Make]>, name: string): Make => table.find(([pattern]) => pattern.test(plain(name) || 'x'))![1]

function textsFor (faker: Faker, name: string, drawn: string): unknown[] {
  const text = String(making(TEXTS, name)(faker))
  // A shorter one may fit where a long one does not.
  return [text, faker.word.noun(), ...(drawn.length > 0 ? [text.slice(0, drawn.length).trim()] : [])]
}

function numbersFor (faker: Faker, name: string, drawn: number): unknown[] {
  const value = Number(making(NUMBERS, name)(faker))
  // The random number is within the limits; rounded it may still be.
  return [value, Math.round(value), Number(drawn.toFixed(2)), Math.round(drawn)]
}
