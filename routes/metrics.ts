// GET /metrics: metrics in Prometheus's text format, for holders of METRICS_TOKEN (RFC 6750 §2.1). Without that variable
// there is no such route.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { invalidToken } from '../errors.ts'
import { answersUnderLoad } from '../plugins/observability/load-shedding.ts'
import { equalSecrets } from '../plugins/secrets.ts'
import { sendJsonError } from '../plugins/pages/error-handlers.ts'

export default async function metrics (app: FastifyInstance, { metricsToken }: Pick<Config, 'metricsToken'>) {
  const { paths } = app
  const { metrics } = app
  if (metricsToken === undefined || metrics === undefined) return
  app.setErrorHandler(sendJsonError)
  // Prometheus connects by address. A web page under a rebound name has no token to send.
  app.get(paths.metrics, { config: { ...answersUnderLoad.config, anyHost: true } }, async (request, reply) => {
    const [, token] = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (token === undefined || !equalSecrets(token, metricsToken)) {
      throw invalidToken('Send METRICS_TOKEN in the Authorization header: Bearer, a space, the token.', {
        headers: { 'www-authenticate': 'Bearer realm="metrics"' }
      })
    }
    return reply
      .header('cache-control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.read())
  })
}
