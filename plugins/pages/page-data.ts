// What each page shows. Every string may come from outside: the templates escape it, and decide nothing. Tested in
// test/plugins/pages/index.test.ts.
import type { AccountPageData } from './account-page-data.ts'
import type { ConnectionsPageData } from './admin-connections-page-data.ts'
import type { AdminPageData } from './admin-page-data.ts'
import type { AdminPeoplePageData } from './admin-people-page-data.ts'
import type { AdminServerPageData } from './admin-server-page-data.ts'
import type { FactorPageData } from './factor-page-data.ts'
import type { SignInPageData } from './sign-in-page-data.ts'

/**
 * A next step. The href is a path of ours or an http(s) address; anything else is not
 * rendered.
 */
export interface Action {
  label: string
  href: string
}

type AdminPages = AdminPageData & AdminPeoplePageData & AdminServerPageData & ConnectionsPageData

export interface PageData extends SignInPageData, AccountPageData, FactorPageData, AdminPages {
  /** Each text of `detail` is a paragraph. */
  message: { title: string; text: string; detail?: string | string[]; action?: Action }
  /** `reason`: for developers, in English, where `text` does not say it. */
  error: { statusCode: number; title: string; text: string; code: string; reason?: string; requestId: string; action?: Action }
  /** Posts `fields` to `actions.answer`. `subject`: what it is about. */
  question: {
    title: string
    text: string
    subject?: string
    fields: Record<string, string>
    answer: string
    instead: Action
    actions: { answer: string }
  }
  /** Posts `token` to `actions.logout`. */
  home: {
    version: string
    /** What to paste into ChatGPT. */
    url: string
    /** How people sign in; empty for a server without sign-in. */
    signIn: string[]
    /** Of this server itself. */
    tools: Array<{ name: string; title: string; description: string }>
    /**
     * Existing servers behind it, each with the number of tools that the visitor may use, and the first of them, with
     * descriptions that are shortened.
     */
    servers: Array<{ name: string; count: number; tools: Array<{ name: string; title: string; description: string }> }>
    documents: number
    /** Files of the folder that are not documents, in words. */
    leftOut?: string
    /**
     * While the folder of documents is read for the first time: files looked at, of those
     * found.
     */
    reading?: { done: number; total: number } | undefined
    /**
     * What this server is called in the configuration of an app, and links that add it to one.
     */
    install: { name: string; cursor: string; vscode: string }
    user?: { name: string }
    actions: { login?: string; logout?: string; token?: string; account?: string }
  }
  document: {
    id: string
    title: string
    /** Without the title, where it begins with it. */
    text: string
    /** The text as safe HTML, where it is Markdown. */
    html?: string | undefined
    /** What is known of it. `time` is the value in ISO 8601, where it is a time. */
    facts: Array<{ name: string; value: string; time?: string }>
    /** A note of the person's own has an id that says nothing. */
    isNote: boolean
    /** `open` is the file itself, `notes` all notes of the person. */
    actions: { home: string; next?: string; open?: string; notes?: string }
  }
}
