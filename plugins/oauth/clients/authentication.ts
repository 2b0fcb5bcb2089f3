// Client authentication at the token and revocation endpoints: none, post, basic (RFC 6749 §2.3) and private_key_jwt
// (RFC 7523 §2.2).
import type { FastifyRequest } from 'fastify'
import { invalidClient, invalidRequest } from '../../../errors.ts'
import { equalSecrets, hashSecret } from '../../secrets.ts'
import { formParameters, type Parameters } from '../parameters.ts'
import { ASSERTION_TYPE, checkAssertion, subjectOf, type AssertionOptions } from './assertion.ts'
import type { FindHolder, HolderOf } from '../grants/contract.ts'
import type { Client } from './contract.ts'
import { readCredentials } from './credentials.ts'

export interface AuthenticationOptions {
  find(id: string, findHolder: FindHolder): Promise<Client | undefined>
  holderOf: HolderOf
  assertions: AssertionOptions
}

/**
 * Where a request may show a code or token (RFC 6749 §4.1.3, §6; RFC 7009 §2.1; RFC 7662 §2.1;
 * RFC 7523 §2.1).
 */
const TOKEN_PARAMETERS = ['code', 'refresh_token', 'token', 'assertion']

/**
 * Every code and token of the form counts, not only the one its endpoint reads: an assertion is remembered for each
 * of them.
 */
async function findHolder (
  form: Parameters,
  clientId: string,
  { holderOf }: AuthenticationOptions
): Promise<string | undefined> {
  for (const name of TOKEN_PARAMETERS) {
    const token = form.get(name)
    const holder = token === undefined ? undefined : await holderOf(token, clientId)
    if (holder !== undefined) return holder
  }
  return undefined
}

/**
 * @throws invalid_client (401), or invalid_request for a request that authenticates in two
 * ways at once.
 */
export async function authenticateClient (request: FastifyRequest, options: AuthenticationOptions): Promise<Client> {
  const form = formParameters(request)
  const { authorization } = request.headers
  if (form.get('client_assertion') !== undefined || form.get('client_assertion_type') !== undefined) {
    return authenticateByAssertion(request, form, options)
  }
  const { id, secrets, usedBasic } = readCredentials(authorization, form)
  const refuse = () =>
    invalidClient(
      'the client is unknown or did not prove itself; register again, or check its id and secret',
      usedBasic
    )
  const client = await options.find(id, () => findHolder(form, id, options))
  if (!client) throw refuse().because('unknown_client')
  if (client.assertion?.required) {
    throw invalidClient('this client must send a client_assertion (private_key_jwt)', usedBasic)
  }
  const { secretHash } = client
  const isRight =
    secretHash === undefined
      ? secrets.length === 0
      : secrets.some((secret) => equalSecrets(secretHash, hashSecret(secret)))
  if (!isRight) throw refuse().because('client_secret')
  return client
}

/**
 * RFC 7521 §4.2: the assertion names the client; a `client_id` beside it must be the same. An assertion that is sent is
 * always checked.
 */
async function authenticateByAssertion (
  request: FastifyRequest,
  form: Parameters,
  options: AuthenticationOptions
): Promise<Client> {
  const assertion = form.get('client_assertion')
  if (assertion === undefined || form.get('client_assertion_type') !== ASSERTION_TYPE) {
    throw invalidClient(`client_assertion_type must be ${ASSERTION_TYPE}, with a client_assertion`)
  }
  if (request.headers.authorization !== undefined || form.get('client_secret') !== undefined) {
    throw invalidRequest('prove the client in one way, not in two')
  }
  const unknown = () => invalidClient('the client is unknown, or is not one that signs assertions')
  const id = form.get('client_id') ?? (await subjectOf(assertion))
  if (id === undefined) throw unknown()
  const find = () => findHolder(form, id, options)
  const client = await options.find(id, find)
  if (!client?.assertion) throw unknown()
  const claimant = {
    id: client.id,
    keys: client.assertion,
    // The operator vouches for a client of CLIENTS: its assertion is remembered
    // without a code or token.
    findHolder: client.kind === 'operator' ? async () => `client ${client.id}` : find
  }
  await checkAssertion(assertion, claimant, options.assertions, request)
  return client
}
