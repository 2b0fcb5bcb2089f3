// Generates types in a programming language from a JSON Schema or an example, in a separate process.
import { findPackage } from '../../authoring/optional-package.ts'
import { ToolError } from '../../authoring/tool.ts'
import type { Language } from './languages.ts'
import { nameTypes } from './named-types.ts'
import { checkSchema, MAX_RESULT_LENGTH } from './schema.ts'
import { wholeFile } from './whole-file.ts'

export interface Input {
  schema?: unknown
  example?: unknown
  language: Language
  name: string
}

/** @throws ToolError for a schema that cannot be read, and on a server without quicktype. */
export default async function generateCode ({ schema, example, language, name }: Input): Promise<string> {
  const quicktype = await loadQuicktype()
  const { lines } = await quicktype.quicktype({
    inputData: await readInput(quicktype, { schema, example, language, name }),
    lang: language,
    rendererOptions: {
      'just-types': 'true',
      ...(language === 'csharp' && { 'csharp-version': '6' })
    },
    // JSON has no dates: what a parser gives for one is a text.
    inferDateTimes: false,
    inferUuids: false,
    inferIntegerStrings: false,
    inferBooleanStrings: false
  }).catch(refuse)
  const code = wholeFile(language, lines.join('\n'))
  if (code.length > MAX_RESULT_LENGTH) {
    throw new ToolError('The types would be too large to return. Pass a smaller part.')
  }
  return code
}

type Quicktype = typeof import('quicktype-core')

/** It is ten times as large as all other packages of this tool. */
async function loadQuicktype (): Promise<Quicktype> {
  const quicktype = await findPackage(() => import('quicktype-core'))
  if (quicktype) return quicktype
  throw new ToolError(
    'This server makes no types: write them yourself. The operator can add them with: npm install quicktype-core@26'
  )
}

async function readInput (
  { InputData, jsonInputForTargetLanguage, JSONSchemaInput, JSONSchemaStore }: Quicktype,
  { schema, example, language, name }: Input
): Promise<InstanceType<Quicktype['InputData']>> {
  const inputData = new InputData()
  if (schema === undefined) {
    const input = jsonInputForTargetLanguage(language)
    await input.addSource({ name, samples: [JSON.stringify(example)] })
    inputData.addInput(input)
    return inputData
  }
  /** Where quicktype looks for schemas that are not part of the given one: nowhere. Its own store fetches and reads files. */
  class NoOtherSchemas extends JSONSchemaStore {
    override async fetch (): Promise<undefined> {
      throw new Error('a schema is the only source here')
    }
  }
  const input = new JSONSchemaInput(new NoOtherSchemas())
  await input.addSource({ name, schema: JSON.stringify(nameTypes(checkSchema(schema), name)) }).catch(refuse)
  inputData.addInput(input)
  return inputData
}

const refuse = (error: Error): never => {
  throw new ToolError(`No types can be made of this: ${error.message.slice(0, 300)}`)
}
