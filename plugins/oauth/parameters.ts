// Request parameters of the OAuth endpoints: urlencoded only, each at most once, an empty one counts as absent (RFC
// 6749 §3.1, §3.2).
import formbody from '@fastify/formbody'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalidRequest } from '../../errors.ts'

/** RFC 8707 §2 lets `resource` appear more than once. */
const REPEATABLE = new Set(['resource'])

/** The parameters of one request. A repeated parameter is refused before anything reads it. */
export class Parameters {
  readonly #values: URLSearchParams

  /** @throws invalid_request for a parameter that appears twice. */
  constructor (encoded: string) {
    this.#values = new URLSearchParams(encoded)
    const seen = new Set<string>()
    for (const name of this.#values.keys()) {
      if (seen.has(name) && !REPEATABLE.has(name)) throw invalidRequest('a parameter appears more than once')
      seen.add(name)
    }
  }

  get (name: string): string | undefined {
    return this.#values.get(name) || undefined
  }

  getAll (name: string): string[] {
    return this.#values.getAll(name).filter((value) => value !== '')
  }

  /** @throws invalid_request when it is missing. */
  need (name: string): string {
    const value = this.get(name)
    if (value === undefined) throw invalidRequest(`${name} is missing`)
    return value
  }
}

export const queryParameters = (request: FastifyRequest): Parameters =>
  new Parameters(request.raw.url!.split('?').slice(1).join('?'))

/**
 * The body of a form as it came: it may hold twenty thousand parameters, which are read once, and in the turn of whoever sent
 * them (threat BW-35).
 */
class Form {
  readonly #text: string
  #parameters: Parameters | undefined

  constructor (text: string) {
    this.#text = text
  }

  /** @throws as {@link Parameters} does. */
  get parameters (): Parameters {
    return (this.#parameters ??= new Parameters(this.#text))
  }
}

/** The body of a form post. @throws invalid_request when there is none. */
export function formParameters (request: FastifyRequest): Parameters {
  if (!(request.body instanceof Form)) {
    throw invalidRequest('send the parameters as application/x-www-form-urlencoded')
  }
  return request.body.parameters
}

const LIMIT_BYTES = 64 * 1024

/** Form bodies, and no other kind, for the scope it is registered in. */
export default fp(
  async function parameters (app: FastifyInstance) {
    app.removeAllContentTypeParsers()
    await app.register(formbody, {
      bodyLimit: LIMIT_BYTES,
      parser: (text) => new Form(text) as unknown as Record<string, unknown>
    })
  },
  { name: 'parameters' }
)
