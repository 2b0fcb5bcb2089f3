// What the pages of owners show of the server itself: existing servers, the use of tools, documents, limits, configuration.
// Tested in test/plugins/pages/index.test.ts.
import type { AdminFrame, Pager } from './admin-page-data.ts'
import type { Chart } from './charts.ts'

/** One of several views of a page. */
export interface Choice {
  label: string
  href: string
  isHere: boolean
}

/** A state in a word. `mark`: the class that colors it. */
export interface State {
  text: string
  mark: 'good' | 'bad' | 'off'
}

export interface AdminServerPageData {
  /** Posts `token` and `server` to `actions.restart`. */
  'admin/servers': AdminFrame & {
    servers: Array<{
      name: string
      /** Its address or command. */
      target: string
      state: State
      /** In a sentence each: since when, what is wrong, what to do. */
      lines: string[]
      /** Of its lists, from the log. */
      findings: string[]
      offers: string
      tools: Array<{ name: string; ownName: string; scopes: string }>
    }>
    changes: Array<{ at: string; server: string; what: string; needsLess: boolean; before?: string; after?: string }>
    pager: Pager
    actions: { restart: string }
  }
  'admin/tools': AdminFrame & {
    ranges: Choice[]
    kinds: Choice[]
    /** Empty where nothing was called. */
    charts: Chart[]
    times: Array<{ at: string; calls: string; failed: string; refused: string; median: string; slow: string }>
    /** What the rows are: tools, people or apps. */
    kind: string
    /** `bar`: percent of the largest. */
    rows: Array<{ name: string; href?: string; calls: string; failed: string; refused: string; median: string; slow: string; bar: number }>
    pager: Pager
  }
  'admin/documents': AdminFrame & {
    /** Label and value. */
    facts: Array<{ label: string; value: string }>
    problem?: string
    endings: Array<{ ending: string; count: string; bar: number }>
    newest: Array<{ id: string; at: string; href: string }>
    reasons: Array<{ kind: string; count: string }>
    leftOut: Array<{ id: string; reason: string }>
    pager: Pager
  }
  'admin/limits': AdminFrame & {
    ranges: Choice[]
    limits: Array<{ name: string; meaning: string; value: string; hits: string; lastAt: string; isHit: boolean }>
    /** RATE_LIMITS is off. */
    isOff: boolean
    /** Tool calls over a limit of calls, and where they are listed by person. */
    refusedCalls: number
    toolsUrl: string
    hits: Array<{ limit: string; address: string; person?: { name: string; href: string }; hits: string; lastAt: string }>
    pager: Pager
  }
  'admin/server': AdminFrame & {
    facts: Array<{ label: string; value: string }>
    hints: string[]
    /** `from`: whether it was set. */
    settings: Array<{ name: string; value: string; isSecret: boolean; isSet: boolean }>
  }
}
