// How an operator's command starts and ends: one folder as its argument, then one line of output, or a sentence on stderr
// and the exit code 1.
// Tested in test/cli/backup.test.ts and test/cli/restore.test.ts.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { monotonicClock } from '../clock.ts'
import { ConfigError, type Config } from '../config/index.ts'
import { OAuthError, StartError } from '../errors.ts'
import { printableLines } from '../plugins/observability/terminal-text.ts'
import { openStorage } from '../plugins/storage/index.ts'
import { wasServed } from '../plugins/storage/migrations.ts'
import { StorageUnavailable, type Storage } from '../plugins/storage/contract.ts'
import './output.ts'

/**
 * @param help printed for `--help`, and when the folder is missing.
 * @param run receives the folder and whether `--replace` was given, and returns the line to print.
 */
export async function command (
  help: string,
  run: (folders: string[], options: { replace: boolean }) => Promise<string>
): Promise<void> {
  // Copies and databases are readable by this user only.
  process.umask(0o077)
  try {
    const { values, positionals } = parseOptions({
      allowPositionals: true,
      options: { help: { type: 'boolean' }, replace: { type: 'boolean', default: false } }
    }, help)
    if (values.help) process.stdout.write(help)
    else if (positionals.length !== 1) throw new OperatorError(`Name one folder.\n${help}`)
    else process.stdout.write(`${printableLines(await run(positionals, { replace: values.replace }))}\n`)
  } catch (error) {
    fail(error)
  }
}

/**
 * Node's `parseArgs`, besides that a value may begin with a dash: one id in 64 does.
 * @param help printed after what is wrong.
 * @throws OperatorError for an option that is unknown, or has no value.
 */
export function parseOptions<T extends ParseArgsConfig> (config: T, help = ''): ReturnType<typeof parseArgs<T>> {
  const { args = process.argv.slice(2), options = {} } = config
  const joined: T = { ...config, args: joinValues(args, options) }
  try {
    return parseArgs(joined)
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}${help && `\n${help}`}`)
  }
}

type Options = NonNullable<ParseArgsConfig['options']>

/** `--user -x` as `--user=-x`, unless what follows is an option of this command: then a value was forgotten. */
function joinValues (args: readonly string[], options: Options): string[] {
  const [word, value, ...rest] = args
  if (word === undefined || word === '--') return [...args]
  const takesValue = optionOf(word, options)?.type === 'string' && !word.includes('=')
  if (!takesValue || value === undefined) return [word, ...joinValues(args.slice(1), options)]
  const isForgotten = value === '--' || optionOf(value, options) !== undefined
  return isForgotten ? [word, ...joinValues(args.slice(1), options)] : [`${word}=${value}`, ...joinValues(rest, options)]
}

/** @param word as it was written, with or without a value. */
function optionOf (word: string, options: Options) {
  const name = word.startsWith('--') ? word.slice(2).split('=', 1)[0]! : ''
  return Object.hasOwn(options, name) ? options[name] : undefined
}

/**
 * Ends a command with the exit code 1. Only errors of the program itself are printed with a stack: a disk that is full, or a
 * folder of another user, is the operator's to change.
 * @param help printed after the message.
 */
export function fail (error: unknown, help = ''): void {
  const isExpected =
    [ConfigError, OAuthError, OperatorError, StartError, StorageUnavailable].some((expected) => error instanceof expected) ||
    typeof (error as NodeJS.ErrnoException).syscall === 'string'
  process.stderr.write(`${printableLines(String(isExpected ? (error as Error).message : (error as Error).stack))}\n${help}`)
  process.exitCode = 1
}

/** A mistake of the operator: printed without a stack. */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError'
}

export const warnOnTerminal = {
  warn: (message: string) => {
    process.stderr.write(`${printableLines(message)}\n`)
  }
}

/**
 * Opens the storage of a server that has run before. With a mistyped DATA_DIR or REDIS_URL it fails, instead of creating
 * a database, or a link that works nowhere.
 * @throws OperatorError where no server has run; StorageUnavailable when it does not answer.
 */
export async function openExisting (config: Pick<Config, 'dataDir' | 'redisUrl'>): Promise<Storage> {
  const { dataDir, redisUrl } = config
  if (redisUrl === undefined && !existsSync(join(dataDir, 'oauth.db'))) throw notServed(`${dataDir}: there is no oauth.db`)
  const storage = await openStorage(config, monotonicClock, warnOnTerminal)
  const isServed = await wasServed(storage).catch(async (error: unknown) => {
    await storage.close()
    throw error
  })
  if (isServed) return storage
  await storage.close()
  throw notServed(storage.description)
}

const notServed = (where: string) =>
  new OperatorError(
    `No server has stored anything in ${where}. Set DATA_DIR or REDIS_URL to what the server uses ` +
      '(docs/local-accounts.md has the command for Docker, Fly.io and systemd), or start the server once.'
  )
