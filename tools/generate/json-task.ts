// Generates sample data for a JSON Schema, in a separate process; what is returned has been checked against the schema by a
// second library.
import { createGeneratorSync } from 'json-schema-faker'
import { ToolError } from '../../authoring/tool.ts'
import { drawable } from './drawable.ts'
import { withNamedMembers } from './named-members.ts'
import { makeRealistic } from './realistic.ts'
import { checkSchema, MAX_RESULT_LENGTH, schemaOf } from './schema.ts'
import { compile, describeMisfit } from './validator.ts'

/** Some schemas are hard to hit: each piece is tried this often. */
const TRIES = 20

export interface Input {
  schema?: unknown
  example?: unknown
  count: number
  seed: number
}

/** @throws ToolError for a schema that is none, asks for too much, or cannot be satisfied. */
export default function generateJson ({ schema, example, count, seed }: Input): unknown[] {
  const wanted = checkSchema(schema === undefined ? schemaOf(example) : schema)
  const fits = compile(wanted)
  const full = createGeneratorSync({ seed, alwaysFakeOptionals: true, maxDepth: 8, maxDefaultItems: 3 })
  // For schemas that contain themselves: leaving out optional members ends them.
  const sparse = createGeneratorSync({ seed, optionalsProbability: 0.2, maxDepth: 8, maxDefaultItems: 3 })
  const names = createGeneratorSync({ seed })
  const drawName = (named: object) => attempt(() => names.generate(drawable(named) as never))?.value as string | undefined
  const drawn = drawable(withNamedMembers(wanted, drawName))
  const data: unknown[] = []
  const generate = (tries: number) => (tries % 2 === 0 ? full : sparse).generate(drawn as never)
  for (let index = 0; index < count; index++) data.push(makeRealistic(generateOne(generate, fits), fits, seed * 1_000 + index))
  if (JSON.stringify(data).length > MAX_RESULT_LENGTH) {
    throw new ToolError('The data would be too large to return. Ask for fewer, or for a smaller part of the schema.')
  }
  return data
}

function generateOne (generate: (tries: number) => unknown, fits: ReturnType<typeof compile>): unknown {
  let problem = 'nothing fits it'
  for (let tries = 0; tries < TRIES; tries++) {
    const candidate = attempt(() => generate(tries))
    if (candidate !== undefined && fits(candidate.value)) return candidate.value
    problem = candidate === undefined ? 'nothing fits it' : describeMisfit(fits)
  }
  throw new ToolError(
    `No data that fits this schema was found (${problem}). Make it simpler: fewer patterns, and no conditions that contradict each other.`
  )
}

function attempt (generate: () => unknown): { value: unknown } | undefined {
  try {
    return { value: generate() }
  } catch {
    return undefined
  }
}
