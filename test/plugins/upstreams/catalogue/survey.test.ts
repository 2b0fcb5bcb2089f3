// How large and deep an entry of a list is, and whether it hides text from people.
import t from 'tap'
import { survey, writtenLength } from '../../../../plugins/upstreams/catalogue/survey.ts'

const deep = (levels: number) => {
  let value: unknown = 'x'
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

t.test('what is too large or too deep has no size', async (t) => {
  t.ok(survey({ a: ['b', 1, null] }, 1_000).size! < 100)
  for (const small of ['', 0, {}]) {
    t.equal(survey(Array(100).fill(small), 1_000).size, undefined, 'many small ones (UC-01)')
  }
  t.equal(survey('x'.repeat(1_001), 1_000).size, undefined)
  t.equal(survey(Array(1_000).fill(0), 1_000).size, undefined)
  t.equal(survey({ ['x'.repeat(1_001)]: 1 }, 1_000).size, undefined)
  t.ok(survey(deep(64), 2_000).size)
  t.equal(survey(deep(65), 2_000).size, undefined)
  t.equal(survey(deep(100_000), 1_000_000).size, undefined)
})

t.test('a character counts for those that JSON writes it in (BW-41)', async (t) => {
  for (const character of ['\u0001', '\ud800', '"', '\n', 'é', '日', '👩']) {
    const text = character.repeat(100)
    t.equal(survey(text, 1_000).size, JSON.stringify(text).length - 1, JSON.stringify(character))
    t.equal(writtenLength(text), JSON.stringify(text).length - 2)
  }
})

t.test('of what is too large, no more is looked at than would fit (UC-01)', async (t) => {
  let seen = 0
  const counting = <Value extends object>(value: Value): Value =>
    new Proxy(value, { get (target, name) { seen++; return Reflect.get(target, name) } })
  const members = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`m${index}`, 1]))
  for (const value of [Array(5_000).fill(0), members, Array(50).fill(members)]) {
    t.equal(survey({ a: counting(value) }, 1_000).size, undefined)
    t.ok(seen < 200, String(seen))
    seen = 0
  }
})

t.test('characters that a person cannot see are found wherever they are (UC-05)', async (t) => {
  for (const character of ['\u0000', '\u001b', '\u200b', '\u202e', '\u2066', '\u{e0041}', '\u{e0100}']) {
    const text = `add${character}itions`
    t.ok(survey({ description: text }, 1_000).hides, JSON.stringify(text))
    t.ok(survey({ properties: { [text]: {} } }, 1_000).hides)
  }
})

t.test('what scripts and emojis need hides nothing', async (t) => {
  for (const text of ['one\n\ttwo\r\n', '❤️ 👩‍💻', 'می‌خواهم', 'שלום\u200e!', 'naïve — “x”']) {
    t.notOk(survey(text, 1_000).hides, text)
  }
})
