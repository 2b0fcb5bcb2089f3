// Two people on one server, with notes of their own, and what neither may learn of the other (MC-12, WB-12).
import type { Client } from '@modelcontextprotocol/client'
import type { Test } from 'tap'
import type { Browser } from '../../helpers/browser.ts'
import { asNewAccount, signInWith, toldDialects } from '../../helpers/sdk-client.ts'
import { type TestServer } from '../../helpers/server.ts'

interface Note {
  id: string
  url: string
  version: number
  modified: string
}

export interface Person {
  client: Client
  browser: Browser
  word: string
  notes: Note[]
  told: string[]
}
export const NO_SUCH = 'note:AAAAAAAAAAAAAAAA'

/** All that a client is told, also when it is refused. */
export const hear = async (run: Promise<unknown>): Promise<string> =>
  JSON.stringify(
    await run.catch((error: Error & { code?: unknown; data?: unknown }) => ({
      refused: error.message,
      code: error.code,
      data: error.data
    }))
  )

/** Every way to ask that only looks. @param word of the note, which stands in its title and in its text. */
function looks ({ client }: Person, id: string, word: string): Record<string, () => Promise<unknown>> {
  const call = (name: string, args: Record<string, unknown>) => () => client.callTool({ name, arguments: args })
  const completeResource = (uri: string, name: string, value: string) => () =>
    client.complete({ ref: { type: 'ref/resource', uri }, argument: { name, value } })
  const completePrompt = (value: string) => () =>
    client.complete({ ref: { type: 'ref/prompt', name: 'summarize_document' }, argument: { name: 'id', value } })
  return {
    'search for the word': call('search', { query: word }),
    'search for a phrase': call('search', { query: `"plan of ${word}"` }),
    'search for a beginning': call('search', { query: `${word.slice(0, 6)}*` }),
    'search for the id': call('search', { query: id }),
    'search for what both have': call('search', { query: 'common sentence' }),
    fetch: call('fetch', { id }),
    'fetch a part': call('fetch', { id: `${id}#part=1` }),
    list_notes: call('list_notes', {}),
    'read the note': () => client.readResource({ uri: id }, { cacheMode: 'bypass' }),
    'read it as a document': () => client.readResource({ uri: `library://documents/${id}` }, { cacheMode: 'bypass' }),
    'complete from nothing': completeResource('note:{id}', 'id', ''),
    'complete from the id': completeResource('note:{id}', 'id', id.slice(5, 9)),
    'complete from the title': completeResource('note:{id}', 'id', word),
    'complete among documents': completeResource('library://documents/{+id}', 'id', id.slice(0, 8)),
    'complete an argument of a prompt': completePrompt(id.slice(0, 7)),
    'complete it from nothing': completePrompt(''),
    'prompt that brings a document': () => client.getPrompt({ name: 'summarize_document', arguments: { id } }),
    'prompt that searches': () =>
      client.getPrompt({ name: 'answer_with_citations', arguments: { question: `What is the plan of ${word}?` } }),
    'the list of tools': () => client.listTools(undefined, { cacheMode: 'bypass' }),
    'the list of prompts': () => client.listPrompts(undefined, { cacheMode: 'bypass' }),
    'the list of templates': () => client.listResourceTemplates(undefined, { cacheMode: 'bypass' }),
    'the list of resources': () => client.listResources(undefined, { cacheMode: 'bypass' })
  }
}

/** Steps on a note that must be somebody's own. */
const steps = ({ client }: Person, id: string): Record<string, () => Promise<unknown>> => ({
  write: () => client.callTool({ name: 'write', arguments: { id, text: 'an addition' } }),
  update_note: () => client.callTool({ name: 'update_note', arguments: { id, version: 1, text: 'a change' } }),
  'update_note, at another version': () =>
    client.callTool({ name: 'update_note', arguments: { id, version: 7, title: 'a change' } }),
  delete_note: () => client.callTool({ name: 'delete_note', arguments: { id, version: 1 } })
})

