// `npm run dev`: offers tools, resources and prompts again as soon as one of their files is saved. For development only.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { followTools } from '../authoring/loader/hot-reload.ts'
import type { Offer } from '../authoring/loader/load.ts'

export default fp(
  async function hotReload (app: FastifyInstance, { folders, loadOffer }: Pick<Config, 'folders' | 'loadOffer'>) {
    const stop = await followTools(folders, {
      async changed (offer, file) {
        await replace(app, offer)
        const { length: tools } = app.tools.offered
        const [resources, prompts] = [offer.resources.length, offer.prompts.length]
        app.log.info(`${file} changed: now ${tools} tools, ${resources} resources and ${prompts} prompts are offered`)
      },
      failed: (error, file) => app.log.error(`${file} changed, but the previous tools stay: ${error.message}`)
    }, loadOffer)
    app.addHook('onClose', stop)
  },
  { name: 'hot-reload', dependencies: ['tools', 'mcp'] }
)

const replace = (app: FastifyInstance, offer: Offer): Promise<void> =>
  app.tools.replace(offer.tools, (tools, resources) =>
    app.mcp.offer({ ...offer, tools, resources: [...offer.resources, ...resources] })
  )
