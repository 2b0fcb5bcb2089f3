// What the server gives to a backend that it opens. Tested in test/auth-backends/contract.ts.
import type { Accounts } from './accounts.ts'

/** What the server gives to a backend that it opens. */
export interface BackendHost {
  accounts: Accounts
  /** Whether this server can send mail: if so, a new account has to prove that it reads its mailbox. */
  sendsMail: boolean
  /** The server's public origin, without a trailing slash. */
  publicUrl: string
  /** The server's home page, for people who come back from a service. */
  homeUrl: string
  /** Seconds since the epoch. */
  now(): number
  /**
   * Runs the default export of a module, `(input) => output`, in a separate process without network or files: for work that takes long.
   * @param task `new URL('./my-task.ts', import.meta.url)`.
   * @param options.timeout milliseconds, with the time that the task waits.
   * @param options.queue name of a separate queue with its own process: its tasks wait for no others. Tasks without a
   * name share one queue.
   * @param options.share for whom it is: those who ask for little do not wait for one who asks for much.
   * @throws what the task throws; an error if it cannot run now, or does not end in time.
   */
  runInWorker<Out>(task: URL, input: unknown, options: { timeout: number; queue?: string; share?: string }): Promise<Out>
  log: { info(message: string): void; warn(message: string): void }
  /** A text for the operator, with the names of this backend's variables as they are written for it. */
  spell(text: string): string
}