export async function join (
  t: Test,
  server: TestServer,
  dialect: (typeof toldDialects)[number],
  email: string,
  word: string
): Promise<Person> {
  const { connect, browser } = await signInWith(server.url, dialect, asNewAccount(email))
  const client = await connect()
  t.teardown(() => client.close())
  const told: string[] = []
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    told.push(params.uri)
  })
  client.setNotificationHandler('notifications/resources/list_changed', () => {
    told.push('list')
  })
  const person: Person = { client, browser, word, notes: [], told }
  for (const number of [1, 2, 3]) {
    const { structuredContent } = await client.callTool({
      name: 'write',
      arguments: { title: `Plan ${number} of ${word}`, text: `The plan of ${word}. A common sentence.` }
    })
    person.notes.push(structuredContent as unknown as Note)
  }
  return person
}
export const idsOf = ({ notes }: Person): string[] => notes.map(({ id }) => id)
export const raw = (id: string): string => id.slice('note:'.length)

/** @param said without what the asker named themselves. */
export function hidesAll (t: Test, said: string, owner: Person, asked: string[], label: string) {
  const rest = asked.reduce((text, word) => text.replaceAll(word, ''), said)
  for (const secret of [owner.word, ...owner.notes.map(({ id }) => raw(id))]) {
    if (!asked.includes(secret)) t.notMatch(rest, secret, `${label}: nothing of the other's`)
  }
}

export async function lookAround (t: Test, asker: Person, owner: Person) {
  const [theirs] = idsOf(owner)
  const asking = looks(asker, theirs!, owner.word)
  const owning = looks(owner, theirs!, owner.word)
  const missing = looks(asker, NO_SUCH, 'zyzzogeton')
  for (const [label, ask] of Object.entries(asking)) {
    // The owner first: an answer that was kept would now come to the wrong person.
    t.notMatch(await hear(owning[label]!()), asker.word, `${label}: the owner sees only their own`)
    const said = await hear(ask())
    hidesAll(
      t,
      said,
      owner,
      [owner.word.slice(0, 6) === owner.word ? '' : theirs!, raw(theirs!), `What is the plan of ${owner.word}?`].filter(
        Boolean
      ),
      label
    )
    if (/fetch|read|document$/.test(label)) {
      t.match(said, /refused|isError/, label)
      t.equal(
        said.replaceAll(theirs!, 'ID'),
        (await hear(missing[label]!())).replaceAll(NO_SUCH, 'ID'),
        `${label}: it cannot be told from none`
      )
    }
  }
  for (const label of [
    'search for the word',
    'fetch',
    'list_notes',
    'read the note',
    'read it as a document',
    'complete from the title',
    'the prompt'
  ] as const) {
    if (label in owning) {
      t.match(
        await hear(owning[label]!()),
        label === 'complete from the title' ? raw(theirs!) : owner.word,
        `${label}: and it is there for its owner`
      )
    }
  }
}

export async function takeNothing (t: Test, asker: Person, owner: Person) {
  for (const { id } of owner.notes) {
    const missing = steps(asker, NO_SUCH)
    for (const [label, step] of Object.entries(steps(asker, id))) {
      const said = await hear(step())
      t.match(said, /There is no note.*"isError":true/, label)
      t.equal(
        said.replaceAll(id, 'ID'),
        (await hear(missing[label]!())).replaceAll(NO_SUCH, 'ID'),
        `${label}: it cannot be told from none`
      )
    }
  }
  for (const { id, version } of owner.notes) {
    t.match(
      await owner.client.callTool({ name: 'fetch', arguments: { id } }),
      {
        structuredContent: {
          text: `The plan of ${owner.word}. A common sentence.`,
          metadata: { version: String(version) }
        }
      },
      'and it is as it was'
    )
  }
}
