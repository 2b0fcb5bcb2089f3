// The official client, which hands on the results of an upstream as they came. Of 2026-07-28 it would check each as a whole: with
// a schema that tries every kind of block for each entry, and writes all that each lacks into one error. Who called checks a result
// entry by entry, and the first odd one ends that.
import { Client, type JSONRPCErrorResponse, type JSONRPCResponse } from '@modelcontextprotocol/client'
import { isObject } from '../../is-object.ts'

type Result = Record<string, unknown>

/** The SDK looks into every result but one that asks something first, which it hands to whoever says that it may. */
const ASKS = 'input_required'
const KINDS: readonly unknown[] = ['complete', ASKS]

export class AsItIsClient extends Client {
  /** Of the revisions before, the SDK looks into no result, and at the start its own are to be checked. */
  protected override _onresponse (response: JSONRPCResponse | JSONRPCErrorResponse): void {
    const result = 'result' in response && this.getProtocolEra() === 'modern' ? response.result : undefined
    const isWrapped = isObject(result) && KINDS.includes(result['resultType'])
    super._onresponse(isWrapped ? { ...response, result: { resultType: ASKS, inputRequests: { result } } } : response as JSONRPCResponse)
  }
}

/** @param answered what a request got that said `allowInputRequired`. @returns the result as it came. */
export const asItIs = (answered: Result): Result =>
  answered['resultType'] === ASKS ? (answered['inputRequests'] as { result: Result }).result : answered
