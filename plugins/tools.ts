// The tools that are offered: opened with their variables when the server starts, closed with it.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import type { Resource } from '../authoring/resource.ts'
import type { Tool, ToolDefinition } from '../authoring/tool.ts'
import { openTools } from '../authoring/loader/open.ts'

declare module 'fastify' {
  interface FastifyInstance {
    tools: Tools
  }
}

export interface Tools {
  readonly offered: readonly Tool[]
  /** Resources that tools offer besides themselves. */
  readonly resources: readonly Resource[]
  /**
   * Opens these, passes them to `offer`, and closes the previous ones.
   * @throws what is wrong with them, or what `offer` throws. The previous ones stay open then.
   */
  replace(
    definitions: readonly ToolDefinition[],
    offer: (tools: readonly Tool[], resources: readonly Resource[]) => void
  ): Promise<void>
}

type Options = Pick<Config, 'configureTools' | 'dataDir'> & { definitions: readonly ToolDefinition[] }

export default fp(
  async function tools (app: FastifyInstance, { definitions, configureTools, dataDir }: Options) {
    const open = (definitions: readonly ToolDefinition[]) =>
      openTools(configureTools(definitions), {
        dataDir,
        log: { info: (message) => app.log.info(message), warn: (message) => app.log.warn(message) }
      })
    let opened = await open(definitions)
    app.decorate('tools', {
      get offered () {
        return opened.tools
      },
      get resources () {
        return opened.resources
      },
      async replace (definitions, offer) {
        const next = await open(definitions)
        try {
          offer(next.tools, next.resources)
        } catch (error) {
          await next.close()
          throw error
        }
        const before = opened
        opened = next
        await before.close()
      }
    } satisfies Tools)
    app.addHook('onClose', () => opened.close())
  },
  { name: 'tools' }
)
