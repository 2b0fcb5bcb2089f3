// Ends the processes of upstreams after this server was killed: a shell that waits for the end of a pipe from us, in a
// session of its own, so that nothing meant for the server reaches it.
import { spawn, type ChildProcess } from 'node:child_process'
import type { FastifyBaseLogger } from 'fastify'

const SHELL = '/bin/sh'
/**
 * POSIX, with `kill` as BusyBox has it too; all but `sleep` is the shell's own. A group that was once seen to be gone is
 * not signalled again. `set -f`: no line of the pipe is a pattern.
 */
const SCRIPT = `
set -f
trap '' HUP INT QUIT TERM PIPE USR1 USR2
groups=
while read -r change group; do
  case $change in
    +) groups="$groups $group" ;;
    -) left=
       for each in $groups; do [ "$each" = "$group" ] || left="$left $each"; done
       groups=$left ;;
  esac
done
for signal in TERM 0 KILL; do
  left=
  for group in $groups; do kill -$signal "-$group" && left="$left $group"; done
  groups=$left
  [ -z "$groups" ] && exit
  [ $signal = KILL ] || sleep 1
done`

export interface Watchdog {
  add(group: number): void
  remove(group: number): void
  close(): void
}

/** It is started with the first group; where there is no shell, that is said once. */
export function createWatchdog (log: FastifyBaseLogger, shell = SHELL): Watchdog {
  const groups = new Set<number>()
  let isMissing = false
  let running: ChildProcess | undefined

  const start = (): ChildProcess => {
    const started = spawn(shell, ['-c', SCRIPT], {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore']
    })
    started.once('error', () => {
      isMissing = true
      log.warn(`the processes of upstreams outlive this server if it is killed (SIGKILL): there is no ${shell} to end them`)
    })
    started.once('exit', () => {
      if (running === started) running = undefined
    })
    started.stdin!.on('error', () => { /* it has ended; another is started with the next group */ })
    started.unref()
    ;(started.stdin as unknown as { unref(): void }).unref()
    return started
  }
  const tell = (line: string) => { running?.stdin!.write(line) }

  return {
    add (group) {
      groups.add(group)
      if (isMissing) return
      if (running !== undefined) return tell(`+ ${group}\n`)
      running = start()
      for (const each of groups) tell(`+ ${each}\n`)
    },
    remove (group) {
      groups.delete(group)
      tell(`- ${group}\n`)
    },
    close () {
      running?.stdin!.end()
    }
  }
}
