// What each page is given to say. Every field is outside text until it is escaped; pages decide nothing.

export interface Action { label: string, href: string }

interface OnBehalfOf { name: string, host: string }

export interface PageData {
  login: {
    interaction: string
    /** The app that sent the person; absent when they came by themselves. */
    client?: OnBehalfOf
    backends: Array<{ id: string, title: string, password?: { label: string }, oneClick?: { label: string }, signUp: boolean }>
    error?: string
    failedBackend?: string
    identifier?: string
    actions: { login: string, signup?: string }
  }
  signup: {
    interaction: string
    backend: string
    client?: OnBehalfOf
    invite?: string
    error?: { field: 'email' | 'password' | 'name' | 'form', message: string }
    email?: string
    name?: string
    actions: { signup: string, login: string }
  }
  consent: {
    interaction: string
    client: { name: string, uri?: string, selfRegistered: boolean }
    redirect: { host: string, loopback: boolean }
    user: { name: string, detail?: string }
    scopes: Array<{ scope: string, text: string }>
    actions: { consent: string, switchAccount: string }
  }
  message: { title: string, text: string, detail?: string, action?: Action }
  error: { statusCode: number, title: string, text: string, code: string, requestId: string, action?: Action }
  home: {
    name: string
    version: string
    /** What to paste into ChatGPT. */
    url: string
    /** How people sign in; empty when nobody has to. */
    signIn: string[]
    tools: Array<{ name: string, title: string, description: string }>
    documents: number
    user?: { name: string }
    actions: { login?: string, logout?: string, token?: string }
  }
  document: { id: string, title: string, text: string, metadata?: Record<string, string>, actions: { home: string } }
}
