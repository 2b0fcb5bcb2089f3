// npm run conformance:serve: this server with the conformance suite's
// fixtures, for checks from outside. It listens and
// reads its variables as the real one does.
import closeWithGrace from 'close-with-grace'
import { loadConfig, readEnvironment } from '../../config/index.ts'
import { startLines } from '../../banner.ts'
import { buildFixtureServer } from './fixture-server.ts'

const config = await loadConfig(readEnvironment())
const app = await buildFixtureServer(config)
closeWithGrace({ delay: 5_000 }, async () => {
  await app.close()
})
await app.listen({ port: config.port, host: config.host })
process.stdout.write(await startLines(app, config))
