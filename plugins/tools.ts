// The tools that are offered: opened with their variables when the server starts, closed with it.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'
import type { Tool, ToolDefinition } from '../tools/define-tool.ts'
import { openTools } from '../tools/open.ts'

declare module 'fastify' {
  interface FastifyInstance { tools: readonly Tool[] }
}

type Options = Pick<Config, 'configureTools' | 'dataDir'> & { definitions: readonly ToolDefinition[] }

export default fp(async function tools (app: FastifyInstance, { definitions, configureTools, dataDir }: Options) {
  const opened = await openTools(configureTools(definitions), {
    dataDir,
    log: { info: (message) => app.log.info(message), warn: (message) => app.log.warn(message) }
  })
  app.decorate('tools', opened.tools)
  app.addHook('onClose', opened.close)
}, { name: 'tools' })
