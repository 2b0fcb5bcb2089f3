// What the pages of owners about connections show. Tested in test/plugins/pages/index.test.ts.
import type { AdminFrame } from './admin-page-data.ts'

/**
 * How an attempt stands, in words, and the color of that: of an ordinary state, none.
 */
export interface ShownState {
  tone: 'good' | 'bad' | 'off' | ''
  label: string
}

export interface ShownAttempt {
  href: string
  /** What the app calls itself; absent before it has said so. */
  app?: string
  /** Name of the person; absent before one has signed in. */
  person?: string
  begun: string
  state: ShownState
}

export interface ConnectionsPageData {
  /**
   * The attempts to connect, those that began last first; several of one app and person are
   * one row.
   */
  'admin/connections': AdminFrame & {
    /** Where the browser hears of changes. */
    live: string
    choices: Array<{ label: string; href: string; isHere: boolean }>
    attempts: Array<ShownAttempt & { means?: string; tries: number }>
    /** That some kinds are left out. */
    isFiltered: boolean
    /** Programs that only looked, where they are not shown. */
    probes?: { count: number; href: string }
    newer?: string
    older?: string
  }
  /** One of them, whole. */
  'admin/connection': AdminFrame & {
    live: string
    all: string
    /** Absent where there is none of this id. */
    attempt?: ShownAttempt & {
      /**
       * Why it failed or what it waits for, and what to do: absent for one that is connected.
       */
      advice?: { means: string; todo: string }
      /** Of a failure. */
      code?: string
      facts: Array<{ label: string; value: string }>
      steps: Array<{ at: string; text: string; means?: string; code?: string }>
      /** Of the same app and person; or those that these requests may belong to. */
      others: ShownAttempt[]
      isUncertain: boolean
      report: string
    }
  }
}
