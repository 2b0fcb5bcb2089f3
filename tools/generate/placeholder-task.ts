// Placeholder text, for a process of its own, since the words take a moment to load.
import { Faker, base, en } from '@faker-js/faker'

export default function placeholder ({ paragraphs, seed }: { paragraphs: number; seed: number }): string {
  return new Faker({ locale: [en, base], seed }).lorem.paragraphs({ min: paragraphs, max: paragraphs }, '\n\n')
}
