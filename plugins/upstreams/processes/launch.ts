// Starts the process of an upstream, and says in the operator's words why one could not be started or has ended.
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import type { CommandTarget } from '../../../config/upstreams.ts'
import { toDisplayName } from '../../display-name.ts'
import type { UpstreamCaller } from '../contract.ts'

export type UpstreamProcess = ChildProcessByStdio<Writable, Readable, Readable>

const MAX_GROUPS_CHARACTERS = 16_000
/** What a process has written before its end may take as long to arrive. */
const DRAIN_MS = 200
/** Programs that come with others. */
const HINTS: Readonly<Record<string, string>> = {
  npx: 'npx comes with Node.js and npm: install them for the user of this server, or name the whole path',
  npm: 'npm comes with Node.js: install it for the user of this server, or name the whole path',
  uvx: 'uvx comes with uv (https://docs.astral.sh/uv/): install it for the user of this server, or name the whole path',
  uv: 'install uv (https://docs.astral.sh/uv/) for the user of this server, or name the whole path',
  docker: 'install Docker, or start the upstream elsewhere and name its URL'
}

/** What a process of a person is told of them. A group whose name holds a comma would be read as two, and is left out. */
export function describeCaller ({ id, email, name, groups }: UpstreamCaller): Record<string, string> {
  let space = MAX_GROUPS_CHARACTERS
  const named = groups.filter((group) => !/[,\p{Cc}]/u.test(group) && (space -= group.length + 1) >= 0)
  return {
    MCP_USER_ID: id,
    ...(email !== undefined && { MCP_USER_EMAIL: email }),
    MCP_USER_NAME: toDisplayName(name ?? '', ''),
    MCP_USER_GROUPS: named.join(',')
  }
}

/**
 * Its environment is what is given, and nothing else. No shell reads the command.
 * @throws Error that says why it could not be started, and what to do.
 */
export async function launch (target: CommandTarget, env: Record<string, string>): Promise<UpstreamProcess> {
  const { command, args, cwd } = target
  try {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    // Node says only later why it could not be started, but at once that it was.
    if (child.pid === undefined) throw (await once(child, 'error'))[0]
    child.on('error', () => { /* a signal that was not delivered; `exit` says what became of it */ })
    return child
  } catch (error) {
    throw new Error(`${command} could not be started: ${explain(error as NodeJS.ErrnoException, target)}`, { cause: error })
  }
}

function explain ({ code, message }: NodeJS.ErrnoException, { command, cwd }: CommandTarget): string {
  if (!existsSync(cwd)) return `its folder (cwd) ${cwd} does not exist`
  switch (code) {
    case 'ENOENT': return `it was not found. ${HINTS[command] ?? 'Name its whole path, or install it for the user of this server'}`
    case 'EACCES': return 'the user of this server may not run it, or it is no program (chmod +x)'
    case 'EAGAIN': return 'the system allows no more processes (ulimit -u, or the limit of the container)'
    case 'EMFILE': return 'this server may open no more files (ulimit -n)'
    default: return message
  }
}

/**
 * Resolves when what it wrote at last was read: Node may collect a process before, because another one has ended.
 * @param child has emitted `exit`. What it has started may hold its pipes open.
 */
export function untilDrained (child: UpstreamProcess): Promise<void> {
  return new Promise((resolve) => {
    // Also after a long turn of the event loop there is one in which pipes are read.
    const timer = setTimeout(() => setImmediate(resolve), DRAIN_MS)
    child.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** @param lastLine of its standard error. */
export function describeEnd (command: string, code: number | null, signal: string | null, lastLine: string | undefined): string {
  const how = signal === null ? `code ${code}` : `signal ${signal}`
  const said = lastLine === undefined ? 'It wrote nothing to its standard error' : `Last on its standard error: ${lastLine}`
  return `${command} ended with ${how}. ${said}`
}
