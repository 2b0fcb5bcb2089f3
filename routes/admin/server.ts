// What runs here: versions, storage, mail, and the configuration, without anything secret in it.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { Key, Words } from '../../languages/index.ts'
import { protocolVersions } from '../../plugins/mcp/protocol-versions.ts'
import * as product from '../../version.ts'
import { sizeOf } from './documents.ts'
import { frameOf } from './frame.ts'

/** Files of DATA_DIR that are looked at. */
const MAX_FILES = 200

type Options = Pick<Config, 'settings' | 'dataDir' | 'mail' | 'backends' | 'rateLimits' | 'mfa' | 'local'>

export default async function server (app: FastifyInstance, config: Options) {
  app.get(app.paths.adminServer, async (request, reply) => {
    const { words } = request
    return reply.page('admin/server', {
      ...frameOf(app, request, 'adminServer'),
      facts: await factsOf(app, words, config),
      hints: hintsOf(app, config).map((key) => words.text(key)),
      settings: config.settings.map(({ name, value, isSet }) => ({ name, value: value ?? '', isSecret: value === undefined, isSet }))
    })
  })
}

async function factsOf (app: FastifyInstance, words: Words, { dataDir, mail }: Options) {
  const fact = (label: Key, value: string) => ({ label: words.text(label), value })
  const { count, lastAt } = app.mail.failures
  return [
    fact('admin-server.version', product.version),
    fact('admin-server.node', process.versions.node),
    fact('admin-server.since', words.minute(Date.now() / 1000 - process.uptime())),
    fact('admin-server.memory', sizeOf(words, process.memoryUsage.rss())),
    fact('admin-server.storage', app.storage.description),
    fact('admin-server.dataSize', sizeOf(words, await sizeOfFiles(dataDir))),
    fact('admin-server.protocols', words.list(protocolVersions)),
    fact('admin-server.mail', words.text(mail ? 'admin-server.on' : 'admin-server.off')),
    ...(lastAt === undefined ? [] : [fact('admin-server.mailFailures', words.text('admin-server.mailFailed', { count, at: words.minute(lastAt) }))])
  ]
}

/** Of the files directly in it: databases and their logs. @returns bytes. */
async function sizeOfFiles (folder: string): Promise<number> {
  const names = (await readdir(folder)).slice(0, MAX_FILES)
  const sizes = await Promise.all(names.map((name) => stat(join(folder, name)).then(({ size }) => size, () => 0)))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** What is most likely not meant to be as it is. */
function hintsOf (app: FastifyInstance, { mail, backends, rateLimits, mfa, local }: Options): Key[] {
  const hints: ReadonlyArray<readonly [isSo: boolean, key: Key]> = [
    [local, 'admin-server.hintLocal'],
    [!local && backends.some(({ developmentOnly }) => developmentOnly), 'admin-server.hintDemo'],
    [mail === undefined, 'admin-server.hintMail'],
    [app.mail.failures.count > 0, 'admin-server.hintMailFails'],
    [rateLimits === null, 'admin-server.hintLimits'],
    [mfa === 'off', 'admin-server.hintMfa'],
    [app.upstreams.all.some((upstream) => upstream.status().state === 'failing'), 'admin-server.hintServers']
  ]
  return hints.flatMap(([isSo, key]) => (isSo ? [key] : []))
}
