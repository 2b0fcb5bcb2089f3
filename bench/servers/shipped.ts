// This server with its own tools and a folder of documents, ready once the folder is indexed.
import { buildApp } from '../../app.ts'
import { loadConfig, readEnvironment } from '../../config/index.ts'
import { ready } from './ready.ts'

const config = await loadConfig(readEnvironment())
const app = await buildApp(config)
await app.listen({ port: config.port, host: config.host })
await app.library.ready
ready()
process.once('SIGTERM', () => {
  app.close().then(
    () => process.exit(0),
    () => process.exit(1)
  )
})
