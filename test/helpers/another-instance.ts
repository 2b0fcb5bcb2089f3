// One more instance on the storage of a server that runs, for tests.
import { startServer, type ServerOptions, type TestServer } from './server.ts'

/** Under the same address. */
export const another = (
  t: Parameters<typeof startServer>[0],
  { config, dataDir, url }: TestServer,
  options: ServerOptions = {}
) =>
  startServer(t, {
    ...options,
    env: {
      DATA_DIR: dataDir,
      PUBLIC_URL: url,
      ...(config.redisUrl && { REDIS_URL: config.redisUrl, SECRET_KEY: config.secretKeys.join() }),
      ...options.env
    }
  })
