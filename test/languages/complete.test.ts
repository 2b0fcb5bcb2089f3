// Every language says everything: the same messages, with the same values and tags, in the plural forms that it has; and what
// people read is nowhere but in these messages.
import { readFileSync, readdirSync } from 'node:fs'
import { IntlMessageFormat } from 'intl-messageformat'
import t from 'tap'
import { messagesOf } from '../../languages/catalogue.ts'
import { languages, type Language } from '../../languages/contract.ts'

const ROOT = new URL('../../', import.meta.url)
const TAGS = ['strong', 'code', 'host', 'time', 'link']
const english = messagesOf('en')

type Elements = ReturnType<IntlMessageFormat['getAst']>
const parse = (message: string): Elements => new IntlMessageFormat(message, 'en').getAst()
const LITERAL = 0

interface Found {
  values: Set<string>
  tags: Set<string>
  plurals: string[][]
}

/** What a message needs, in all its branches. */
function contentsOf (elements: Elements, found: Found = { values: new Set(), tags: new Set(), plurals: [] }): Found {
  for (const element of elements) {
    if ('children' in element) {
      found.tags.add(element.value)
      contentsOf(element.children, found)
    } else if ('options' in element) {
      found.values.add(element.value)
      if ('pluralType' in element) found.plurals.push(Object.keys(element.options))
      for (const { value } of Object.values(element.options)) contentsOf(value, found)
    } else if ('value' in element && element.type !== LITERAL) {
      found.values.add(element.value)
    }
  }
  return found
}

const needs = (message: string) => {
  const { values, tags } = contentsOf(parse(message))
  return { values: [...values].sort(), tags: [...tags].sort() }
}

/**
 * Forms of the language, but the one for millions (`many` in French): it falls to `other`, and
 * nothing here is so many.
 */
const formsOf = (language: Language): string[] =>
  new Intl.PluralRules(language).resolvedOptions().pluralCategories.filter((form) => form !== 'many').sort()

for (const language of languages) {
  t.test(`every message is there, and takes and marks what the English one does (${language})`, async (t) => {
    const own = messagesOf(language)
    t.same(
      [...own.keys()].filter((key) => !english.has(key)), [],
      'none that English does not have'
    )
    t.same([...english.keys()].filter((key) => !own.has(key)), [], 'none is missing')
    for (const [key, message] of own) {
      if (!english.has(key)) continue
      t.same(needs(message), needs(english.get(key)!), `${language} ${key}`)
      t.notMatch(message, /'/, `${language} ${key}: ’ where an apostrophe is meant, since ' takes braces for text`)
      for (const forms of contentsOf(parse(message)).plurals) {
        const named = forms.filter((form) => !form.startsWith('=') && form !== 'many').sort()
        t.same(named, formsOf(language), `${language} ${key}: its plural forms`)
      }
    }
  })
}

t.test('tags are those that pages render, and none has the name of a value', async (t) => {
  for (const [key, message] of english) {
    const { values, tags } = needs(message)
    t.same(tags.filter((tag) => !TAGS.includes(tag)), [], key)
    t.same(values.filter((value) => tags.includes(value)), [], key)
  }
})

const filesIn = (folder: string, ending: string): Array<{ name: string; text: string }> =>
  readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ name: `${folder}/${name}`, text: readFileSync(new URL(`${folder}/${name}`, ROOT), 'utf8') }))

const views = filesIn('views', '.eta')
const code = [
  ...['plugins', 'routes', 'auth-backends', 'cli'].flatMap((folder) => filesIn(folder, '.ts')),
  { name: 'errors.ts', text: readFileSync(new URL('errors.ts', ROOT), 'utf8') }
]
const KEY = new RegExp(`['"\`]((?:${[...new Set([...english.keys()].map((key) => key.split('.')[0]))].join('|')})\\.[\\w.$\\{}\\[\\]-]+)['"\`]`, 'g')

/**
 * Keys as code names them; one that is made of a name, `mail.${name}.text`, stands for all
 * that fit.
 */
const named = [...views, ...code].flatMap(({ name, text }) =>
  [...text.matchAll(KEY)].map(([, key]) => ({ name, key: key!, pattern: new RegExp(`^${key!.replaceAll('.', '\\.').replaceAll(/\$\{[^}]*\}/g, '[\\w-]+')}$`) }))
)

t.test('every message is used', async (t) => {
  const literal = new Set(named.map(({ key }) => key))
  const patterns = named.filter(({ key }) => key.includes('${')).map(({ pattern }) => pattern)
  t.same([...english.keys()].filter((key) => !literal.has(key) && !patterns.some((pattern) => pattern.test(key))), [])
})

t.test('every message that a template names is there, and one with tags is rendered as HTML', async (t) => {
  const used = named.filter(({ name, key }) => name.startsWith('views/') && !key.includes('${'))
  t.same(used.filter(({ key }) => !english.has(key)).map(({ name, key }) => `${name}: ${key}`), [])
  for (const { name, text } of views) {
    for (const [, key] of text.matchAll(/\btext\('([\w.-]+)'/g)) t.same(needs(english.get(key!) ?? '').tags, [], `${name}: ${key}`)
  }
})

t.test('no template has words of its own', async (t) => {
  for (const { name, text } of views) {
    const words = text
      .replaceAll(/<%[^]*?%>/g, '\n')
      .replaceAll(/<(code|pre|h3|svg|script)\b[^>]*translate="no"[^>]*>[^]*?<\/\1>/g, '')
      .replaceAll(/<code>[^]*?<\/code>/g, '')
      .replaceAll(/<!doctype html>|<(?:[^<>"']|"[^"]*"|'[^']*')*>/g, '')
      .replaceAll(/&\w+;/g, '')
    t.same(words.match(/\S*\p{L}.*/gu) ?? [], [], name)
    t.same(text.match(/\s(?:aria-label|title|alt|placeholder|content)="[^"<]*\p{L}[^"<]*"/gu)?.filter((found) => !/content="(?:width|light|noindex)/.test(found)) ?? [], [], `${name}: attributes`)
  }
})
