// Bounds and lifetimes that the documentation names are those of the server: a test that takes its number from the code it
// tests does not see one that is ten times as large.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { MAX_ANSWER_BYTES } from '../../auth-backends/bounded-fetch.ts'
import { MAX_PIECES } from '../../authoring/read-answer.ts'
import { defaultLimits } from '../../config/rate-limits.ts'
import { DEFAULT_DAYS, MAX_DAYS, MAX_KEYS_PER_PERSON } from '../../plugins/access-keys/contract.ts'
import { MAX_LISTED } from '../../plugins/accounts/invitation-list.ts'
import { UNCONFIRMED_BOUNDS } from '../../plugins/accounts/unconfirmed.ts'
import { MAX_WALKED } from '../../plugins/administration/bounded-list.ts'
import { MAX_APPS_COUNTED } from '../../plugins/limits/apps-of-person.ts'
import { SHARES } from '../../plugins/limits/shares.ts'
import { MAIL_WINDOW_SECONDS } from '../../plugins/mail/index.ts'
import { MAX_PER_MAILBOX } from '../../plugins/mail/lanes.ts'
import { LARGE_BOUNDS } from '../../plugins/mcp/large-bodies.ts'
import { MAX_PER_GRANT, MAX_PER_PERSON } from '../../plugins/mcp/sessions/by-person.ts'
import { MAX_SESSION_BYTES } from '../../plugins/mcp/sessions/stored-bytes.ts'
import { STREAM_BOUNDS } from '../../plugins/mcp/streams/subscriptions.ts'
import { MAX_CHARACTERS, MAX_NOTES, MAX_TEXT_LENGTH } from '../../plugins/notes/size-limits.ts'
import { MAX_RAW_BYTES } from '../../plugins/oauth/clients/bounded-agent.ts'
import { GRANT_BOUNDS } from '../../plugins/oauth/grants/new-grant.ts'
import { MAX_SERVICE_TOKENS } from '../../plugins/oauth/grants/transitions.ts'
import { MAX_EVENTS } from '../../plugins/observability/audit/event-classes.ts'
import { MAX_NAMES } from '../../plugins/observability/tallies/contract.ts'
import { LOST_WAIT_SECONDS, MAX_FACTORS, RECOVERY_CODES } from '../../plugins/second-factors/contract.ts'
import { SESSION_LIFETIME_SECONDS } from '../../plugins/sign-in/cookies.ts'
import { JOURNAL_BOUNDS } from '../../plugins/storage/contract.ts'
import { MAX_RESERVE_BYTES } from '../../plugins/storage/sqlite/disk-room.ts'
import { MAX_CATALOGUE, MAX_DESCRIPTION, MAX_TOOLS } from '../../plugins/upstreams/catalogue/contract.ts'
import { MAX_LIVE } from '../../routes/admin/connections-live.ts'

const [MINUTE, HOUR, DAY, KB, MB] = [60, 3_600, 86_400, 1024, 1024 ** 2]
const number = (value: number) => value.toLocaleString('en')
const WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
/** As sentences write a small number; another one is in none of them. */
const word = (value: number) => WORDS[value] ?? String(value)

/** Sentences, with the numbers of the code. */
const SAID: Record<string, string[]> = {
  'docs/access-keys.md': [
    `in how many days it ends: ${DEFAULT_DAYS} unless you say otherwise, ${MAX_DAYS} at most`,
    `A person can have ${MAX_KEYS_PER_PERSON} keys.`
  ],
  'docs/access-without-a-browser.md': [
    `at most ${SHARES.service} tokens in a minute, and ${MAX_SERVICE_TOKENS} of them are valid at once`
  ],
  'docs/administration-server.md': [
    `Each has at most ${MAX_NAMES.tools} tools, ${MAX_NAMES.people} people and ${MAX_NAMES.apps} apps`
  ],
  'docs/administration.md': [
    `A list looks at ${number(MAX_WALKED)} records at most`,
    `are kept for 30 days, ${MAX_LISTED} in all`
  ],
  'docs/errors.md': [
    `An app may have ${MAX_PER_GRANT} sessions and a person ${MAX_PER_PERSON};`,
    `An app may have ${STREAM_BOUNDS.perGrant} open streams and a person ${STREAM_BOUNDS.perPerson};`,
    `and ${MAX_SESSION_BYTES / KB} KB a session`
  ],
  'docs/local-accounts.md': [
    `In ${word(MAIL_WINDOW_SECONDS / MINUTE)} minutes a mailbox gets at most ${word(MAX_PER_MAILBOX.confirm)} message of each kind that a stranger`,
    `It gets at most ${word(MAX_PER_MAILBOX.notice)} of each notice to the owner of an account`,
    `and ${word(MAX_PER_MAILBOX.invitation)} invitations and ${word(MAX_PER_MAILBOX.lost)} messages about the removal`
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
    `a file \`reserve\` of ${MAX_RESERVE_BYTES / MB} MB`,
    `(${MAX_EVENTS.security} of the second kind, ${number(MAX_EVENTS.tokens)} refreshes, ${number(MAX_EVENTS.calls)} calls; ` +
      `and ${MAX_EVENTS.public} of the first kind from one address)`
  ],
  'docs/questions.md': [`In a browser ${word(SESSION_LIFETIME_SECONDS / HOUR)} hours;`],
  'docs/second-factors.md': [
    `adds, names and removes up to ${word(MAX_FACTORS)}:`,
    `With the first factor come ${word(RECOVERY_CODES)} **recovery codes**`,
    `After ${word(LOST_WAIT_SECONDS / DAY)} days, and for a week, the next sign-in removes all factors.`,
    `It works for ${word(LOST_WAIT_SECONDS / DAY)} days.`
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

t.test('.env.example has every limit of RATE_LIMITS with its default', async (t) => {
  const text = await readFile(new URL('../../.env.example', import.meta.url), 'utf8')
  for (const [name, limit] of Object.entries(defaultLimits)) t.match(text, new RegExp(`\\b${name} \\(${limit}\\b`), name)
})
