// `npm run documents`: which files of the folder are documents, and which are left out and why. It reads the folder as
// the server would, and changes nothing.
import { realpath } from 'node:fs/promises'
import fastify from 'fastify'
import { loadConfig, readEnvironment } from '../config/index.ts'
import { createAskRules } from '../plugins/library/ask-rules.ts'
import type { DocumentStore } from '../plugins/library/contract.ts'
import { createConvert } from '../plugins/library/convert.ts'
import { folderProblem } from '../plugins/library/folder-problem.ts'
import { openIndexer } from '../plugins/library/indexer.ts'
import { describeLeftOut } from '../plugins/library/left-out.ts'
import { printable } from '../plugins/observability/terminal-text.ts'
import workers from '../plugins/workers.ts'
import { fail, OperatorError } from './command.ts'
import { commandLine } from './usage.ts'

const HELP = `Lists the documents of DOCS_DIR, and the files that are left out with the reason. A large folder takes minutes.
  ${commandLine('documents')}               everything: a line for each file
  ${commandLine('documents')}left-out       only what is left out
`

try {
  const [what, ...rest] = process.argv.slice(2)
  if (what === '--help') process.stdout.write(HELP)
  else if (rest.length > 0 || ![undefined, 'left-out'].includes(what)) throw new OperatorError(HELP)
  else await print(what === undefined)
} catch (error) {
  fail(error)
}

async function print (withDocuments: boolean): Promise<void> {
  const { docsDir, upstreamsFile, accessFile } = await loadConfig({ ...readEnvironment(), LOG_LEVEL: 'error' })
  // DOCS_DIR has a default.
  const problem = await folderProblem(docsDir!)
  if (problem !== undefined) throw new OperatorError(`No documents: ${problem}.`)
  const root = await realpath(docsDir!)
  const app = fastify()
  await app.register(workers)
  await app.ready()
  const stop = new AbortController()
  try {
    const say = (columns: string[]) => process.stdout.write(`${columns.map(printable).join('\t')}\n`)
    const folder = await openIndexer(root, {
      store: createReader(({ id, title }) => withDocuments && say(['document', id, title])),
      convert: createConvert(app.workers, stop.signal),
      askRules: createAskRules(app.workers, stop.signal),
      own: [upstreamsFile, accessFile],
      log: { info () {}, warn () {} },
      reading () {},
      signal: stop.signal
    })
    await folder.refresh([''])
    for (const { id, reason } of folder.leftOut()) say(['left out', id, reason])
    process.stderr.write(`${folder.size()} documents; ${printable(describeLeftOut(folder.leftOutCounts(() => true)) ?? 'nothing left out')}\n`)
  } finally {
    stop.abort()
    await app.close()
  }
}

/** A store that takes what the indexer reads, and stores nothing. */
function createReader (read: (document: { id: string; title: string }) => void) {
  return {
    put: async (documents) => documents.forEach(read),
    remove: async () => {},
    settle: async () => {},
    list: async () => new Map()
  } satisfies Pick<DocumentStore, 'put' | 'remove' | 'list' | 'settle'>
}
