// Notes as a capability of the app: bound to the caller for tools, and exported or deleted as a whole with the account.
import { setImmediate } from 'node:timers/promises'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { createSearchWorker } from '../search/worker.ts'
import type { Before, ExportedNote, NoteChange } from './contract.ts'
import { createPersonalNotes, presentNote, type PersonalNotes, type PersonalNotesDeps } from './personal-notes.ts'
import { openPostgresNotes } from './postgres.ts'
import { openSingleHome, type NotesHome } from './single-home.ts'
import { openSqliteNotes } from './sqlite.ts'

declare module 'fastify' {
  interface FastifyInstance {
    notes: Notes
  }
}

export interface Notes {
  /** For the start-up lines. */
  readonly description: string
  /**
   * The caller's notes. Without sign-in (`null`) all callers share one set, which no user can
   * see.
   * @param caller whose turn a search takes: by default the person's, and that of all who
   * have not signed in.
   * @param before each write; nothing is written if it throws.
   */
  of(user: { id: string } | null, caller?: string | null, before?: Before): PersonalNotes
  /** Calls the listener after each step that changed something. */
  onChange(listener: (change: NoteChange) => void): void
  /**
   * All notes of a person, a few at a time, with a turn of the event loop between: for a
   * response that streams.
   */
  exportOf(userId: string): AsyncIterable<ExportedNote>
  /** When an account is deleted. @returns how many notes there were. @throws StorageUnavailable where they are elsewhere. */
  deleteOf(userId: string): Promise<number>
}

export interface NotesOptions extends Pick<Config, 'dataDir' | 'redisUrl'> {
  /**
   * The absolute URL at which this server shows a note to its owner. @param id
   * percent-encoded.
   */
  noteUrl(id: string): string
}

/** Notes in memory during an export: half a million characters at most. */
const EXPORT_PAGE = 10

export default fp(
  async function notes (app: FastifyInstance, { dataDir, redisUrl, noteUrl }: NotesOptions) {
    const worker = createSearchWorker(app.workers, dataDir)
    const local = app.postgres ? undefined : openSqliteNotes(dataDir, worker)
    const store = local ?? (await openPostgresNotes(app.postgres!, worker))
    app.addHook('onClose', () => store.close())
    const home =
      local && redisUrl !== undefined
        ? await openSingleHome(app.storage.collection<NotesHome>('notes-home'), local.identity)
        : undefined
    const listeners: Array<(change: NoteChange) => void> = []
    const deps: PersonalNotesDeps = {
      store,
      checkHome: async () => home?.checkWrite(),
      changed: (change) => {
        for (const listener of listeners) listener(change)
      },
      now: () => app.now() * 1000,
      noteUrl
    }

    app.decorate('notes', {
      description: store.description,
      of: (user, caller, before) => createPersonalNotes(user && user.id, deps, caller, before),
      onChange: (listener) => {
        listeners.push(listener)
      },
      async * exportOf (userId) {
        for (let after = ''; ;) {
          const page = await store.listById(userId, EXPORT_PAGE, after)
          for (const note of page) yield presentNote(note)
          if (page.length < EXPORT_PAGE) return
          after = page.at(-1)!.id
          await setImmediate()
        }
      },
      async deleteOf (userId) {
        await home?.checkRemoval()
        return store.removeAll(userId)
      }
    } satisfies Notes)
  },
  { name: 'notes', dependencies: ['storage', 'postgres', 'workers'] }
)
