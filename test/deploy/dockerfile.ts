// Reads the Dockerfile as a builder would: its stages with their steps,
// and what the finished image says about itself.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  DockerfileParser,
  type Copy,
  type Env,
  type From,
  type Healthcheck,
  type Instruction,
  type JSONInstruction
} from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'

export interface Step {
  instruction: string
  arguments: string[]
  text: string
  env: Record<string, string>
  fromStage: string | undefined
}
export interface Stage {
  name: string | undefined
  from: string
  steps: Step[]
}
export interface Image {
  env: Record<string, string>
  user: string
  workdir: string
  volumes: string[]
  command: string[]
  healthCheck: string[]
  stopSignal: string
}

export async function readDockerfile (folder: string) {
  const text = await readFile(join(folder, 'Dockerfile'), 'utf8')
  const problems = validate(text).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)
  const stages: Stage[] = []
  let image = {} as Image
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const name = instruction.getInstruction()
    if (name === 'FROM') {
      const from = instruction as From
      stages.push({ name: from.getBuildStage() ?? undefined, from: from.getImage()!, steps: [] })
      image = { env: {}, user: 'root', workdir: '/', volumes: [], command: [], healthCheck: [], stopSignal: 'SIGTERM' }
      continue
    }
    stages.at(-1)!.steps.push(readStep(instruction))
    describe(image, name, instruction)
  }
  return { text, problems, stages, image }
}

function readStep (instruction: Instruction): Step {
  const name = instruction.getInstruction()
  const fromStage =
    name === 'COPY'
      ? ((instruction as Copy)
          .getFlags()
          .find((flag) => flag.getName() === 'from')
          ?.getValue() ?? undefined)
      : undefined
  return {
    instruction: name,
    arguments: values(instruction).filter((value) => !value.startsWith('--')),
    text: instruction.getRawArgumentsContent() ?? '',
    env: name === 'ENV' ? variables(instruction) : {},
    fromStage
  }
}

function describe (image: Image, name: string, instruction: Instruction): void {
  const [first = ''] = values(instruction)
  if (name === 'ENV') Object.assign(image.env, variables(instruction))
  if (name === 'USER') image.user = first
  if (name === 'WORKDIR') image.workdir = first
  if (name === 'VOLUME') image.volumes.push(...values(instruction))
  if (name === 'STOPSIGNAL') image.stopSignal = first
  if (name === 'CMD') image.command = strings(instruction as JSONInstruction)
  if (name === 'HEALTHCHECK') {
    image.healthCheck = JSON.parse(
      /CMD\s+(\[.*\])/s.exec((instruction as Healthcheck).getRawArgumentsContent()!)![1]!
    ) as string[]
  }
}

const values = (instruction: Instruction) => instruction.getArguments().map((argument) => argument.getValue())
const variables = (instruction: Instruction) =>
  Object.fromEntries((instruction as Env).getProperties().map((property) => [property.getName(), property.getValue()!]))
const strings = (instruction: JSONInstruction) => instruction.getJSONStrings().map((string) => string.getJSONValue())
