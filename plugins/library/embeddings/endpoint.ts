// Asks an OpenAI-compatible endpoint for the embeddings of texts: vectors that are near each other where texts mean the same.
// Tested in test/plugins/library/embeddings/endpoint.test.ts and index.test.ts.
import { readAnswer } from '../../../authoring/read-answer.ts'
import { exceeded } from '../../json-size.ts'

export interface EmbeddingsSettings {
  /** The part before /embeddings. */
  baseUrl: string
  model: string
  apiKey: string | undefined
}

/** The most characters of a text, about 2,000 tokens. */
const MAX_CHARACTERS = 8_000
/** Of one vector: twice what the largest models have, and its numbers with nearly all their digits. */
const MAX_DIMENSIONS = 8_192
const MAX_VECTOR_BYTES = 160 * 1024
/** Of what an answer holds besides. */
const MAX_OTHER_TOKENS = 1_000

/** Of what was sent, not of who sent it or when. */
const REFUSALS = new Set([400, 413, 422])

/** The endpoint does not take these texts. */
export class Refused extends Error {}

/**
 * One request.
 * @returns a vector of length 1 for each text, in their order.
 * @throws Refused, or another Error that says why without the key, the texts or the answer.
 */
export async function embed (
  { baseUrl, model, apiKey }: EmbeddingsSettings,
  texts: readonly string[],
  signal: AbortSignal
): Promise<Float32Array[]> {
  const input = texts.map((text) => text.slice(0, MAX_CHARACTERS).toWellFormed())
  const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/embeddings`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` })
    },
    body: JSON.stringify({ model, input, encoding_format: 'float' }),
    // A redirect would take the key elsewhere.
    redirect: 'error',
    signal
  })
  if (!response.ok) {
    await response.body?.cancel()
    const message = `it answered ${response.status}`
    throw REFUSALS.has(response.status) ? new Refused(message) : new Error(message)
  }
  return readVectors(await readJson(response, texts.length), texts.length)
}

/** Bounded by what was asked for, and before it is parsed. */
async function readJson (response: Response, count: number): Promise<unknown> {
  const text = await readAnswer(response, (count + 1) * MAX_VECTOR_BYTES)
  const bounds = { maxDepth: 8, maxTokens: count * MAX_DIMENSIONS + MAX_OTHER_TOKENS }
  if (text === undefined || exceeded(Buffer.from(text), bounds)) throw new Error('its answer is too long')
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('its answer is no JSON')
  }
}

function readVectors (answer: unknown, count: number): Float32Array[] {
  const data = (answer as { data?: unknown } | null)?.data
  const vectors: Float32Array[] = []
  for (const row of Array.isArray(data) ? data : []) {
    const { index, embedding } = (row ?? {}) as { index?: unknown; embedding?: unknown }
    if (typeof index !== 'number' || !isVector(embedding)) continue
    if (Number.isInteger(index) && index >= 0 && index < count) vectors[index] = normalized(embedding)
  }
  if (vectors.length !== count || vectors.includes(undefined as never)) {
    throw new Error('its answer has not one vector for each text')
  }
  return vectors
}

const isVector = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.length <= MAX_DIMENSIONS && value.every(Number.isFinite)

function normalized (values: readonly number[]): Float32Array {
  const length = Math.hypot(...values) || 1
  return Float32Array.from(values, (value) => value / length)
}
