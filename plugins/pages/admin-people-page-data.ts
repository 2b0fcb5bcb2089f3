// What the pages of owners show of people, invitations, apps and access keys; times and counts are in the reader's words.
// Tested in test/plugins/pages/index.test.ts.
import type { Language } from '../../languages/index.ts'
import type { AdminFrame, Pager } from './admin-page-data.ts'

interface Fact {
  label: string
  value: string
}

/**
 * A row of a table. Each act is a button that posts `token` and `fields` to the action of its
 * list.
 */
export interface Row {
  title: string
  href?: string
  detail?: string
  /** How it is, in a word. */
  state?: string
  /** The same labels in each row of a list. */
  facts: Fact[]
  acts: Array<{ label: string; fields: Record<string, string> }>
}

export interface RowList {
  /** Names the rows. */
  heading: string
  /** What stands there without rows. */
  none: string
  rows: Row[]
  action: string
}

interface Paged {
  /** How many there are, and how many were looked at. */
  count: string
  pager: Pager
}

export interface AdminPeoplePageData {
  /** Gets `q`. */
  'admin/people': AdminFrame &
    Paged & {
      query: string
      people: Array<{ name: string; detail?: string; href: string; marks: string[]; groups: string; lastSignIn: string }>
      actions: { search: string; invite: string }
    }
  /**
   * Posts `token`, `person` and `act` to `actions.act`: `group-add` and `group-remove` with `group`, `sign-out` and `unlock`
   * alone. What is in `asks` leads to a page that asks first.
   */
  'admin/person': AdminFrame & {
    id: string
    name: string
    marks: string[]
    facts: Fact[]
    /** `by`: the sign-in method that names it, which alone can change it. */
    groups: Array<{ name: string; by?: string }>
    methods: string[]
    factors: string[]
    lists: RowList[]
    isLocked: boolean
    typed: { group: string }
    asks: Array<{ label: string; hint: string; href: string; danger: boolean }>
    actions: { act: string }
  }
  /**
   * Posts `token`, `act` and `fields` to `actions.act`, with `typed` where something has to be
   * typed.
   */
  'admin/confirm': AdminFrame & {
    title: string
    text: string
    fields: Record<string, string>
    button: string
    danger: boolean
    typed?: { label: string; error?: string }
    actions: { act: string; back: string }
  }
  /** Shown once. */
  'admin/link': AdminFrame & { title: string; text: string; link: string; actions: { back: string } }
  /** Posts `token`, `act=invite`, `email`, `groups` and `language`. */
  'admin/invitations': AdminFrame & {
    hint: string
    typed: { email: string; groups: string; language: Language }
    error?: string
    languages: Array<{ code: Language; name: string }>
    lists: RowList[]
    actions: { act: string }
  }
  'admin/apps': AdminFrame & Paged & { lists: RowList[] }
  /** `ask` leads to the page that asks before all are ended. */
  'admin/app': AdminFrame & Paged & { name: string; facts: Fact[]; lists: RowList[]; ask: string }
  'admin/keys': AdminFrame & Paged & { lists: RowList[] }
}
