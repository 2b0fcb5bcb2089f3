// Generates types in a programming language from a JSON Schema or an example, in a separate process.
import { InputData, jsonInputForTargetLanguage, JSONSchemaInput, JSONSchemaStore, quicktype } from 'quicktype-core'
import { ToolError } from '../../authoring/tool.ts'
import type { Language } from './languages.ts'
import { nameTypes } from './named-types.ts'
import { checkSchema } from './schema.ts'
import { wholeFile } from './whole-file.ts'

const MAX_RESULT_LENGTH = 200_000

export interface Input {
  schema?: unknown
  example?: unknown
  language: Language
  name: string
}

/**
 * Where quicktype looks for schemas that are not part of the given one: nowhere. Its own store fetches addresses and
 * reads files.
 */
class NoOtherSchemas extends JSONSchemaStore {
  override async fetch (): Promise<undefined> {
    throw new Error('a schema is the only source here')
  }
}

/** @throws ToolError for a schema that cannot be read. */
export default async function generateCode ({ schema, example, language, name }: Input): Promise<string> {
  const inputData = new InputData()
  if (schema === undefined) {
    const input = jsonInputForTargetLanguage(language)
    await input.addSource({ name, samples: [JSON.stringify(example)] })
    inputData.addInput(input)
  } else {
    const input = new JSONSchemaInput(new NoOtherSchemas())
    await input.addSource({ name, schema: JSON.stringify(nameTypes(checkSchema(schema), name)) }).catch(refuse)
    inputData.addInput(input)
  }
  const { lines } = await quicktype({
    inputData,
    lang: language,
    rendererOptions: { 'just-types': 'true', ...(language === 'csharp' && { 'csharp-version': '6' }) },
    // JSON has no dates: what a parser gives for one is a text.
    inferDateTimes: false,
    inferUuids: false,
    inferIntegerStrings: false,
    inferBooleanStrings: false
  }).catch(refuse)
  const code = wholeFile(language, lines.join('\n'))
  if (code.length > MAX_RESULT_LENGTH) { throw new ToolError('The types would be too large to return. Pass a smaller part.') }
  return code
}

const refuse = (error: Error): never => {
  throw new ToolError(`No types can be made of this: ${error.message.slice(0, 300)}`)
}
