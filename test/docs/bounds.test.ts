// Bounds and lifetimes that the documentation names are those of the server: a test that takes its number from the code it
// tests does not see one that is ten times as large.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { MAX_ANSWER_BYTES } from '../../auth-backends/bounded-fetch.ts'
import { MAX_PIECES } from '../../authoring/read-answer.ts'
import { DEFAULT_DAYS, MAX_DAYS, MAX_KEYS_PER_PERSON } from '../../plugins/access-keys/contract.ts'
import { UNCONFIRMED_BOUNDS } from '../../plugins/accounts/unconfirmed.ts'
import { MAX_APPS_COUNTED } from '../../plugins/limits/apps-of-person.ts'
import { SHARES } from '../../plugins/limits/shares.ts'
import { LARGE_BOUNDS } from '../../plugins/mcp/large-bodies.ts'
import { MAX_PER_GRANT, MAX_PER_PERSON } from '../../plugins/mcp/sessions/by-person.ts'
import { MAX_SESSION_BYTES } from '../../plugins/mcp/sessions/stored-bytes.ts'
import { STREAM_BOUNDS } from '../../plugins/mcp/streams/subscriptions.ts'
import { MAX_CHARACTERS, MAX_NOTES, MAX_TEXT_LENGTH } from '../../plugins/notes/size-limits.ts'
import { MAX_RAW_BYTES } from '../../plugins/oauth/clients/bounded-agent.ts'
import { GRANT_BOUNDS } from '../../plugins/oauth/grants/new-grant.ts'
import { MAX_SERVICE_TOKENS } from '../../plugins/oauth/grants/transitions.ts'
import { MAX_EVENTS } from '../../plugins/observability/audit/event-classes.ts'
import { JOURNAL_BOUNDS } from '../../plugins/storage/contract.ts'
import { MAX_CATALOGUE, MAX_DESCRIPTION, MAX_TOOLS } from '../../plugins/upstreams/catalogue/contract.ts'
import { MAX_LIVE } from '../../routes/admin/connections-live.ts'

const [DAY, KB, MB] = [86_400, 1024, 1024 ** 2]
const number = (value: number) => value.toLocaleString('en')

/** Sentences, with the numbers of the code. */
const SAID: Record<string, string[]> = {
  'docs/access-keys.md': [
    `in how many days it ends: ${DEFAULT_DAYS} unless you say otherwise, ${MAX_DAYS} at most`,
    `A person can have ${MAX_KEYS_PER_PERSON} keys.`
  ],
  'docs/access-without-a-browser.md': [
    `at most ${SHARES.service} tokens in a minute, and ${MAX_SERVICE_TOKENS} of them are valid at once`
  ],
  'docs/errors.md': [
    `An app may have ${MAX_PER_GRANT} sessions and a person ${MAX_PER_PERSON};`,
    `An app may have ${STREAM_BOUNDS.perGrant} open streams and a person ${STREAM_BOUNDS.perPerson};`,
    `and ${MAX_SESSION_BYTES / KB} KB a session`
  ],
  'docs/mcp-json.md': [
    `(${number(MAX_TOOLS)} tools of a server, ${number(MAX_DESCRIPTION)} characters of a description, ` +
      `${MAX_CATALOGUE / MB} million characters in all)`
  ],
  'docs/notes.md': [
    `A note has at most ${number(MAX_TEXT_LENGTH)} characters. A person can have ${number(MAX_NOTES)} notes, and ` +
      `${MAX_CHARACTERS / 1e6} million characters in total.`
  ],
  'docs/operations.md': [
    `up to ${number(JOURNAL_BOUNDS.entries)} of each for ${JOURNAL_BOUNDS.ageSeconds / DAY} days:`,
    `(${MAX_EVENTS.security} of the second kind, ${number(MAX_EVENTS.tokens)} refreshes, ${number(MAX_EVENTS.calls)} calls; ` +
      `and ${MAX_EVENTS.public} of the first kind from one address)`
  ],
  'docs/threats.md': [
    `| ${GRANT_BOUNDS.perUser} in all, ${GRANT_BOUNDS.perClient} of one app; the least recently used ends |`,
    `${SHARES.refresh} rotations a minute and grant`,
    `${number(SHARES.assertion)} assertions of an app, and about a person`,
    `in a day ${MAX_APPS_COUNTED} are counted singly`,
    `${UNCONFIRMED_BOUNDS.perList} for an address's slots, ${number(UNCONFIRMED_BOUNDS.perList * UNCONFIRMED_BOUNDS.lists)} in all`,
    `| ${MAX_RAW_BYTES / KB} KB in all, from the first byte of the handshake |`,
    `${LARGE_BOUNDS.perCaller / MB} MB of one caller and ${LARGE_BOUNDS.inAll / MB} MB in all`,
    `${MAX_LIVE.ofOwner} of an owner, ${MAX_LIVE.inAll} in all, the oldest ends first`,
    `read up to ${MAX_ANSWER_BYTES / MB} MB and ${number(MAX_PIECES)} pieces`
  ]
}

t.test('the numbers of the documentation are those of the server', async (t) => {
  for (const [file, sentences] of Object.entries(SAID)) {
    const text = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8')
    for (const sentence of sentences) t.ok(text.includes(sentence), `${file}: ${sentence}`)
  }
})
