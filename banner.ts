// The lines that a start prints: the name, the URL, who can sign in, where data is stored, how many documents there are, which
// tools and where they come from, and how to connect ChatGPT; or why the server could not start.
import { setTimeout } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Config } from './config/index.ts'
import { StartError } from './errors.ts'
import { english } from './languages/index.ts'
import { callbackPath, invitationUrl } from './paths.ts'
import { describeState, describeTarget } from './plugins/upstreams/describe.ts'

/**
 * With a large folder, or an existing server that is slow, the lines are printed before all is
 * known.
 */
const PROGRESS_AFTER_MS = 3_000

/**
 * Waits a moment for the documents and the lists of existing servers, so that they are counted
 * completely.
 */
export async function startLines (app: FastifyInstance, config: Config): Promise<string> {
  const isKnown = Promise.all([app.library.ready, app.upstreams.looked()])
  await Promise.race([isKnown, setTimeout(PROGRESS_AFTER_MS, undefined, { ref: false })])
  const lines = [
    ...(config.identity.name === undefined ? [] : [['Name', app.identity.name]]),
    ['MCP server', config.mcpUrl],
    ['Sign-in', signInLine(app, config)],
    ['Data', config.signIn ? app.storage.description : config.dataDir],
    ['Notes', app.notes.description],
    ['Documents', await documentsLine(app, config)],
    ...toolLines(app, config).map((line, index) => [index === 0 ? 'Tools' : '', line]),
    ...upstreamLines(app).map((line, index) => [index === 0 ? 'Upstreams' : '', line]),
    [
      'ChatGPT',
      config.local
        ? 'needs a public https address: set PUBLIC_URL to it, then paste it (README: Connect a client)'
        : `turn on Developer mode (Settings > Security and login), choose Plugins > +, and paste ${config.mcpUrl}`
    ]
  ]
  for (const [id, { title, redirect }] of config.signIn ? app.signIn.backends : []) {
    if (redirect) lines.push(['Callback', `${config.publicUrl}${callbackPath(config.paths, id)} (register it with ${english.say(title)})`])
  }
  const invitation = await firstInvitation(app, config)
  if (invitation) lines.push(['First account', `create it here, once: ${invitation}`])
  return `\n${lines.map(([name, value]) => `  ${name!.padEnd(14)}${value}`).join('\n')}\n\n`
}

function signInLine (app: FastifyInstance, { signIn, signup }: Config): string {
  if (!signIn) return 'NONE: anyone who reaches this port can use every tool (AUTH_BACKEND=none)'
  const methods = [...app.signIn.backends.values()].map(({ title }) => english.say(title)).join(', ')
  return `${methods}; sign-up ${signup}`
}

/** A line for each place that tools come from. */
function toolLines ({ tools }: FastifyInstance, { placeOfTool }: Config): string[] {
  const places = Map.groupBy(tools.offered, ({ name }) => placeOfTool(name) ?? 'given to this server')
  if (places.size === 0) return ['none']
  return [...places].map(([place, offered]) => `${offered.map(({ name }) => name).join(', ')} (${place})`)
}

function upstreamLines ({ upstreams: { all } }: FastifyInstance): string[] {
  const rows = all.map((one) => [one.settings.name, describeTarget(one.settings), describeState(one)] as const)
  const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length))
  return rows.map(([name, target, state]) => `${name.padEnd(width(0))}  ${target.padEnd(width(1))}  ${state}`)
}

/** The link for the first account, while sign-up is not open and no account exists. */
async function firstInvitation (app: FastifyInstance, config: Config): Promise<string | undefined> {
  if (
    !config.signIn ||
    config.signup === 'open' ||
    !(config.newcomersNeedInvitation || app.signIn.backends.has('local'))
  ) { return undefined }
  // On a full disk the server starts without the link; the next start prints it.
  const secret = await app.signIn.invitations.inviteFirst().catch((err: unknown) => {
    app.log.warn({ err }, 'the link for the first account could not be created')
    return undefined
  })
  return secret && invitationUrl(config.publicUrl, config.paths)(secret)
}

async function documentsLine ({ library }: FastifyInstance, { docsDir }: Config): Promise<string> {
  const problem = await library.problem()
  if (problem !== undefined) return `none: ${problem}`
  const progress = library.progress()
  const left = library.leftOutLine()
  return `${await library.count()} from ${docsDir}${left === undefined ? '' : `; ${left}`}${progress ? `; still reading (${progress.done} of ${progress.total} files)` : ''}`
}

/** Columns. */
const BAR_WIDTH = 30

/** Draws a progress bar until the folder has been read once. */
export async function showProgress (
  { library }: Pick<FastifyInstance, 'library'>,
  terminal: { write(text: string): unknown }
): Promise<void> {
  if (library.progress() === undefined) return library.ready
  const timer = setInterval(() => {
    const { done, total } = library.progress() ?? { done: 0, total: 0 }
    if (total === 0) return
    const filled = Math.round((BAR_WIDTH * done) / total)
    terminal.write(`\r  Reading documents  [${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]  ${done} of ${total}`)
  }, 100)
  try {
    await library.ready
  } finally {
    clearInterval(timer)
    terminal.write('\r\x1b[K')
  }
}

/**
 * The message of a failed start: for a mistake of the operator one sentence with its remedy, for any other error the
 * stack.
 */
export function describeStartFault (error: unknown): string {
  const { name, message, cause, code, syscall, port, address, stack } = error as NodeJS.ErrnoException & {
    cause?: Error
    port?: number
    address?: string
  }
  if (name === 'ConfigError') return `${message}\n`
  const say = (sentence: string) => `The server could not start.\n  ${sentence}\n`
  if (error instanceof StartError) return say(message)
  if (name === 'StorageUnavailable') return say(`${message}${cause ? `: ${cause.message}` : ''}. ${STORAGE_HELP}`)
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    return say(listenHelp[code ?? '']?.(`${address ?? 'HOST'}:${port ?? 'PORT'}`) ?? `PORT, HOST: ${message}`)
  }
  return say(String(stack))
}

const STORAGE_HELP =
  'With REDIS_URL, check that Redis runs and accepts writes; without it, that DATA_DIR is writable'

const listenHelp: Record<string, (place: string) => string> = {
  EADDRINUSE: (place) =>
    `PORT: something already listens at ${place}, perhaps this server. Stop it, or choose another PORT`,
  EACCES: (place) =>
    `PORT: this user may not listen at ${place}. Choose a PORT above 1023, and put a proxy in front for 443`,
  EADDRNOTAVAIL: (place) =>
    `HOST: this machine has no address for ${place}. Use 127.0.0.1, or 0.0.0.0 for all of its addresses`,
  ENOTFOUND: () => 'HOST: this host does not exist. Use 127.0.0.1, or 0.0.0.0 for all addresses of this machine'
}
