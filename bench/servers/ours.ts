// This server as it is, with one trivial tool beside none of its own: what the other servers of the bench are compared
// with.
import { buildApp } from '../../app.ts'
import { loadConfig, readEnvironment } from '../../config/index.ts'
import { trivialTool } from '../tool.ts'
import { tellUsage } from './tell.ts'

const config = await loadConfig(readEnvironment())
const app = await buildApp(config, { offer: { tools: [trivialTool], resources: [], prompts: [] } })
await app.listen({ port: config.port, host: config.host })
tellUsage()
process.once('SIGTERM', () => {
  app.close().then(
    () => process.exit(0),
    () => process.exit(1)
  )
})
