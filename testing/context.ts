// The context of a tool under test: what the test gives it, and a record of
// what the tool showed, reported and logged.
// Tested in test/packaging/tarball.test.ts.
import type { ContentBlock } from '../authoring/content.ts'
import type {
  LibraryDocument,
  ToolContext,
  ToolLibrary,
  ToolUser
} from '../authoring/context.ts'
import type { Answers, Questions } from '../authoring/elicitation.ts'

export interface TestContextOptions extends Partial<Omit<ToolContext, 'user'>> {
  /**
   * The caller, in no group unless the test says so; null for one who has
   * not signed in.
   */
  user?: (Omit<ToolUser, 'groups'> & Partial<Pick<ToolUser, 'groups'>>) | null
  /**
   * Texts of documents by their ids, for `library`. The first line is the
   * title.
   */
  documents?: Readonly<Record<string, string>>
  /** What the person answers, by the name of the question. */
  answers?: Readonly<Record<string, unknown>>
}

export interface TestContext extends ToolContext {
  /** What the tool added to its result with `show`. */
  readonly shown: ContentBlock[]
  /** What it logged, to the server's log and to the client. */
  readonly logged: string[]
  readonly reported: Array<{ done: number; total?: number | undefined; message?: string | undefined }>
}

const ANN = { id: 'test-user', email: 'ann@example.com', name: 'Ann' }

/**
 * @param options members of the context; the rest is a signed-in person, no documents, and refusals that say what to pass.
 * @returns for `tool.run(input, context)`.
 */
export function createContext ({ documents = {}, answers = {}, user = ANN, ...given }: TestContextOptions = {}): TestContext {
  const shown: ContentBlock[] = []
  const logged: string[] = []
  const reported: TestContext['reported'] = []
  const log = (message: string) => { logged.push(message) }
  return {
    user: user && { groups: [], ...user },
    caller: 'test-user',
    library: libraryOf(documents),
    get notes (): never { return missing('notes') },
    supabase: async () => missing('supabase'),
    supabaseClaims: async () => missing('supabaseClaims'),
    signal: new AbortController().signal,
    // In this process: a test may look into it.
    runInWorker: async (task, input) => (await import(task.href)).default(input),
    log: { info: log, warn: log },
    show: (...content) => { shown.push(...content) },
    progress: (done, total, message) => { reported.push({ done, total, message }) },
    ask: async <Q extends Questions>(questions: Q) => {
      const unanswered = Object.keys(questions).find((name) => !Object.hasOwn(answers, name))
      if (unanswered !== undefined) throw new Error(`This test has no answer to ${unanswered}: pass createContext({ answers: { ${unanswered}: … } })`)
      return answers as Answers<Q>
    },
    client: { can: { form: true, openUrl: true, sample: true, roots: true }, log: (_level, message) => log(message) },
    ...given,
    shown,
    logged,
    reported
  }
}

function missing (member: string): never {
  throw new Error(`This test has no ${member}: pass createContext({ ${member}: … })`)
}

/**
 * Finds documents that contain every word of the query. A test of ranking
 * needs a whole server.
 */
function libraryOf (
  documents: Readonly<Record<string, string>>
): ToolLibrary {
  const all = Object.entries(documents).map(([id, text]): LibraryDocument => ({
    id,
    title: text.split('\n', 1)[0]!.replace(/^#+\s*/, ''),
    text,
    url: `https://mcp.example.com/documents/${encodeURIComponent(id)}`
  }))
  const find = async (id: string) => all.find((document) => document.id === id)
  return {
    async search (query, { limit = 10 } = {}) {
      const words = query.toLowerCase().split(/\s+/)
      return all
        .filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)))
        .slice(0, limit)
        .map(({ id, title, url, text }) => ({ id, title, url, snippet: text.slice(0, 200) }))
    },
    fetch: find,
    read: find,
    async list ({ prefix = '', after = '', limit = 100 } = {}) {
      const entries = all.filter(({ id }) => id.startsWith(prefix) && id > after).sort((a, b) => (a.id < b.id ? -1 : 1))
      return { documents: entries.slice(0, limit).map(({ id, title }) => ({ id, title })), more: entries.length > limit }
    }
  }
}
