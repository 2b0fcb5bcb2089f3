// What becomes of a command whose output nobody takes: of every command, and of none that serves (threats SG-23, SG-24).
// Tested in test/cli/command.test.ts.

/** Whoever reads may have read enough, such as `head`; a disk that is full is the operator's. Node would print a stack. */
export function endOutput (error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit()
  process.stderr.write(`What this command prints cannot be written: ${error.message}\n`)
  process.exit(1)
}

process.stdout.on('error', endOutput)
// There is nobody to tell: what is asked for is done all the same.
process.stderr.on('error', () => {})
