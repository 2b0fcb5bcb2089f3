// One process and all that it has started: a process group, which is ended as a whole (POSIX.1-2024, kill, setpgid).
//
// The id of a group is given again once the group is empty, and then a signal would hit a stranger. So it is sent only
// while one of two things holds:
// - Node has not collected the process itself (`exit` has not been emitted): its id, which is the group's, is taken.
// - The process is collected, and no process has its id. A system gives no process the id of a group that has members,
//   so if some process has it, our group is gone, and the id is somebody else's.
// Once the group was seen to be empty, nothing is sent any more.
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 20
/** SIGKILL cannot be ignored. What is there still after it is waiting for the kernel, or to be collected by another. */
const KILL_MS = 500

export class ProcessGroup {
  readonly #child: ChildProcess
  readonly #id: number
  readonly #graceMs: number
  #isCollected = false
  #isEmpty = false
  #ending: Promise<void> | undefined

  /** @param child started with `detached`, and running. */
  constructor (child: ChildProcess, graceMs: number) {
    this.#child = child
    this.#id = child.pid!
    this.#graceMs = graceMs
    child.once('exit', () => {
      this.#isCollected = true
    })
  }

  get id (): number {
    return this.#id
  }

  /**
   * The end of its input, SIGTERM after a grace, SIGKILL after another. Without the grace for its input if the process
   * itself has ended. Resolves when the whole group is gone.
   */
  end (): Promise<void> {
    return (this.#ending ??= this.#end())
  }

  async #end (): Promise<void> {
    this.#child.stdin?.end()
    if (!this.#isCollected && (await this.#isGoneWithin(this.#graceMs))) return
    this.#signal('SIGTERM')
    if (await this.#isGoneWithin(this.#graceMs)) return
    this.#signal('SIGKILL')
    await this.#isGoneWithin(KILL_MS)
  }

  async #isGoneWithin (ms: number): Promise<boolean> {
    const until = performance.now() + ms
    while (this.#signal(0)) {
      if (performance.now() >= until) return false
      await sleep(LOOK_MS)
    }
    return true
  }

  /** @param signal 0 asks whether there is a process to be signalled. */
  #signal (signal: NodeJS.Signals | 0): boolean {
    this.#isEmpty ||= (this.#isCollected && isThere(this.#id)) || !send(-this.#id, signal)
    return !this.#isEmpty
  }
}

const send = (id: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(id, signal)
  } catch {
    return false
  }
}

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
