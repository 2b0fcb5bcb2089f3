// How a command of the operator starts and ends: one folder as its argument, one line when it is done, a sentence and the exit code 1 when it is not.
import { parseArgs } from 'node:util'
import { ConfigError } from '../config.ts'
import { StartError } from '../errors.ts'
import { StorageUnavailable } from '../plugins/storage/contract.ts'
import { BackupError } from './backup-format.ts'

/**
 * @param help shown for `--help`, and when the folder is missing.
 * @param run gets the folder and whether `--replace` was given. @returns the line to print.
 */
export async function command (help: string, run: (folders: string[], options: { replace: boolean }) => Promise<string>): Promise<void> {
  // Copies and databases are for this user alone, wherever they are written.
  process.umask(0o077)
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean' }, replace: { type: 'boolean', default: false } } })
    if (values.help) process.stdout.write(help)
    else if (positionals.length !== 1) throw new BackupError(`Name one folder.\n${help}`)
    else process.stdout.write(`${await run(positionals, { replace: values.replace })}\n`)
  } catch (error) {
    const isExpected = error instanceof ConfigError || error instanceof StartError || error instanceof BackupError || error instanceof StorageUnavailable
    process.stderr.write(`${isExpected ? error.message : (error as Error).stack}\n`)
    process.exitCode = 1
  }
}
